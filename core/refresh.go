package core

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/wxapi"
)

var (
	// ErrNoToken: no refresh token is kept for this visitor, because
	// Config.KeepTokens is off, the login was silent, or 30 days are over.
	ErrNoToken = errors.New("wechat: no refresh token is kept for this visitor")
	// ErrRefreshRefused: WeChat no longer lets the profile be read: the visitor has
	// to log in again with Prompt. The error also carries WeChat's own: the token
	// expired (42002), is void, as after a later silent login (40030), the visitor
	// changed the WeChat password (42007), or the permission is gone (48001).
	ErrRefreshRefused = errors.New("wechat: the profile can no longer be renewed, the visitor has to log in again")
)

// tokens keeps the refresh tokens of visitors, where Config.KeepTokens asks for it.
type tokens struct {
	appID  string
	vault  *vault.Vault
	memory *memory // where there is no Config.Cache
}

func newTokens(c *Config) (*tokens, error) {
	if !c.KeepTokens {
		return nil, nil
	}
	seal, err := vault.NewSeal(c.AppID, c.AppSecret, "refresh tokens")
	if err != nil {
		return nil, err
	}
	t := &tokens{appID: c.AppID}
	if c.Cache != nil {
		t.vault = vault.New(c.Cache, seal)
		return t, nil
	}
	t.memory = newMemory()
	t.vault = vault.New(t.memory, seal)
	return t, nil
}

func (t *tokens) key(openID string) string { return vault.Key("refresh", t.appID, openID) }

// keep is called at the end of a login, which does not fail for it.
func (t *tokens) keep(ctx context.Context, token *wxapi.Token) error {
	if t == nil || token.RefreshToken == "" {
		return nil
	}
	return t.vault.Put(ctx, t.key(token.OpenID), []byte(token.RefreshToken), time.Now().Add(refreshLife))
}

// forget is for those who leave: WeChat asks sites to delete what they keep about
// them (接收事件推送, unsubscribe). A store that is down keeps the token for its life.
func (t *tokens) forget(ctx context.Context, openID string) {
	if t != nil {
		_ = t.vault.Delete(ctx, t.key(openID))
	}
}

// RefreshProfile renews nickname, avatar and the rest of a visitor's profile through
// the refresh token that Config.KeepTokens keeps, and returns the renewed user; u
// itself is not changed. With the context of a request of the very visitor, behind a
// gate, the session is renewed too; from anywhere else, such as a nightly job with a
// User of AppID and OpenID, only the returned value is.
//
// The error is [ErrNoToken] where none is kept, [ErrRefreshRefused] where WeChat no
// longer allows it (the token is then forgotten), and [ErrUnavailable] for trouble
// that passes. WeChat gives new pictures' addresses here only: an avatar's dies when
// its owner changes it.
func (a *Auth) RefreshProfile(ctx context.Context, u *User) (*User, error) {
	if a.tokens == nil || u == nil || u.AppID != a.config.AppID {
		return nil, ErrNoToken
	}
	kept, found, err := a.tokens.vault.Get(ctx, a.tokens.key(u.OpenID))
	if err != nil {
		return nil, unavailableFor(err)
	}
	if !found {
		return nil, ErrNoToken
	}
	token, profile, err := a.logins.renewed(ctx, string(kept), u.OpenID)
	switch {
	case err == nil:
	case refused(err):
		a.tokens.forget(ctx, u.OpenID) // one that stays is refused again
		return nil, fmt.Errorf("%w: %w", ErrRefreshRefused, err)
	default:
		return nil, unavailableFor(err)
	}
	if err := a.tokens.keep(ctx, token); err != nil {
		a.config.logger().WarnContext(ctx, "wechat: a refresh token could not be kept", "error", err)
	}
	renewed := *u
	renewed.fill(profile)
	return &renewed, a.renewSession(ctx, profile)
}

// renewed asks WeChat for a new access token, and with it for the profile.
func (l *logins) renewed(ctx context.Context, refreshToken, openID string) (*wxapi.Token, *wxapi.UserInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, callbackBudget)
	defer cancel()
	token, err := retryOnce(ctx, func() (*wxapi.Token, error) { return l.wechat.Refresh(ctx, refreshToken) })
	if err != nil {
		return nil, nil, err
	}
	if token.OpenID != openID {
		return nil, nil, fmt.Errorf("%w: it is about another openid", wxapi.ErrReply)
	}
	profile, err := retryOnce(ctx, func() (*wxapi.UserInfo, error) {
		return l.wechat.UserInfo(ctx, token.AccessToken, openID, "")
	})
	return token, profile, err
}

// refused says that no later try will help.
func refused(err error) bool {
	var wx *wxapi.Error
	return errors.As(err, &wx) && wx.Class() == wxapi.ClassRestart
}

// renewSession takes the profile over into the session of the request, if this is
// one of its owner's.
func (a *Auth) renewSession(ctx context.Context, profile *wxapi.UserInfo) error {
	p := passageOf(ctx)
	if p == nil || p.visitor == nil || p.visitor.OpenID != profile.OpenID {
		return nil
	}
	was := stored{token: p.token, loaded: a.sessions.loadedIn(ctx)}
	u := *p.visitor
	u.fill(profile)
	// The session keeps its token, so the cookie that the browser has stays right.
	if _, _, err := a.sessions.rewrite(ctx, was, &u, a.public.https()); err != nil {
		return unavailableFor(err)
	}
	return nil
}
