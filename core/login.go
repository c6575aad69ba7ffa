package core

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/seed467724c4/wechat/core/internal/once"
	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/wxapi"
)

const (
	// tryTimeout bounds one try of one call to WeChat.
	tryTimeout = 5 * time.Second
	// callbackTimeout bounds a callback as a whole, with retries: after that the visitor
	// has left.
	callbackTimeout = 10 * time.Second
	// usedCode (errcode 40163) means that the code was valid and has been used, perhaps
	// by another node a moment ago.
	usedCode = 40163
)

// logins turns codes into users: each code once per browser, however often the
// callback is delivered, and for as long as WeChat knows the code.
type logins struct {
	apps       applications
	onLogin    func(context.Context, *User) error
	now        func() time.Time
	flights    singleflight.Group
	results    *once.Results
	guard      *once.LoopGuard
	askedAgain *once.First // see visit.isWithheld
	deliveries *once.Deliveries
	places     *once.Places
	kept       *tokens           // nil without Config.KeepTokens
	sessions   *session.Sessions // tells which logins of a person still count
	lifetime   context.Context   // ends with Close
	prepare    func(asked Scope) // before an exchange, see Auth.prepareCallback
}

func newLogins(c *Config, apps applications, sessions *session.Sessions, results *once.Results, kept *tokens, now func() time.Time, lifetime context.Context) *logins {
	return &logins{
		apps: apps, onLogin: c.OnLogin, now: now, lifetime: lifetime,
		results: results, guard: once.NewLoopGuard(proof.RecentWindow), askedAgain: once.NewFirst(proof.StateLife), deliveries: once.NewDeliveries(),
		places: once.NewPlaces(c.maxCalls()), kept: kept, sessions: sessions,
	}
}

// sweep drops what is over.
func (l *logins) sweep() {
	l.results.Sweep()
	l.guard.Sweep()
	l.askedAgain.Sweep()
	l.deliveries.Sweep()
}

// held is how many entries there are to sweep.
func (l *logins) held() int {
	return l.results.Len() + l.guard.Len() + l.askedAgain.Len() + l.deliveries.Len()
}

// result of an exchange: the fact for decide, and the user or the error.
type result struct {
	outcome    callback
	user       *User
	ext        extension // of the user's record
	err        error
	stage      string // what failed, see Event.Stage
	remembered bool   // the code was exchanged before
}

// stageLeft: the request was cancelled, and the exchange goes on.
const stageLeft = "left"

// returned is a code that came back from WeChat to a browser that asked for it.
type returned struct {
	by      application // that the code was made for, and that alone can spend it
	code    string
	browser string // its binding
	asked   Scope
	lang    string // of the profile, for WeChat
}

// exchange returns the same result for every delivery of one code by one browser.
func (l *logins) exchange(ctx context.Context, c returned) result {
	browser := c.browser
	key := once.Key(c.code, browser, c.by.scope(c.asked))
	if err := l.deliveries.Spent(key, browser, l.now()); err != nil {
		return tooManyLogins(err)
	}
	before := l.results.Ended(browser)
	flight := l.flights.DoChan(key, func() (any, error) {
		var r result
		if err := recovered("exchange", func() { r = l.exchangeOnce(ctx, key, c) }); err != nil {
			r = result{outcome: unavailable, err: unavailableFor(err), stage: "exchange"}
		}
		return r, nil
	})
	select {
	case r := <-flight:
		came := r.Val.(result)
		if came.outcome != loggedIn {
			return came
		}
		if !before && l.results.Ended(browser) {
			return result{outcome: codeDead, err: errors.New("the browser was logged out meanwhile")}
		}
		if err := l.deliveries.Add(key, browser, came.user.OpenID, l.now()); err != nil {
			return tooManyLogins(err)
		}
		l.guard.Add(browser, l.now())
		return came
	case <-ctx.Done():
		// This request was cancelled; the exchange goes on for the other deliveries.
		return result{outcome: unavailable, err: fmt.Errorf("%w: visitor left: %w", ErrUnavailable, ctx.Err()), stage: stageLeft}
	}
}

// tooManyLogins makes the login start anew: an honest visitor then gets a new code.
func tooManyLogins(err error) result {
	return result{outcome: codeDead, err: fmt.Errorf("%w: %w", ErrStuck, err)}
}

// exchangeOnce uses its own context, because the request that started it may be
// cancelled. It keeps that request's values, so that spans nest.
func (l *logins) exchangeOnce(ctx context.Context, key string, c returned) result {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callbackTimeout)
	defer cancel()
	defer context.AfterFunc(l.lifetime, cancel)()
	if record, found := l.results.Get(ctx, key, c.browser); found {
		return l.remembered(ctx, record)
	}
	r := l.withinLimit(ctx, c)
	switch {
	case r.outcome == loggedIn:
		l.remember(ctx, key, c, r)
	case r.outcome == codeDead && isUsedCode(r.err):
		if record, found := l.results.Await(ctx, key, c.browser); found {
			return l.remembered(ctx, record)
		}
	}
	return r
}

func isUsedCode(err error) bool {
	var wx *wxapi.Error
	return errors.As(err, &wx) && wx.Code == usedCode
}

// remember keeps the result for the other deliveries of this code. A user who is too
// large for a record is too large for a session, so no login is lost.
func (l *logins) remember(ctx context.Context, key string, c returned, came result) {
	r := record{user: *came.user, ext: came.ext}
	if b, err := r.encode(l.apps); err == nil {
		l.results.Put(ctx, key, c.browser, string(b), c.by.codeLife())
	}
}

