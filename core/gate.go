package core

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// Gate is one mounted guard: the decisions of an instance for one route, group
// or app. It is safe for concurrent use and keeps nothing between requests.
type Gate struct {
	auth    *Auth
	choose  func(context.Context, *Request) (*Auth, error) // see Choose; then auth makes only pages without an account
	mode    Mode
	scope   Scope
	skip    []func(*Request) bool
	onError func(context.Context, *Request, error) *Outcome

	allowOutside  bool // see AllowOutside
	askFirst      bool // see AskFirst
	passPreflight bool // see PassPreflight
	sharedCache   bool // see SharedCache
	allAccounts   bool // see AllAccounts
	following     Following
	load          func(context.Context, *User) (context.Context, error) // see LoadUser; nil without

	scopeSet  bool                 // the scope is an option's, not the default
	scopeOf   func(*Request) Scope // see Scopes; nil without
	api       bool                 // see API
	maxAge    time.Duration        // see MaxAge
	hasMaxAge bool

	before func(*visit) *Outcome // may answer before anybody has to log in; nil for gates of the app's, as then
	then   func(*visit) *Outcome // answers what would pass; see Auth.Screens

	want       level       // of scope; with Scopes, what every request has enough with
	fast       bool        // Known may decide
	asksMore   bool        // see satisfiedBy
	passHeader http.Header // of every request that goes on; shared, never changed

	problemHeader http.Header // of every problem document; shared, never changed
}

// NewGate makes a gate for an adapter; applications call the adapter's Require,
// Optional, Login and Logout. Without an instance among the options it takes [Default],
// and panics while the app is being set up if that fails. The message names every
// missing setting and how to fix it.
func NewGate(mode Mode, options ...Option) *Gate {
	g := &Gate{mode: mode, scope: Silent}
	for _, o := range options {
		if o == nil {
			panic("wechat: a nil option: leave it out")
		}
		o.apply(g)
	}
	g.checkOptions()
	if g.auth == nil {
		a, err := Default()
		if err != nil {
			panic(noInstance(err))
		}
		g.auth = a
	}
	if g.following != "" && g.choose == nil && g.auth.followCode == (followCode{}) {
		g.auth.watch.warnOf("follow_code", "MustFollow without Config.FollowQRCode: visitors read that they should follow, and not how")
	}
	if g.following != "" && g.auth.website != nil && g.auth.config.OpenIDFor == nil {
		g.auth.watch.warnOf("open_id_for", "MustFollow with Config.Website and without Config.OpenIDFor: visitors who logged in at a desktop browser never count as followers")
	}
	if g.following != "" {
		g.auth.checksFollowers.Store(true)
	}
	g.want = g.scope.level()
	g.findFastPath()
	if g.scopeOf != nil {
		g.want = promptLevel
	}
	// The answer behind the gate depends on who asks.
	g.passHeader = http.Header{"Vary": {"Cookie"}}
	g.problemHeader = problemHeader()
	return g
}

// KeepsSessionsInProcess says that sessions are lost to any other process of the same
// app, for adapters whose framework starts several. It is false with [Choose], which picks
// the instances later.
func (g *Gate) KeepsSessionsInProcess() bool {
	return g.choose == nil && g.auth.sessions.InProcess()
}

// Handle decides one request. It never panics. The app's hooks, stores and codecs run
// under recover, and a panic counts as a failure. Should anything else panic (a logger
// or a context of the app's, or this library itself), the answer is the "unavailable"
// page (503).
func (g *Gate) Handle(ctx context.Context, r *Request) *Outcome {
	if g.choose != nil {
		return g.handleChosen(ctx, *r)
	}
	if lines := web.AllHeaders(r.Header, "Cookie"); len(lines) < 2 {
		cookies := ""
		if len(lines) == 1 {
			cookies = lines[0]
		}
		out, t, nobodys := g.fastPass(ctx, r.Target, cookies, false)
		if out == nil && nobodys {
			out = g.fastRefusal(ctx, r, t)
		}
		if out != nil {
			return out
		}
	}
	return g.handleFully(ctx, *r) // a copy, so that the caller's stays on its stack
}

