package core

import (
	"context"
	"errors"
	"time"

	"github.com/seed467724c4/wechat/core/internal/web"
)

// chooseTimeout bounds the function of [Choose], which runs before everything else.
const chooseTimeout = 5 * time.Second

var errChosenClosed = errors.New("wechat: Choose returned an instance that was closed or not made by New")

// Choose logs visitors in to an account that choose picks for each request: by host, by
// path prefix, or by a tenant that a database knows. It stands where an instance would
// stand, on any gate:
//
//	r.Use(ginwechat.Require(core.Choose(func(ctx context.Context, r *core.Request) (*core.Auth, error) {
//		return tenants.Auth(ctx, r.Host) // keep instances, for example in a map: New is not cheap
//	})))
//
// The visitor's request then belongs to that account alone: the gate reads no other
// account's session, and never uses a default account instead.
//
//	nil, nil       there is no such tenant: a page or problem document (404)
//	ErrNoAccount   the same
//	ErrWithdrawn   the account left the platform: a page says so (403); see [Platform]
//	an error       the tenants cannot be asked: the "unavailable" page (503)
//	a panic, or an instance that was closed: the same
//
// choose runs on every request that no [Skip] lets through; keep it fast, and let it stop
// when its context ends (after 5 s). r.Host is the Host header as it arrived, with the
// port if it has one; behind a proxy that rewrites it, read r.Header. Gates keep nothing
// of an instance: to remove an account, stop returning it, wait for the requests that
// still run, and close it. Accounts that are served on one host and path belong to one
// [Site].
func Choose(choose func(ctx context.Context, r *Request) (*Auth, error)) Option {
	if choose == nil {
		panic("wechat: Choose without a function: leave it out")
	}
	return optionFunc(func(g *Gate) {
		if g.choose != nil || g.auth != nil {
			panic("wechat: Choose beside another instance on one gate: it picks the instance itself")
		}
		g.choose = choose
		g.auth = noAccount()
	})
}

// noAccount makes the pages of requests that belong to no account. It is never handed
// out.
func noAccount() *Auth {
	return &Auth{now: time.Now, pages: newPages(nil), watch: newWatch(&Config{}, time.Now)}
}

// handleChosen decides a request by the account that the app picks for it.
func (g *Gate) handleChosen(ctx context.Context, r Request) (out *Outcome) {
	if len(g.skip) > 0 && g.skipped(ctx, r) {
		return &Outcome{Context: skippedContext{ctx}}
	}
	a, err := g.chosen(ctx, r)
	if err != nil || a == nil {
		return g.withoutAccount(ctx, r, err)
	}
	return g.boundTo(a).Handle(ctx, &r)
}

// boundTo is this gate for one account.
func (g *Gate) boundTo(a *Auth) *Gate {
	bound := *g
	bound.auth, bound.choose, bound.skip = a, nil, nil
	bound.findFastPath()
	if bound.following != "" && !a.checksFollowers.Load() {
		a.checksFollowers.Store(true)
	}
	return &bound
}

func (g *Gate) chosen(ctx context.Context, r Request) (a *Auth, err error) {
	ctx, cancel := context.WithTimeout(ctx, chooseTimeout)
	defer cancel()
	if panicked := recovered("Choose", func() { a, err = g.choose(ctx, &r) }); panicked != nil {
		return nil, panicked
	}
	if err != nil {
		return nil, err
	}
	if a != nil && (a.lifetime == nil || a.lifetime.Err() != nil) {
		return nil, errChosenClosed
	}
	return a, nil
}

// withoutAccount answers where there is no account, or none can be found out.
func (g *Gate) withoutAccount(ctx context.Context, r Request, err error) (out *Outcome) {
	v := &visit{gate: g, auth: g.auth, ctx: ctx, asked: r, now: g.auth.now()}
	v.request = &v.asked
	defer v.recovered(&out)
	v.kind = web.KindOf(r.Method, r.Target, r.Header)
	if !v.locate() || !v.hasHost {
		return v.page(BadRequestPage, ErrTarget)
	}
	if g.api {
		v.kind = web.Script
	}
	if isWithdrawn(err) {
		return v.page(WithdrawnPage, ErrWithdrawn)
	}
	if err != nil && !errors.Is(err, ErrNoAccount) {
		return v.page(UnavailablePage, unavailableFor(err))
	}
	return v.page(NotFoundPage, ErrNoAccount)
}
