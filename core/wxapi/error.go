package wxapi

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	// ErrReply is a reply that is neither a valid answer nor an error of
	// WeChat's: HTML, an empty body, truncated JSON, {}, a redirect, more than
	// 64 KiB (1 MiB for a list), a missing or malformed open id, or the open id
	// of somebody else. The error itself is a [*ReplyError].
	ErrReply = errors.New("wechat: WeChat's reply could not be understood")

	// ErrCode is a code that is not 1 to 512 of [A-Za-z0-9_-]. WeChat never makes
	// such a code, so it is not sent. It is [ClassRestart].
	ErrCode = errors.New("wechat: the code is not one of WeChat's")

	// ErrToken is a token or an open id of a shape that WeChat never makes. It is
	// not sent. It is [ClassRestart].
	ErrToken = errors.New("wechat: not a token or open id of WeChat's")

	// ErrRefused means that WeChat rejects the account's token and gives no
	// other: asked for a new one it returned the same, as it does after 20 forced
	// renewals in a day and within 30 s of one (getStableAccessToken), and the
	// repeated call was rejected again. It is [ClassOperator]: usually another
	// program renews the token of the same account.
	ErrRefused = errors.New("wechat: WeChat rejects the account's token and gives no other")
)

// Error is an error that WeChat answered with: a non-zero errcode.
type Error struct {
	// Endpoint is the path that answered, such as /cgi-bin/user/info. Class
	// depends on it and on the code: 40001 is about the visitor's token at /sns,
	// about the account's token below /cgi-bin, and about the app secret where
	// the account's token is fetched. Empty counts as /sns.
	Endpoint string

	// Code is WeChat's errcode. Compare this and never the message: the message
	// of one code differs by endpoint and year.
	Code int

	// Message is WeChat's errmsg: at most 512 runes, without control characters,
	// and with *** where it repeated a secret, code or token.
	Message string

	// RequestID is the id that WeChat's support asks for, taken from the
	// message ("rid: ..." or "req_id: ...") or from the field "rid" of the reply;
	// empty if there is none. WeChat keeps it for 7 days (errcode 76001).
	RequestID string
}

var (
	// The pattern includes the character after the id, so that a part of an id
	// that is too long or partly masked does not match.
	requestIDInText = regexp.MustCompile(`\b(?:rid|req_id): *([A-Za-z0-9_-]{1,64})(?:[^A-Za-z0-9_*-]|$)`)
	requestIDShape  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

func newError(endpoint string, code int, r reply, secrets redactor) *Error {
	errmsg, _ := r.text("errmsg")
	e := &Error{Endpoint: endpoint, Code: code, Message: secrets.redact(errmsg)}
	if m := requestIDInText.FindStringSubmatch(e.Message); m != nil {
		e.RequestID = m[1]
	} else if rid, _ := r.text("rid"); requestIDShape.MatchString(secrets.redact(rid)) {
		e.RequestID = secrets.redact(rid)
	}
	return e
}

// Error returns "wechat: errcode N: message", with the request id if the message
// lacks it.
func (e *Error) Error() string {
	text := "wechat: errcode " + strconv.Itoa(e.Code)
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.RequestID != "" && !strings.Contains(e.Message, e.RequestID) {
		text += ", rid: " + e.RequestID
	}
	return text
}

// ReplyError is an [ErrReply] with its details.
type ReplyError struct {
	// Status is the HTTP status of the reply.
	Status int

	// Reason is a fixed phrase of this package. It holds nothing of the reply.
	Reason string
}

// Error returns the text of [ErrReply], the status and the reason.
func (e *ReplyError) Error() string {
	return fmt.Sprintf("%v: HTTP %d, %s", ErrReply, e.Status, e.Reason)
}

// Unwrap returns [ErrReply].
func (e *ReplyError) Unwrap() error { return ErrReply }

// Class returns [ClassRetry] for a status of 500 or above: WeChat's own errors
// come with 200, so only a machine in front of it answers with such a status.
// Otherwise it returns [ClassNone]: the same request would get the same reply.
func (e *ReplyError) Class() Class {
	if e.Status >= 500 {
		return ClassRetry
	}
	return ClassNone
}
