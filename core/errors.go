package core

import (
	"errors"
	"fmt"
)

// Reasons why a visitor is shown an error, for [OnError] and errors.Is. A failed call
// to WeChat also carries its *wxapi.Error (errors.As).
var (
	// ErrTarget: the request target or host cannot be part of a URL of this site (400).
	ErrTarget = errors.New("wechat: not a request target of this site")
	// ErrOutside: the visitor is not inside WeChat; the login works only there (403).
	ErrOutside = errors.New("wechat: not inside WeChat")
	// ErrRefused: the visitor came back from WeChat without a code (403).
	ErrRefused = errors.New("wechat: login refused by the visitor")
	// ErrStuck: three attempts, and the browser never brought its cookies back (400).
	ErrStuck = errors.New("wechat: login attempts spent, cookies do not come back")
	// ErrFrame: the page is in a frame, where WeChat shows nothing (403).
	ErrFrame = errors.New("wechat: login inside a frame")
	// ErrSnapshot: WeChat sent the virtual visitor of a snapshot page (403;
	// is_snapshotuser).
	ErrSnapshot = errors.New("wechat: virtual visitor of a snapshot page")
	// ErrNotFollowing: the visitor is logged in and does not follow the account (403).
	ErrNotFollowing = errors.New("wechat: visitor does not follow the account")
	// ErrUnavailable: WeChat, the session store or OnLogin failed (503).
	ErrUnavailable = errors.New("wechat: login is unavailable")
	// ErrForeignPage: the page is not one of this site, and [Auth.JSConfig] never signs
	// it.
	ErrForeignPage = errors.New("wechat: not a page of this site")
	// ErrNoToken: no refresh token is kept for this visitor, because
	// Config.KeepTokens is off, the login was silent, or 30 days are over.
	ErrNoToken = errors.New("wechat: no refresh token is kept for this visitor")
	// ErrRefreshRefused: WeChat no longer allows reading the profile. The visitor has
	// to log in again with Prompt. The error also carries WeChat's own error: the token
	// expired (42002) or is invalid, for example after a later silent login (40030);
	// the visitor changed the WeChat password (42007); or the permission was withdrawn
	// (48001).
	ErrRefreshRefused = errors.New("wechat: the profile can no longer be renewed, the visitor has to log in again")
	// ErrLoginRequired: a request without a login, on a gate with [API] (401).
	ErrLoginRequired = errors.New("wechat: login required")
	// ErrDenied: the app refuses this person; see [Refuse] (403).
	ErrDenied = errors.New("wechat: refused by the app")
	// ErrWithdrawn: the account no longer allows the platform to act for it, so nobody
	// can log in to it (403; 61003). See [Platform].
	ErrWithdrawn = errors.New("wechat: the account took its consent to the platform back")
	// ErrLogInAgain is what an app returns from [LoadUser] if it no longer knows the
	// person. The session ends, and the visitor logs in anew, so that OnLogin runs
	// again. [OnError] never gets it.
	ErrLogInAgain = errors.New("wechat: the session's person is not known any more")
	// ErrNoAccount: [Choose] knows no account for the request (404).
	ErrNoAccount = errors.New("wechat: no account for this request")
	// ErrCrossSite: another site requested the logout (403).
	ErrCrossSite = errors.New("wechat: logout asked for by another site")
	// ErrMethod: a logout by anything but POST (405).
	ErrMethod = errors.New("wechat: logout takes POST")
)

// errNoHost: without a host there is no absolute address for a redirect.
var errNoHost = fmt.Errorf("%w: the request has no usable Host, and Config.PublicURL is not set", ErrTarget)

// unavailableFor is ErrUnavailable with its reason.
func unavailableFor(err error) error { return fmt.Errorf("%w: %w", ErrUnavailable, err) }

// Refuse makes an error that [Config.OnLogin] and [LoadUser] return to refuse a person,
// for example one who is banned or not invited. The visitor reads text, escaped, on a
// page (403) without a button to try again; a script gets it in a problem document.
// Nothing is retried. A refusal by OnLogin makes no session. errors.Is(err,
// [ErrDenied]) holds for it.
func Refuse(text string) error { return &deniedError{text} }

// deniedError carries the text for the visitor. Its message does not hold the text: the
// text may name the person, and other people read logs.
type deniedError struct{ text string }

func (e *deniedError) Error() string { return ErrDenied.Error() }

// Is makes errors.Is(err, ErrDenied) hold.
func (e *deniedError) Is(target error) bool { return target == ErrDenied }

// deniedText is what the visitor reads; "" without one.
func deniedText(err error) string {
	var denied *deniedError
	if errors.As(err, &denied) {
		return denied.text
	}
	return ""
}
