package core

import (
	"context"
	"net/http"
	"strings"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// The fast path serves nearly every request: a logged-in visitor opens a page. Its
// verdict is the same as decide's for a session that satisfies the route and a request
// without a state (pass, for every kind of request). It skips the facts that cannot
// change that verdict. TestTheFastPathDecidesAsTheStateMachine holds both equal;
// BenchmarkKnown and TestKnownAllocates measure it.

// passage holds all that the next handler needs in one allocation: context, user and
// outcome.
type passage struct {
	context.Context
	outcome   Outcome
	visitor   *User // nil for an anonymous visitor; &user where Known read it
	user      User
	privilege [1]string // of the user, who seldom has more; two would be an allocation class more

	info *requestInfo // nil if no method can need it
}

// requestInfo is what few handlers need: JSConfig without Config.PublicURL, and
// RefreshProfile with Config.KeepTokens.
type requestInfo struct {
	auth  *Auth
	at    web.Origin
	token string // of the session
	ext   extension
}

// requestInfo returns nil if no method can need it.
func (a *Auth) requestInfo(at web.Origin, token, record string) *requestInfo {
	if a.public.Host != "" && a.tokens == nil {
		return nil
	}
	ext, _, _ := cutExtension(record)
	return &requestInfo{a, at, strings.Clone(token), ext}
}

// Value answers for the user at once; everything else is the request's own.
func (p *passage) Value(key any) any {
	switch k := key.(type) {
	case visitorKey:
		return p.visitor
	case outsideKey:
		return p
	case accountKey:
		if p.visitor != nil && k.auth.applicationOf(p.visitor) != nil {
			return p.visitor
		}
	case passageKey:
		if p.info != nil && p.info.auth == k.auth {
			return p
		}
	}
	return p.Context.Value(key)
}

// passageKey finds the passage through the innermost gate of an instance that has
// requestInfo.
type passageKey struct{ auth *Auth }

func (a *Auth) passageIn(ctx context.Context) *passage {
	p, _ := valueIn(ctx, passageKey{a}).(*passage)
	return p
}

// Known is a faster path for adapters that can read the Cookie header without an
// allocation. It returns the outcome of a request that continues as it is: a logged-in
// visitor, or an anonymous one behind Optional. For every other request it returns nil,
// and [Gate.Handle] must decide. cookies is the request's first Cookie line, or "".
// With more than one line, use the outcome only if it has a user, because the session
// may be in a later line. Neither string is kept, so both may lie in a buffer that is
// reused.
//
// Most adapters call Handle alone, which looks here first.
func (g *Gate) Known(ctx context.Context, target, cookies string) *Outcome {
	out, _, _ := g.fastPass(ctx, target, cookies, true)
	return out
}

// fastPass also reports whether the request is anonymous: it has no session cookie, and
// its target is not a callback. buffered is true if the strings lie in a buffer that is
// reused.
func (g *Gate) fastPass(ctx context.Context, asked, cookies string, buffered bool) (out *Outcome, t web.Target, nobodys bool) {
	if !g.fast {
		return nil, t, false
	}
	a, s := g.auth, g.auth.sessions
	t, ok := web.ParseTarget(asked)
	if !ok || s.LoadedIn(ctx) || a.asksForVerification(t.Path) {
		return nil, t, false
	}
	if _, _, _, answer := t.LastParam("state"); answer {
		return nil, t, false
	}
	token, _, sent := web.FirstCookie(cookies, s.CookieName(a.public.IsHTTPS()))
	if !sent && g.mode == ModeOptional {
		return g.passing(&passage{Context: ctx}, g.passHeader), t, true
	}
	if !session.IsToken(token) {
		return nil, t, !sent
	}
	value, found, err := s.RecordOf(ctx, token, buffered)
	if !found || err != nil {
		return nil, t, false
	}
	p := &passage{Context: ctx}
	touched, ok := p.user.decode(value, a.apps, p.privilege[:])
	if !ok || p.user.Scope.level() < g.want || s.IdleIsDue(touched) {
		return nil, t, false
	}
	if g.asksMore && !g.satisfiedBy(ctx, &p.user, value) {
		return nil, t, false
	}
	p.info = a.requestInfo(a.public, token, value)
	p.visitor = &p.user
	return g.passing(p, g.passHeader), t, false
}

// satisfiedBy checks what few gates ask for.
func (g *Gate) satisfiedBy(ctx context.Context, u *User, record string) bool {
	if g.hasMaxAge && g.auth.now().Sub(u.LoggedInAt) >= g.maxAge {
		return false
	}
	if g.following != "" && (u.AppID != g.auth.apps.account || !g.auth.followers.KnownToFollow(u.OpenID)) {
		return false
	}
	if !g.auth.sessions.HasGenerations() {
		return true
	}
	ext, _, _ := cutExtension(record)
	current, err := g.auth.sessions.IsCurrent(ctx, u.OpenID, ext.generation)
	return current && err == nil
}

// fastRefusal is the second fast path: a script without a session that polls. Its
// verdict is the same as decide's for an anonymous script (unauthorized, except with
// AllowOutside), without a visit. BenchmarkScript and TestStrangersAllocateLittle
// measure it.
func (g *Gate) fastRefusal(ctx context.Context, r *Request, t web.Target) *Outcome {
	if g.allowOutside || g.api && g.onError != nil || web.IsHTMX(r.Header) {
		return nil
	}
	if kind := web.KindOf(r.Method, r.Target, r.Header); kind != web.Script && !(g.api && kind != web.Preflight) {
		return nil
	}
	return g.refuse(ctx, r, t)
}

func (g *Gate) passing(p *passage, header http.Header) *Outcome {
	p.outcome.Context = p
	p.outcome.Header = header
	p.outcome.private = p.visitor != nil && !g.sharedCache
	if g.sharedCache {
		allowSharedCache(p.Context)
	}
	return &p.outcome
}

// findFastPath decides once for a gate and its instance what the fast path does.
func (g *Gate) findFastPath() {
	g.fast = g.canBeFast()
	g.asksMore = g.fast && (g.hasMaxAge || g.following != "" || g.auth.sessions.HasGenerations())
}

// canBeFast decides once for each gate whether Known may decide. Without PublicURL the
// request's own host must be read too.
func (g *Gate) canBeFast() bool {
	return (g.mode == ModeRequire || g.mode == ModeOptional) && g.choose == nil && len(g.skip) == 0 && g.load == nil && g.then == nil && g.auth.public.Host != ""
}
