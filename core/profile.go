package core

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// raise lifts a silent session to Prompt if the app has the visitor's profile
// (Config.Profile), without a redirect to WeChat. The session keeps its token, because
// the visitor did not log in anew, and because concurrent requests and inner gates
// still use that token.
func (v *visit) raise() error {
	lookUp := v.auth.config.Profile
	if lookUp == nil || v.gate.mode == ModeOptional || v.callback == codeReturned || v.user == nil || v.user.level() >= v.want {
		return nil
	}
	ctx, cancel := context.WithTimeout(v.ctx, callbackTimeout)
	defer cancel()
	var known *User
	var failed error
	if err := recovered("Profile", func() { known, failed = lookUp(ctx, v.user.OpenID) }); err != nil {
		return err
	}
	if failed != nil {
		return fmt.Errorf("profile look-up: %w", failed)
	}
	if known == nil {
		return nil
	}
	u := *known
	u.AppID, u.OpenID, u.LoggedInAt, u.Scope, u.Screen = v.user.AppID, v.user.OpenID, v.user.LoggedInAt, Prompt, v.user.Screen
	if u.UnionID == "" {
		u.UnionID = v.user.UnionID
	}
	if u.AppUserID == "" {
		u.AppUserID = v.user.AppUserID
	}
	w, err := v.auth.rewrite(v.ctx, v.stored, &u, v.ext, v.at.IsHTTPS())
	if err != nil {
		return err
	}
	v.header.Del("Set-Cookie") // of a touch, with the same token
	v.addHeader(w.Header)
	if v.user = &u; w.Gone {
		v.user = nil
		return nil
	}
	v.auth.watch.sessionRenewed(v.ctx, "profile", u.OpenID)
	return nil
}

// RefreshProfile renews nickname, avatar and the rest of a visitor's profile through
// the refresh token that Config.KeepTokens keeps, and returns the renewed user; u
// itself is not changed. With the context of a request of the very visitor, behind a
// gate, the session is renewed too; from anywhere else, such as a nightly job with a
// User of AppID and OpenID, only the returned value is. Concurrent calls for one
// visitor share one call to WeChat.
//
// The error is [ErrNoToken] if no token is kept, [ErrRefreshRefused] if WeChat no
// longer allows it (the token is then deleted), and [ErrUnavailable] for temporary
// trouble. If only the session could not be renewed, both the user and an error are
// returned. This is the way to a new avatar address: the old one stops working when the
// visitor changes the avatar. It takes up to 10 s, retries included; a deadline on ctx
// ends the wait sooner.
func (a *Auth) RefreshProfile(ctx context.Context, u *User) (*User, error) {
	if a.tokens == nil || u == nil || a.applicationOf(u) == nil {
		return nil, ErrNoToken
	}
	defer a.sweeper.wake()
	by := a.applicationOf(u)
	flight := a.tokens.flights.DoChan(by.appID()+" "+u.OpenID, func() (profile any, err error) {
		ctx, cancel := context.WithTimeout(a.lifetime, callbackTimeout)
		defer cancel()
		if panicked := recovered("refresh", func() { profile, err = a.renewed(ctx, by, u.OpenID) }); panicked != nil {
			err = unavailableFor(panicked)
		}
		return profile, err
	})
	select {
	case r := <-flight:
		if r.Err != nil {
			return nil, r.Err
		}
		profile := r.Val.(*wxapi.UserInfo)
		renewed := *u
		renewed.fill(profile)
		return &renewed, a.renewSession(ctx, by, profile)
	case <-ctx.Done():
		return nil, unavailableFor(ctx.Err())
	}
}

// renewed asks WeChat for a new access token, and with it for the profile.
func (a *Auth) renewed(ctx context.Context, by application, openID string) (*wxapi.UserInfo, error) {
	kept, found, err := a.tokens.vault.Get(ctx, tokenKey(by.appID(), openID))
	if err != nil {
		return nil, unavailableFor(err)
	}
	if !found {
		return nil, ErrNoToken
	}
	profile, err := a.profileBy(ctx, by, string(kept), openID)
	switch {
	case err == nil:
		return profile, nil
	case !refused(err):
		return nil, unavailableFor(err)
	}
	// Only what was refused: the visitor may have logged in anew meanwhile.
	if now, found, _ := a.tokens.vault.Get(ctx, tokenKey(by.appID(), openID)); found && string(now) == string(kept) {
		a.tokens.forget(ctx, by.appID(), openID)
	}
	return nil, fmt.Errorf("%w: %w", ErrRefreshRefused, err)
}

