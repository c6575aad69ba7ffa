// Package gfwechat logs WeChat users in to GoFrame applications. Copy the file into your
// project.
//
//	s := g.Server()
//	s.Use(gfwechat.Require(), ghttp.MiddlewareHandlerResponse)
//	s.BindHandler("/me", func(r *ghttp.Request) { r.Response.WriteJson(gfwechat.User(r)) })
//
// Bind the gate before ghttp.MiddlewareHandlerResponse: a redirect has no body, and that
// middleware would write {"code":...} where an answer further in has none.
package gfwechat

import (
	"net/http"

	"github.com/gogf/gf/v2/net/ghttp"

	"github.com/seed467724c4/wechat/core"
)

// What routes ask for, from package core, so that a plain program imports one package.
const Silent, Prompt, MustFollow = core.Silent, core.Prompt, core.MustFollow

// Key is where GoFrame's own store holds the *core.User: r.GetCtxVar(Key).Val(). It holds
// nil for an anonymous visitor.
const Key = core.UserKey

// Require lets logged-in visitors through and logs the others in, silently unless
// [Prompt] is among the options. It panics at set-up without an instance; see
// [core.NewGate].
func Require(options ...core.Option) ghttp.HandlerFunc { return guard(core.ModeRequire, options) }

// Optional hands over the user where there is one; it never starts a login.
func Optional(options ...core.Option) ghttp.HandlerFunc { return guard(core.ModeOptional, options) }

// Login is a handler for a "log in" link; see nethttp.Login.
func Login(options ...core.Option) ghttp.HandlerFunc { return guard(core.ModeLogin, options) }

// Logout is a handler for a form that logs out by POST; see nethttp.Logout.
func Logout(options ...core.Option) ghttp.HandlerFunc { return guard(core.ModeLogout, options) }

// User is the logged-in user; nil for an anonymous visitor, behind Optional or a Skip.
// It panics where neither Require nor Optional ran.
func User(r *ghttp.Request) *core.User { return core.MustFromContext(r.Context()) }

func guard(mode core.Mode, options []core.Option) ghttp.HandlerFunc {
	gate := core.NewGate(mode, options...)
	return func(r *ghttp.Request) {
		// Not r.GetHost, which drops the port, and not r.GetSchema, which believes the
		// X-Forwarded-Proto of any client.
		out := gate.Handle(r.Context(), &core.Request{
			Method: r.Method, Target: target(r.Request), Host: r.Host, TLS: r.TLS != nil, Header: r.Header,
		})
		out.AddTo(r.Response.Header())
		if out.Status != 0 {
			if r.ContentLength > maxDrained {
				r.Response.Header().Set("Connection", "close") // or net/http waits for the body, which GoFrame's limit hides from it
			}
			r.Response.ClearBuffer()
			r.Response.WriteHeader(out.Status)
			r.Response.Write(out.Body)
			return
		}
		r.SetCtx(out.Context)
		if user, ok := core.FromContext(out.Context); ok {
			r.SetCtxVar(Key, user)
		} else {
			r.SetCtxVar(Key, nil) // no *core.User that is nil: it would not equal nil
		}
		// Under GoFrame's buffer lies the writer that sends the headers, at the first Flush
		// of a handler or at the end.
		w := r.Response.Writer
		sends := w.ResponseWriter
		w.ResponseWriter = out.Writer(sends)
		r.Middleware.Next()
		w.ResponseWriter = sends
		out.Complete(r.Response.Header())
	}
}

// maxDrained is how much of an unread body net/http reads before it answers.
const maxDrained = 256 << 10

func target(r *http.Request) string {
	if r.RequestURI != "" {
		return r.RequestURI
	}
	return r.URL.RequestURI() // a request made by hand
}
