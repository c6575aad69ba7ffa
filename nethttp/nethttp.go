// Package nethttp logs WeChat users in to net/http applications, and to all
// routers that take func(http.Handler) http.Handler: chi, gorilla/mux, alice,
// echo's WrapMiddleware.
//
//	mux.Handle("GET /me", me)
//	http.ListenAndServe(":8080", nethttp.Require()(mux))
//
// A thin adapter; see package core. It decides how a request of net/http becomes a core.Request
// and how a core.Outcome is written. It never decides who is logged in or what a visitor
// sees. Of this module it imports core only.
package nethttp

import (
	"net/http"

	"github.com/seed467724c4/wechat/core"
)

// What routes ask for, from package core, so that a plain program imports one package.
const (
	Silent     = core.Silent
	Prompt     = core.Prompt
	MustFollow = core.MustFollow
)

// Require lets logged-in visitors through and logs the others in, silently unless
// [Prompt] is among the options. It panics at set-up without an instance; see
// [core.NewGate].
func Require(options ...core.Option) func(http.Handler) http.Handler {
	return guard(core.ModeRequire, options)
}

// Optional hands over the user where there is one; it never starts a login.
func Optional(options ...core.Option) func(http.Handler) http.Handler {
	return guard(core.ModeOptional, options)
}

// Login is a handler for a "log in" link: it logs the visitor in and goes to the
// page of this site named by the query parameter "to", or to "/".
func Login(options ...core.Option) http.Handler {
	return guard(core.ModeLogin, options)(http.NotFoundHandler())
}

// Logout is a handler for a form that logs out by POST, and goes to "/". It
// refuses other sites' forms. A page that a silent Require guards logs the
// visitor in again at once.
func Logout(options ...core.Option) http.Handler {
	return guard(core.ModeLogout, options)(http.NotFoundHandler())
}

// User is the logged-in user; nil for an anonymous visitor, behind Optional or a Skip.
// It panics where neither Require nor Optional ran.
func User(r *http.Request) *core.User { return core.MustFromContext(r.Context()) }

func guard(mode core.Mode, options []core.Option) func(http.Handler) http.Handler {
	gate := core.NewGate(mode, options...)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			out := gate.Handle(r.Context(), &core.Request{
				Method: r.Method, Target: target(r), Host: r.Host, TLS: r.TLS != nil, Header: r.Header,
			})
			out.AddTo(w.Header())
			if out.Status != 0 {
				w.WriteHeader(out.Status)
				_, _ = w.Write(out.Body)
				return
			}
			inner := r.WithContext(out.Context)
			defer func() {
				handBack(r, inner)
				out.Complete(w.Header()) // of a handler that wrote nothing
			}()
			next.ServeHTTP(out.Writer(w), inner)
		})
	}
}

// handBack gives the request of the middleware outside what was learned of it further
// in: the pattern of its route, which metrics are counted by, and its form. net/http
// removes the files of an upload by the request that it made, or never.
func handBack(r, inner *http.Request) {
	r.Pattern = inner.Pattern
	r.Form, r.PostForm, r.MultipartForm = inner.Form, inner.PostForm, inner.MultipartForm
}

// target is the request line's own; only a request made by hand has none.
func target(r *http.Request) string {
	if r.RequestURI != "" {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}
