package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// Session is one session of a person. Who holds it is not known: no token leaves the
// store.
type Session struct {
	// User as the session holds it, with the time of the login.
	User *User
	// Written is when the session was last written, to the second: at the login, and with
	// an idle time every 5 minutes while the person visits.
	Written time.Time
	// Expires is when the session ends at the latest, without its idle time.
	Expires time.Time
}

// Sessions lists the sessions of a person, by openid, the latest login first, for a page
// where people see where they are logged in. Sessions that [Auth.LogoutEverywhere] ended
// are left out.
//
// It reads the whole session store, so call it seldom. The store must list its sessions
// ([scs.IterableStore] or [scs.IterableCtxStore]); otherwise the error wraps
// [errors.ErrUnsupported]. It is [ErrUnavailable] if the store fails.
func (a *Auth) Sessions(ctx context.Context, openID string) ([]Session, error) {
	found, err := a.sessionsOf(ctx, openID)
	if err != nil {
		return nil, err
	}
	sessions := []Session{}
	for _, f := range found {
		current, err := a.sessions.IsCurrent(ctx, openID, f.record.ext.generation)
		if err != nil {
			return nil, unavailableFor(err)
		}
		if current {
			sessions = append(sessions, Session{User: &f.record.user, Written: time.Unix(f.record.touched, 0), Expires: f.listed.Expires})
		}
	}
	slices.SortFunc(sessions, func(x, y Session) int { return y.User.LoggedInAt.Compare(x.User.LoggedInAt) })
	return sessions, nil
}

// foundSession is a session of a person, in the store.
type foundSession struct {
	listed session.Listed
	record record
}

func (a *Auth) sessionsOf(ctx context.Context, openID string) (found []foundSession, err error) {
	if !isOpenID(openID) {
		return nil, fmt.Errorf("%w: open id", wxapi.ErrToken)
	}
	all, err := a.sessions.All(ctx)
	switch {
	case errors.Is(err, session.ErrNotListed):
		return nil, err
	case err != nil:
		return nil, unavailableFor(err)
	}
	for _, l := range all {
		if r, ok := decodeRecord(l.Record, a.apps); ok && r.user.OpenID == openID {
			found = append(found, foundSession{l, r})
		}
	}
	return found, nil
}

// Forget erases what this library holds of a person, by openid: sessions with all that the
// app keeps in them, the refresh token (Config.KeepTokens), whether the person follows,
// and remembered logins. It is for people who ask for it, as the Personal Information
// Protection Law (个人信息保护法, article 47) lets them.
//
// It erases what it can, and returns all errors together. Call it again until the error is
// nil. What remains, and for how long:
//
//   - sessions in a store that cannot list them: until they expire; the error then wraps
//     [errors.ErrUnsupported]. With Config.LogoutEverywhere they log no one in any more.
//   - in the memory of other nodes: whether the person follows, for 10 minutes; remembered
//     logins, for 5 minutes.
//   - with Config.LogoutEverywhere: a random value under a hash of the openid, as long as
//     sessions live.
//
// The app itself erases its own records of the person: what OnLogin and its handlers
// stored, what its Observer and its hooks for messages kept, logs and backups. A person
// who logs in again afterwards is a new person: to refuse that, use [Refuse] in OnLogin.
// A website session of the same person has another openid; call Forget for each.
func (a *Auth) Forget(ctx context.Context, openID string) error {
	if !isOpenID(openID) {
		return fmt.Errorf("%w: open id", wxapi.ErrToken)
	}
	var errs []error
	failed := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	if a.sessions.HasGenerations() {
		failed(a.LogoutEverywhere(ctx, openID)) // before the rest, so that no login brings it back
	}
	sessions, err := a.sessionsOf(ctx, openID)
	failed(err)
	for _, s := range sessions {
		failed(unavailableIf(a.sessions.End(ctx, s.listed)))
	}
	failed(unavailableIf(a.logins.results.Forget(ctx, func(kept string) bool {
		r, ok := decodeRecord(kept, a.apps)
		return ok && r.user.OpenID == openID
	})))
	a.logins.deliveries.Forget(openID)
	failed(unavailableIf(a.followers.Forget(ctx, openID)))
	if a.tokens != nil {
		// The openid may be a website application's.
		for _, appID := range []string{a.apps.account, a.apps.website} {
			failed(unavailableIf(a.tokens.vault.Delete(ctx, tokenKey(appID, openID))))
		}
	}
	return errors.Join(errs...)
}

func unavailableIf(err error) error {
	if err == nil {
		return nil
	}
	return unavailableFor(err)
}