func (a *Auth) profileBy(ctx context.Context, by application, refreshToken, openID string) (*wxapi.UserInfo, error) {
	token, err := retryOnce(ctx, func(ctx context.Context) (*wxapi.Token, error) { return by.refresh(ctx, refreshToken) })
	if err != nil {
		return nil, err
	}
	if token.OpenID != openID {
		return nil, fmt.Errorf("%w: it is about another openid", wxapi.ErrReply)
	}
	if token.RefreshToken != refreshToken {
		a.tokens.keep(ctx, by.appID(), token)
	}
	return retryOnce(ctx, func(ctx context.Context) (*wxapi.UserInfo, error) {
		return by.profile(ctx, token.AccessToken, openID, "")
	})
}

// refused reports that no later try helps and that the visitor must log in anew.
func refused(err error) bool {
	var wx *wxapi.Error
	if !errors.As(err, &wx) {
		return false
	}
	return wx.Class() == wxapi.ClassRestart || wx.Class() == wxapi.ClassScope
}

// renewSession writes the profile into the session of the request, if the request is
// the same visitor's.
func (a *Auth) renewSession(ctx context.Context, by application, profile *wxapi.UserInfo) error {
	p := a.passageIn(ctx)
	if p == nil || p.visitor == nil || p.visitor.OpenID != profile.OpenID || p.visitor.AppID != by.appID() {
		return nil
	}
	was := session.Stored{Token: p.info.token, Loaded: a.sessions.LoadedIn(ctx)}
	u := *p.visitor
	u.fill(profile)
	// The session keeps its token, so the cookie that the browser has stays right.
	if _, err := a.rewrite(ctx, was, &u, p.info.ext, p.info.at.IsHTTPS()); err != nil {
		return unavailableFor(err)
	}
	a.watch.sessionRenewed(ctx, "refresh", u.OpenID)
	return nil
}

// refreshTokenLife is how long a refresh token lives (snsRefreshToken).
const refreshTokenLife = 30 * 24 * time.Hour

// tokens keeps the refresh tokens of visitors, where Config.KeepTokens asks for it.
type tokens struct {
	vault   *vault.Vault
	memory  *session.Memory // where there is no Config.Cache
	flights singleflight.Group
}

func newTokens(c *Config, from keyMaterial) (*tokens, error) {
	if !c.KeepTokens {
		return nil, nil
	}
	seal, err := vault.NewSeal(from.name, from.secret, "refresh tokens")
	if err != nil {
		return nil, err
	}
	t := &tokens{}
	if c.Cache != nil {
		t.vault = vault.New(c.Cache, seal)
		return t, nil
	}
	t.memory = session.NewMemory()
	t.vault = vault.New(t.memory, seal)
	return t, nil
}

func tokenKey(appID, openID string) string { return vault.Key("refresh", appID, openID) }

// keep stores the refresh token at the end of a login. If the store fails, the login
// still succeeds, and RefreshProfile later returns ErrNoToken.
func (t *tokens) keep(ctx context.Context, appID string, token *wxapi.Token) {
	if t != nil && token.RefreshToken != "" {
		_ = t.vault.Put(ctx, tokenKey(appID, token.OpenID), []byte(token.RefreshToken), time.Now().Add(refreshTokenLife))
	}
}

// forget deletes the refresh token of a person who unfollows: WeChat asks sites to
// delete such data (接收事件推送, unsubscribe). If the store fails, the token stays for
// its 30 days.
func (t *tokens) forget(ctx context.Context, appID, openID string) {
	if t != nil {
		_ = t.vault.Delete(ctx, tokenKey(appID, openID))
	}
}

// sweep drops what has expired in this process's memory.
func (t *tokens) sweep(now time.Time) {
	if t != nil && t.memory != nil {
		t.memory.Sweep(now)
	}
}

// held is how many tokens are in this process's memory.
func (t *tokens) held() int {
	if t == nil || t.memory == nil {
		return 0
	}
	return t.memory.Held()
}
