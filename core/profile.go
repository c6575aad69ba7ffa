package core

import (
	"context"
	"fmt"
)

// raise lifts a silent session to Prompt where the app knows the visitor's profile
// (Config.Profile), without a way to WeChat.
func (v *visit) raise() error {
	lookUp := v.auth.config.Profile
	if lookUp == nil || v.gate.mode == Optional || v.answer != noAnswer || v.user == nil || v.user.level() >= v.gate.want {
		return nil
	}
	ctx, cancel := context.WithTimeout(v.ctx, callbackBudget)
	defer cancel()
	known, err := ask(ctx, lookUp, v.user.OpenID)
	if err != nil || known == nil {
		return err
	}
	u := *known
	u.AppID, u.OpenID, u.LoggedInAt, u.Scope = v.user.AppID, v.user.OpenID, v.user.LoggedInAt, Prompt
	if u.UnionID == "" {
		u.UnionID = v.user.UnionID
	}
	if u.AppUserID == "" {
		u.AppUserID = v.user.AppUserID
	}
	h, gone, err := v.auth.sessions.login(v.ctx, v.stored, &u, v.at.https())
	if err != nil {
		return err
	}
	v.header.Del("Set-Cookie") // of a touch: the token is another now
	v.addHeader(h)
	if v.user = &u; gone {
		v.user = nil
	}
	return nil
}

// ask runs the app's code; a panic in it would end a fiber process.
func ask(ctx context.Context, lookUp func(context.Context, string) (*User, error), openID string) (u *User, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("profile look-up: panic of type %T", p)
		}
	}()
	if u, err = lookUp(ctx, openID); err != nil {
		return nil, fmt.Errorf("profile look-up: %w", err)
	}
	return u, nil
}
