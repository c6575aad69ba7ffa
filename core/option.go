package core

import (
	"context"
	"fmt"
	"time"
)

// Option is a setting of one mounted gate. Settings of the whole account are in
// [Config]. The options, with their defaults:
//
//	an instance, *Auth       the account to log in with               Default, from the environment
//	Choose(f)                the account by request                   one account
//	Silent, Prompt           what the route needs to know             Silent: the open id
//	MustFollow               lets followers of the account through    every logged-in visitor
//	MustFollowUnlessDown     the same, while WeChat can be reached    every logged-in visitor
//	LoadUser(f)              loads the app's own user per request     none
//	Skip(f)                  lets requests through unchecked          none
//	AllowOutside()           visitors outside WeChat continue         they see a page with a QR code
//	AskFirst()               a page with a button before Prompt's     straight to WeChat
//	OnError(f)               is called first, may answer itself       the built-in pages
//	API()                    401 instead of redirects and pages       redirects and pages for navigations
//	Scopes(f)                the scope by request, for an outer gate  the gate's own scope
//	MaxAge(d)                the login must be younger than this      any login of the session
//	PassPreflight()          CORS preflights continue to the app      204
//	AllAccounts()            Logout ends the logins of all accounts   those of its account
//	SharedCache()            the app decides about shared caches      private for logged-in visitors
type Option interface{ apply(*Gate) }

// Scope is what a login asks WeChat for (网页授权 scope). The default of a route is
// [Silent].
type Scope string

const (
	// Silent (snsapi_base) logs in without a consent page. It brings only the open id.
	// Browsers show WeChat's "#wechat_redirect" behind the address afterwards, because
	// a fragment outlives redirects. An app that routes by hash removes it:
	//
	//	if (location.hash === "#wechat_redirect")
	//		history.replaceState(null, "", location.pathname + location.search)
	Silent Scope = "snsapi_base"
	// Prompt (snsapi_userinfo) shows WeChat's consent page and brings nickname and
	// avatar. A visitor with a silent session is asked for consent, and the session
	// gets a new token. A prompted session covers Silent as well.
	//
	// On Login, Prompt asks for consent unless the session is a prompted one, and then
	// goes to the page named by "to". On Optional and Logout a scope has no effect:
	// they start no login. Optional hands over the user with what the session has.
	Prompt Scope = "snsapi_userinfo"
)

func (s Scope) apply(g *Gate) {
	if g.scopeSet && g.scope != s {
		panic("wechat: two scopes on one gate: keep one, Prompt covers Silent")
	}
	g.scope, g.scopeSet = s, true
}

func (a *Auth) apply(g *Gate) {
	if g.choose != nil {
		panic("wechat: an instance beside Choose on one gate: Choose picks the instance itself")
	}
	if g.auth != nil && g.auth != a {
		panic("wechat: two instances on one gate: a gate logs visitors in to one account, so mount a gate for each")
	}
	g.auth = a
}

type optionFunc func(*Gate)

func (f optionFunc) apply(g *Gate) { f(g) }

// Skip lets requests through without any check if the function returns true, for
// example health checks and assets. With several Skips, one is enough. A handler behind
// a Skip gets no user, even if the visitor is logged in. Fiber calls this Next. It is
// asked on every request; judge by the path alone, after decoding and cleaning it as
// your router does, or a crafted path opens what should be closed.
func Skip(skip func(*Request) bool) Option {
	return optionFunc(func(g *Gate) { g.skip = append(g.skip, skip) })
}

// AllowOutside lets visitors outside WeChat continue as anonymous visitors, for pages
// that work in any browser: [MustFromContext] and the adapters' User then return nil.
// Default: they see a page with a QR code of the address. For an answer of the app's
// own, see [OnError] and [ErrOutside].
func AllowOutside() Option { return optionFunc(func(g *Gate) { g.allowOutside = true }) }

// AskFirst shows a page of this library with a button before WeChat's consent page, on
// a route with [Prompt]. Default: the visitor is redirected to WeChat at once.
// Recommended for pages that people open cold, from a link or a menu: WeChat shows a
// page that asks for consent at once, without a tap, as a snapshot with a virtual
// visitor (微信网页授权能力调整公告, 2022-05).
func AskFirst() Option { return optionFunc(func(g *Gate) { g.askFirst = true }) }

// PassPreflight lets CORS preflights (OPTIONS with Origin and
// Access-Control-Request-Method) go on to the app without a login, for an app whose CORS
// middleware stands behind the gate. Browsers send no cookie with them. Default: the
// gate answers 204 without CORS headers, because a handler that does not look at the
// method must not run unguarded. Mount the CORS middleware outside the gate where you
// can; then this option is not needed.
func PassPreflight() Option { return optionFunc(func(g *Gate) { g.passPreflight = true }) }

// OnError is called with every error that leads to a page or a problem document
// ([ErrOutside], [ErrRefused], [ErrStuck], [ErrUnavailable], …; see errors.Is). It may
// return an answer of the app's own; nil keeps the built-in one. It is not called for a
// 401 that only asks for a login, except with [API].
func OnError(f func(ctx context.Context, r *Request, err error) *Outcome) Option {
	return optionFunc(func(g *Gate) { g.onError = f })
}

// API is for routes that scripts and programs call. A visitor without a login gets 401
// with a problem document, whatever the headers say: never a redirect, never a page.
// [OnError] is called for this answer too, with [ErrLoginRequired]. login_url is the
// app's Login ([Config.LoginPath]) with the page that the script runs on, or that page.
// Default: requests that look like page navigations are redirected to WeChat.
func API() Option { return optionFunc(func(g *Gate) { g.api = true }) }