// remembered is the result that was kept. If the person was logged out everywhere since,
// or another release kept it, the login starts anew.
func (l *logins) remembered(ctx context.Context, kept string) result {
	r, ok := decodeRecord(kept, l.apps)
	if !ok {
		return result{outcome: codeDead, err: errors.New("the remembered login cannot be read")}
	}
	switch current, err := l.sessions.IsCurrent(ctx, r.user.OpenID, r.ext.generation); {
	case err != nil:
		return result{outcome: unavailable, err: unavailableFor(err), stage: "session"}
	case !current:
		return result{outcome: codeDead, err: errors.New("the person was logged out everywhere meanwhile")}
	}
	return result{outcome: loggedIn, user: &r.user, ext: r.ext, remembered: true}
}

// withinLimit asks WeChat while there is room.
// Without room the answer is 503 at once, because a queue would outlive the codes in it.
func (l *logins) withinLimit(ctx context.Context, c returned) result {
	giveBack, ok := l.places.Take(c.browser)
	if !ok {
		return result{outcome: unavailable, err: fmt.Errorf("%w: too many exchanges at once, by this browser or in all (Config.MaxCalls)", ErrUnavailable), stage: "limit"}
	}
	defer giveBack()
	return l.askWeChat(ctx, c)
}

func (l *logins) askWeChat(ctx context.Context, c returned) result {
	l.prepare(c.asked)
	token, err := retryOnce(ctx, func(ctx context.Context) (*wxapi.Token, error) { return c.by.exchange(ctx, c.code) })
	switch {
	case err == nil:
	case isWithdrawn(err):
		return result{outcome: withdrawn, err: err}
	case wxapi.Classify(err) == wxapi.ClassRestart:
		return result{outcome: codeDead, err: err}
	default:
		return result{outcome: unavailable, err: unavailableFor(err), stage: "exchange"}
	}
	if token.Snapshot {
		// A virtual account that a real visitor later shares with others: never a
		// user, and never remembered (api_snsaccesstoken, is_snapshotuser).
		return result{outcome: snapshot, err: ErrSnapshot}
	}
	// Before OnLogin: if the app bans a person and logs them out everywhere while OnLogin
	// still finds them welcome, this login does not count.
	generation, err := l.sessions.Generation(ctx, token.OpenID)
	if err != nil {
		return result{outcome: unavailable, err: unavailableFor(err), stage: "session"}
	}
	u := &User{AppID: c.by.appID(), OpenID: token.OpenID, UnionID: token.UnionID, Scope: Silent, LoggedInAt: l.now().Truncate(time.Second)}
	if c.asked == Prompt {
		// Without a scope in the reply, what was asked for was granted.
		if token.Scope != "" && !token.HasScope(c.by.scope(Prompt)) {
			return result{outcome: tooLittle, err: fmt.Errorf("%w: WeChat granted less than %s", ErrUnavailable, c.by.scope(Prompt)), stage: "userinfo"}
		}
		profile, err := retryOnce(ctx, func(ctx context.Context) (*wxapi.UserInfo, error) {
			return c.by.profile(ctx, token.AccessToken, token.OpenID, c.lang)
		})
		if err != nil {
			// Whatever its class: a new login would only repeat this one.
			return result{outcome: tooLittle, err: fmt.Errorf("%w: profile: %w", ErrUnavailable, err), stage: "userinfo"}
		}
		u.fill(profile)
	}
	if err := l.hook(ctx, u); errors.Is(err, ErrDenied) {
		return result{outcome: denied, err: err}
	} else if err != nil {
		return result{outcome: unavailable, err: unavailableFor(err), stage: "hook"}
	}
	if u.Scope == Prompt {
		l.kept.keep(ctx, u.AppID, token)
	}
	return result{outcome: loggedIn, user: u, ext: extension{generation: generation}}
}

// fill copies a profile from WeChat into the user.
func (u *User) fill(p *wxapi.UserInfo) {
	u.Scope = Prompt
	u.Nickname, u.Avatar, u.Sex = p.Nickname, p.HeadImgURL, p.Sex
	u.Country, u.Province, u.City = p.Country, p.Province, p.City
	u.Privilege = p.Privilege
	if p.UnionID != "" {
		u.UnionID = p.UnionID
	}
}

// hook runs Config.OnLogin. OnLogin cannot change the identity, scope and login time
// that WeChat confirmed.
func (l *logins) hook(ctx context.Context, u *User) error {
	if l.onLogin == nil {
		return nil
	}
	told := *u
	var failed error
	if err := recovered("OnLogin", func() { failed = l.onLogin(ctx, &told) }); err != nil {
		return err
	}
	if failed != nil {
		return fmt.Errorf("OnLogin: %w", failed)
	}
	if told.AppID != u.AppID || told.OpenID != u.OpenID {
		return errors.New("OnLogin changed the identity that WeChat confirmed")
	}
	told.Scope, told.LoggedInAt, told.Screen = u.Scope, u.LoggedInAt, u.Screen
	*u = told
	return nil
}

// retryOnce repeats a call that failed for a temporary reason, see wxapi.Retryable.
// WeChat may have consumed the code in the first call; then the second returns 40163,
// and the login starts anew.
func retryOnce[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	v, err := call(ctx)
	if err == nil || ctx.Err() != nil || !wxapi.Retryable(err) {
		return v, err
	}
	return call(context.WithValue(ctx, retryKey{}, true))
}
