package core

import (
	"context"
	"fmt"
)

// raise lifts a silent session to Prompt where the app knows the visitor's profile
// (Config.Profile), without a way to WeChat. The session keeps its token: nobody was
// authenticated anew, and requests at the same time, or a gate further in, would
// find the old one gone.
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
	u.AppID, u.OpenID, u.LoggedInAt, u.Scope = v.user.AppID, v.user.OpenID, v.user.LoggedInAt, Prompt
	if u.UnionID == "" {
		u.UnionID = v.user.UnionID
	}
	if u.AppUserID == "" {
		u.AppUserID = v.user.AppUserID
	}
	w, err := v.auth.rewrite(v.ctx, v.stored, &u, v.at.IsHTTPS())
	if err != nil {
		return err
	}
	v.header.Del("Set-Cookie") // of a touch, with the same token
	v.addHeader(w.Header)
	if v.user = &u; w.Gone {
		v.user = nil
	}
	return nil
}