// Scopes chooses the scope by request, for a gate around routes that need different
// scopes. An outer Require does not know the scope of a route's own Require. So a
// visitor without a session who opens a route with [Prompt] inside a silent group is
// redirected to WeChat twice. With this option it happens once:
//
//	r.Use(ginwechat.Require(core.Scopes(func(r *core.Request) core.Scope {
//		if r.Path() == "/profile" {
//			return core.Prompt
//		}
//		return core.Silent
//	})))
//
// The function is called for requests whose session has less than Prompt. It must be
// quick and safe for concurrent use. If it panics or returns no scope, the gate's own
// scope counts. Default: the gate's own scope for every request.
func Scopes(scopeOf func(*Request) Scope) Option {
	if scopeOf == nil {
		panic("wechat: Scopes without a function: leave it out")
	}
	return optionFunc(func(g *Gate) { g.scopeOf = scopeOf })
}

// MaxAge demands that the visitor logged in with WeChat less than d ago: an older login
// counts as none, and the visitor logs in again, silently where the scope is [Silent].
// A route can so notice that another person now uses the phone's WeChat. On Require and
// Optional d is at least one minute. On Login it may be 0: then every visit of the link
// logs in anew. Default: a login counts as long as the session lives.
func MaxAge(d time.Duration) Option {
	return optionFunc(func(g *Gate) { g.maxAge, g.hasMaxAge = d, true })
}

// AllAccounts makes Logout end the whole session, where several accounts keep their
// logins in one: those of a [Site], and those with the same Config.Sessions. Default:
// Logout ends the login of its own account; where the session holds no other account's
// login, it ends the whole session, too.
func AllAccounts() Option { return optionFunc(func(g *Gate) { g.allAccounts = true }) }

// LoadUser loads the app's own user, of the app's own type, for handlers behind a gate.
// The gate calls load once for every request of a logged-in visitor that continues,
// with the request's context, and [Loaded] returns the result. If load returns an error
// or panics, the visitor sees the "unavailable" page (503); two errors are different,
// see [Refuse] and [ErrLogInAgain]. load is not called for anonymous visitors. It runs
// on every request; keep it fast. A gate may have several, of different types. Inside
// load, the user is the argument and is not yet in the context.
//
//	r.Use(ginwechat.Require(core.LoadUser(func(ctx context.Context, u *core.User) (*Member, error) {
//		return members.Find(ctx, u.AppUserID)
//	})))
func LoadUser[T any](load func(context.Context, *User) (T, error)) Option {
	if load == nil {
		panic("wechat: LoadUser without a function: leave it out")
	}
	return optionFunc(func(g *Gate) {
		before := g.load
		g.load = func(ctx context.Context, u *User) (context.Context, error) {
			if before != nil {
				var err error
				if ctx, err = before(ctx, u); err != nil {
					return nil, err
				}
			}
			var own T
			var failed error
			if err := recovered("LoadUser", func() { own, failed = load(ctx, u) }); err != nil {
				return nil, err
			}
			if failed != nil {
				return nil, fmt.Errorf("LoadUser: %w", failed)
			}
			return WithLoaded(ctx, own), nil
		}
	})
}

// checkOptions panics about options that contradict each other or the gate's mode.
func (g *Gate) checkOptions() {
	wrong := func(format string, args ...any) { panic(fmt.Sprintf("wechat: "+format, args...)) }
	guards := g.mode == ModeRequire || g.mode == ModeOptional
	switch {
	case g.scope != Silent && g.scope != Prompt:
		wrong("unknown scope %q: use core.Silent or core.Prompt", string(g.scope))
	case g.following != "" && g.following != MustFollow && g.following != MustFollowUnlessDown:
		wrong("unknown demand %q: use core.MustFollow", string(g.following))
	case g.mode != ModeRequire && g.following != "":
		wrong("MustFollow goes with Require: no other gate demands anything of the visitor")
	case g.mode == ModeLogout && g.scopeSet:
		wrong("a scope on Logout: it starts no login, leave the scope out")
	case g.askFirst && g.scope != Prompt && g.scopeOf == nil:
		wrong("AskFirst without Prompt: a silent login shows no consent page, add core.Prompt or leave AskFirst out")
	case g.askFirst && g.mode != ModeRequire && g.mode != ModeLogin:
		wrong("AskFirst goes with Require and Login: no other gate starts a login")
	case g.api && g.mode != ModeRequire:
		wrong("API goes with Require: no other gate answers requests without a login")
	case g.scopeOf != nil && g.mode != ModeRequire:
		wrong("Scopes goes with Require: mount it on the outer gate")
	case g.allAccounts && g.mode != ModeLogout:
		wrong("AllAccounts goes with Logout: no other gate ends a session")
	case g.hasMaxAge && g.mode == ModeLogout, g.hasMaxAge && g.maxAge < 0, g.hasMaxAge && guards && g.maxAge < time.Minute:
		wrong("MaxAge(%v): at least one minute on Require and Optional, 0 or more on Login, never on Logout", g.maxAge)
	}
}

// Mode is the purpose of a gate. Adapters choose it; applications call Require,
// Optional, Login and Logout.
type Mode uint8

const (
	// ModeRequire lets only logged-in visitors through and logs the others in.
	ModeRequire Mode = iota
	// ModeOptional passes the user on if the visitor is logged in, and never starts a
	// login.
	ModeOptional
	// ModeLogin logs the visitor in and goes to the local page named by the query
	// parameter "to" ("/" when it is missing or not local).
	ModeLogin
	// ModeLogout ends the session on a POST from the same site and goes to "/".
	ModeLogout
)