func (g *Gate) handleFully(ctx context.Context, r Request) (out *Outcome) {
	v := &visit{gate: g, auth: g.auth, ctx: ctx, asked: r, now: g.auth.now()}
	v.request = &v.asked
	defer v.auth.sweeper.wake()
	defer v.recovered(&out)
	if len(g.skip) > 0 && g.skipped(ctx, r) {
		return &Outcome{Context: skippedContext{ctx}}
	}
	v.kind = web.KindOf(v.request.Method, v.request.Target, v.request.Header)
	if !v.locate() {
		return v.page(BadRequestPage, ErrTarget)
	}
	v.applyScope()
	if file := v.verification(); file != nil {
		return file
	}
	if g.before != nil {
		if out := g.before(v); out != nil {
			return out
		}
	}
	if err := v.recognise(); err != nil {
		return v.unavailable("session", err)
	}
	v.spareConsent()
	if g.mode == ModeLogout {
		return v.logout()
	}
	if v.kind == web.Preflight && g.passPreflight {
		return &Outcome{Context: skippedContext{ctx}}
	}
	v.readAnswer()
	if v.state.Shape == proof.ForgedState {
		v.forged()
	}
	if g.api && v.state.Shape != proof.OwnState && v.kind != web.Preflight {
		v.kind = web.Script
	}
	if err := v.raise(); err != nil {
		return v.unavailable("hook", err)
	}
	s := decide(v.facts())
	if s == stuckPage && v.isWithheld() {
		v.withheld = true
		s = decide(v.facts())
	}
	if (s == outsidePage || s == scan) && v.readScreen() {
		s = decide(v.facts())
	}
	if s == redeem {
		v.redeem()
		s = decide(v.facts())
	}
	if s == exchange {
		v.exchange()
		s = decide(v.facts())
	}
	if s == lookUp {
		v.lookUp()
		s = decide(v.facts())
	}
	v.cameBack()
	return v.perform(s)
}

// recovered turns a panic into the "unavailable" page, or into the status alone if the
// page panics too. The error holds only the panic's type, because its value may hold a
// secret.
func (v *visit) recovered(out **Outcome) {
	p := recover()
	if p == nil {
		return
	}
	err := unavailableFor(fmt.Errorf("panic of type %T", p))
	*out = nil
	v.stage = "panic"
	_ = recovered("page", func() { *out = v.page(UnavailablePage, err) })
	if *out == nil {
		*out = &Outcome{Context: v.ctx, Status: http.StatusServiceUnavailable, Err: err, Header: http.Header{
			"Cache-Control": {"no-store"}, "Referrer-Policy": {"no-referrer"}, "Retry-After": {retryAfter},
		}}
	}
}

// perform turns a step into an answer. No other code does.
func (v *visit) perform(s step) *Outcome {
	if s != pass && !v.hasHost {
		return v.page(BadRequestPage, errNoHost)
	}
	switch s {
	case pass:
		if v.gate.then != nil {
			return v.gate.then(v)
		}
		return v.pass()
	case arrive:
		v.arrived()
		return v.redirect(303, v.destination())
	case start:
		return v.start(v.auth.account)
	case scan:
		return v.start(v.auth.website)
	case unauthorized:
		return v.problem()
	case logInAgainPage:
		return v.page(LogInAgainPage, nil)
	case noContent:
		return v.answerWith(http.StatusNoContent, nil, nil)
	case framePage:
		return v.page(FramePage, ErrFrame)
	case outsidePage:
		return v.page(OutsidePage, ErrOutside)
	case screenPage, numberPage:
		return v.screenPage()
	case refusedPage:
		return v.page(RefusedPage, ErrRefused)
	case snapshotPage:
		return v.page(SnapshotPage, ErrSnapshot)
	case unavailablePage:
		return v.page(UnavailablePage, v.reason)
	case followPage:
		return v.page(FollowPage, ErrNotFollowing)
	case continuePage:
		return v.page(ContinuePage, nil)
	case withdrawnPage:
		return v.page(WithdrawnPage, ErrWithdrawn)
	case deniedPage:
		return v.page(DeniedPage, v.reason)
	case stuckPage:
		return v.page(StuckPage, errors.Join(ErrStuck, v.reason, v.cookieTwins()))
	}
	// Unreachable: decide has no other step. Deny access rather than allow it.
	return v.page(UnavailablePage, ErrUnavailable)
}
