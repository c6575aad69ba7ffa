package core

import (
	"context"
	"net/http"
	"strings"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// The way of nearly every request: somebody who is logged in asks for a page. It
// is the state machine's own verdict on "no answer from WeChat, and enough" (pass,
// whatever the kind of request), reached without gathering the facts that do not
// matter then. BenchmarkKnown and TestKnownAllocates watch over it.

// passage is all that a request needs on its way to the next handler, in one
// allocation: context, user and outcome.
type passage struct {
	context.Context
	outcome   Outcome
	visitor   *User // nil for nobody; &user where Known read it
	user      User
	privilege [1]string // of the user, who seldom has more; two would be an allocation class more

	info *requestInfo // nil unless somebody may ask for it
}

// requestInfo is what few ask a passage for: JSConfig where there is no Config.PublicURL,
// RefreshProfile with Config.KeepTokens.
type requestInfo struct {
	auth  *Auth
	at    web.Origin
	token string // of the session
}

// requestInfo is nil where nobody will ask.
func (a *Auth) requestInfo(at web.Origin, token string) *requestInfo {
	if a.public.Host != "" && a.tokens == nil {
		return nil
	}
	return &requestInfo{a, at, strings.Clone(token)}
}

// Value answers for the user at once; everything else is the request's own.
func (p *passage) Value(key any) any {
	switch k := key.(type) {
	case visitorKey:
		return p.visitor
	case outsideKey:
		return p
	case passageKey:
		if p.info != nil && p.info.auth == k.auth {
			return p
		}
	}
	return p.Context.Value(key)
}

// passageKey finds the passage through the innermost gate of an instance that has
// requestInfo to tell.
type passageKey struct{ auth *Auth }

func (a *Auth) passageIn(ctx context.Context) *passage {
	p, _ := valueIn(ctx, passageKey{a}).(*passage)
	return p
}

// Known is a quicker way for adapters whose framework hands out headers for
// nothing: the outcome of a request that goes on as it is (a logged-in visitor, or
// nobody behind Optional), and nil for every other, which [Gate.Handle] must
// decide. cookies is the request's first Cookie line, "" without one; where there are
// more, a visitor is known all the same, but nobody may be somebody yet. Neither
// string is kept, so both may lie in a buffer that is used again.
//
// Most adapters call Handle alone, which looks here first.
func (g *Gate) Known(ctx context.Context, target, cookies string) *Outcome {
	out, _, _ := g.fastPass(ctx, target, cookies, true)
	return out
}

// fastPass also tells of a request with nothing to recognise anybody by: it is nobody's,
// and its target is no answer from WeChat. buffered is for strings that lie in a
// buffer that is used again.
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
	touched, ok := p.user.decode(value, a.config.AppID, p.privilege[:])
	if !ok || p.user.Scope.level() < g.want || s.IdleIsDue(touched) {
		return nil, t, false
	}
	if g.hasMaxAge && a.now().Sub(p.user.LoggedInAt) >= g.maxAge {
		return nil, t, false
	}
	if g.following != "" && !a.followers.KnownToFollow(p.user.OpenID) {
		return nil, t, false
	}
	p.info = a.requestInfo(a.public, token)
	p.visitor = &p.user
	return g.passing(p, g.passHeader), t, false
}

// fastRefusal is the other quick way, for a script of a page that nobody is logged in
// on, which asks again and again: the state machine's own verdict on "nobody, and a
// script" (unauthorized, unless guests are welcome), reached without a visit.
// BenchmarkScript and TestStrangersAllocateLittle watch over it.
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

// canBeFast says whether Known may decide at all, once and for all. Without a public
// URL the request's own host must be looked at, too.
func (g *Gate) canBeFast() bool {
	return (g.mode == ModeRequire || g.mode == ModeOptional) && len(g.skip) == 0 && g.load == nil && g.auth.public.Host != ""
}
