package core

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// LogoutEverywhere ends all sessions of a person, by openid: on this node at once, on
// nodes with the same store within 5 seconds. Remembered logins end as well: an old
// callback logs no one in. Call it when a phone is lost, when you ban someone, and when
// someone asks for it. It needs [Config.LogoutEverywhere]; without it the error wraps
// [errors.ErrUnsupported].
//
// Inside WeChat a silent Require logs the person in again at the next page, because
// WeChat still knows the person. To keep someone out, refuse the login ([Refuse] in
// OnLogin) before you call this. Requests, streams and web sockets that already passed
// the gate go on.
//
// A website session of the same person ([User.AppID] is then the website application's)
// has another openid. Call LogoutEverywhere for each openid that you keep of a person.
//
// The store keeps one short value for each person, as long as sessions live
// (Sessions.Lifetime and an hour). A store that evicts values early (Redis: allkeys-lru)
// can bring ended sessions back to life; use noeviction. The error is [ErrUnavailable] if
// the store fails: nothing has ended then, so try again.
func (a *Auth) LogoutEverywhere(ctx context.Context, openID string) error {
	if !isOpenID(openID) {
		return fmt.Errorf("%w: open id", wxapi.ErrToken)
	}
	if !a.sessions.HasGenerations() {
		return fmt.Errorf("wechat: LogoutEverywhere is off: set Config.LogoutEverywhere: %w", errors.ErrUnsupported)
	}
	if err := a.sessions.EndEverywhere(ctx, openID); err != nil {
		return unavailableFor(err)
	}
	return nil
}

// isCurrent says whether the session of a record still counts. One that does not is ended
// like at a logout, with all that the app kept in it.
func (v *visit) isCurrent(r *record) (bool, error) {
	s := v.auth.sessions
	if v.gate.mode == ModeLogout { // it ends the session in any case
		return true, nil
	}
	if current, err := s.IsCurrent(v.ctx, r.user.OpenID, r.ext.generation); err != nil || current {
		return current, err
	}
	v.sessionEnded(&r.user, "logout_all")
	v.broken = true // whoever logs in now takes nothing over
	h, err := s.Logout(v.ctx, v.stored, v.gate.allAccounts, v.request.Header, v.at.IsHTTPS())
	if err != nil {
		// The store cannot be written. The session counts no more, and the next request
		// tries to delete it again.
		v.auth.watch.deleteFailed(v.ctx, err)
		return false, nil
	}
	v.addHeader(h)
	v.stored = session.Stored{Loaded: v.stored.Loaded}
	return false, nil
}
