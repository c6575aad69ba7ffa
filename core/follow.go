package core

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/seed467724c4/wechat/core/internal/page"
	"github.com/seed467724c4/wechat/core/internal/web"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// Following demands that the visitor follows the account, in addition to the login. It
// works with Require only.
type Following string

const (
	// MustFollow lets followers through and shows other visitors a page with the
	// account's name and QR code ([Config.FollowQRCode]). After following, the next
	// visit works without a new login. If WeChat cannot be reached, access is denied
	// with the "unavailable" page (503).
	//
	// It needs an account that may call /cgi-bin/user/info (a verified one, else
	// 48001). A "yes" is remembered for 5 minutes, a "no" for 3 seconds; a message that
	// [Auth.PushHandler] receives changes either at once. With Config.Cache, other
	// nodes read the change within 5 seconds.
	//
	// A visitor who logged in with [Config.Website] follows with another open id; see
	// [Config.OpenIDFor].
	MustFollow Following = "must follow"
	// MustFollowUnlessDown is MustFollow, but lets every logged-in visitor through if
	// WeChat cannot be reached.
	MustFollowUnlessDown Following = "must follow unless down"
)

func (f Following) apply(g *Gate) { g.following = f }

// Follows reports whether a person follows the account, by openid. It answers from the
// results that are cached for MustFollow, and asks WeChat otherwise (user/info). The
// error is wxapi.ErrToken for a malformed openid, and [ErrUnavailable] if WeChat does
// not answer. It takes up to 5 s; a deadline on ctx ends the wait sooner.
func (a *Auth) Follows(ctx context.Context, openID string) (bool, error) {
	if !isOpenID(openID) {
		return false, fmt.Errorf("%w: open id", wxapi.ErrToken)
	}
	defer a.sweeper.wake()
	follows, err := a.followers.Follows(ctx, openID)
	if err != nil {
		return false, unavailableFor(err)
	}
	return follows, nil
}

// Follower asks WeChat about a person (user/info): whether, since when and from where
// the person follows the account, and for followers the union id if the account has
// one. Nothing is cached. The error wraps a *wxapi.Error if WeChat sent one.
//
// Each call to WeChat ends after 5 s. There may be several: for the account's token,
// for the follower, and both once more if WeChat refused the token. Put a deadline on
// ctx to wait less.
func (a *Auth) Follower(ctx context.Context, openID string) (*wxapi.Follower, error) {
	return a.account.client().Follower(ctx, a.token, openID, "")
}

// Followers is Follower for up to 100 people at once (user/info/batchget), in the order
// that was asked for.
func (a *Auth) Followers(ctx context.Context, openIDs ...string) ([]*wxapi.Follower, error) {
	return a.account.client().Followers(ctx, a.token, "", openIDs...)
}

// AccountToken is the account's own access token, for WeChat's other APIs. It
// belongs to the instance: do not close it.
func (a *Auth) AccountToken() *wxapi.AccountToken { return a.token }

// lookUp finds out whether the visitor follows. A request that is cancelled meanwhile
// is not let through by MustFollowUnlessDown, because WeChat was not down: otherwise a
// client could get in by cancelling.
func (v *visit) lookUp() {
	openID, err := v.openIDAtAccount()
	switch {
	case err != nil: // the app's fault, not WeChat's: MustFollowUnlessDown does not help
		v.stage = "hook"
		v.follow, v.reason = followUnavailable, unavailableFor(err)
		return
	case openID == "":
		v.follow = notFollowing
		return
	}
	follows, err := v.auth.followers.Follows(v.ctx, openID)
	left := v.ctx.Err() != nil || errors.Is(err, context.Canceled)
	switch {
	case err == nil && follows, err != nil && !left && v.gate.following == MustFollowUnlessDown:
		v.follow = isFollower
	case err == nil:
		v.follow = notFollowing
	default:
		v.stage = "follow"
		v.follow, v.reason = followUnavailable, unavailableFor(fmt.Errorf("does the visitor follow: %w", err))
	}
}

// openIDAtAccount is the visitor's open id at the account, which alone can follow it. For
// a visitor who logged in with the website application the app knows it
// (Config.OpenIDFor), or "".
func (v *visit) openIDAtAccount() (openID string, err error) {
	if v.user.AppID == v.auth.apps.account {
		return v.user.OpenID, nil
	}
	find := v.auth.config.OpenIDFor
	if find == nil {
		return "", nil
	}
	ctx, cancel := context.WithTimeout(v.ctx, callbackTimeout)
	defer cancel()
	u := *v.user
	var failed error
	if err := recovered("OpenIDFor", func() { openID, failed = find(ctx, &u) }); err != nil {
		return "", err
	}
	switch {
	case failed != nil:
		return "", fmt.Errorf("OpenIDFor: %w", failed)
	case openID == v.user.OpenID:
		return "", errors.New("OpenIDFor returned the open id at the website application instead of the one at the account")
	case openID != "" && !isOpenID(openID):
		return "", errors.New("OpenIDFor returned what is no open id")
	}
	return openID, nil
}

// lookUpFollower asks WeChat whether a person follows (user/info).
func lookUpFollower(wechat *wxapi.Client, token *wxapi.AccountToken) func(context.Context, string) (bool, error) {
	return func(ctx context.Context, openID string) (follows bool, err error) {
		panicked := recovered("follower look-up", func() {
			var who *wxapi.Follower
			if who, err = wechat.Follower(ctx, token, openID, ""); err == nil {
				follows = who.Subscribed
			}
		})
		if panicked != nil {
			return false, panicked
		}
		return follows, err
	}
}

// isOpenID holds for [0-9A-Za-z_-]{6,64}, as in wxapi.
func isOpenID(s string) bool { return len(s) >= 6 && len(s) <= 64 && web.IsWord(s) }

// followCode is Config.FollowQRCode in the form that the page shows.
type followCode struct {
	image  string // address or data URI
	local  bool   // image is a path of this site
	link   string // where WeChat shows the account, "" where only a scan leads there
	source string // what the page's policy must let in, with a space before it
}

// parseFollowCode separates images from links. The page draws the QR code of a link
// itself. WeChat's links to accounts are weixin.qq.com/r/… and /q/…, and
// mp.weixin.qq.com/mp/… (and the simulator's, at openURL);
// mp.weixin.qq.com/cgi-bin/showqrcode and what is on other hosts is an image. An
// article, mp.weixin.qq.com/s/…, is neither.
func parseFollowCode(value, openURL string) (code followCode, ok bool) {
	switch {
	case value == "":
		return followCode{}, true
	case strings.HasPrefix(value, "data:image/"):
		return followCode{image: value}, true
	case strings.HasPrefix(value, "/"):
		return followCode{image: value, local: true, source: " 'self'"}, web.IsLocal(value)
	}
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || !web.ValidHost(u.Host) {
		return followCode{}, false
	}
	own, err := url.Parse(openURL)
	isWeChat := u.Host == "mp.weixin.qq.com" || err == nil && openURL != "" && u.Host == own.Host
	isScan := u.Host == "weixin.qq.com" && (strings.HasPrefix(u.Path, "/r/") || strings.HasPrefix(u.Path, "/q/"))
	switch {
	case isScan:
		code.image = page.QRCode(value)
	case isWeChat && strings.HasPrefix(u.Path, "/mp/"):
		code.image, code.link = page.QRCode(value), value
	case u.Host == "mp.weixin.qq.com" && u.Path != "/cgi-bin/showqrcode", u.Host == "weixin.qq.com":
		return followCode{}, false
	default:
		return followCode{image: value, source: " " + u.Scheme + "://" + u.Host}, true
	}
	return code, code.image != ""
}
