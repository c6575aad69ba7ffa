// Package echowechat logs WeChat users in to echo v5 applications. Copy the file into
// your project. For echo v4 see ../echov4.
//
//	e := echo.New()
//	e.Use(echowechat.Require())
//	e.GET("/me", func(c *echo.Context) error { return c.JSON(200, echowechat.User(c)) })
package echowechat

import (
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/seed467724c4/wechat/core"
)

// What routes ask for, from package core, so that a plain program imports one package.
const Silent, Prompt, MustFollow = core.Silent, core.Prompt, core.MustFollow

// Key is where echo's own store holds the *core.User: c.Get(Key). It holds nil for an
// anonymous visitor.
const Key = core.UserKey

// Require lets logged-in visitors through and logs the others in, silently unless
// [Prompt] is among the options. It panics at set-up without an instance; see
// [core.NewGate].
func Require(options ...core.Option) echo.MiddlewareFunc { return guard(core.ModeRequire, options) }

// Optional hands over the user where there is one; it never starts a login.
func Optional(options ...core.Option) echo.MiddlewareFunc { return guard(core.ModeOptional, options) }

// Login is a handler for a "log in" link; see nethttp.Login.
func Login(options ...core.Option) echo.HandlerFunc { return guard(core.ModeLogin, options)(notFound) }

// Logout is a handler for a form that logs out by POST; see nethttp.Logout.
func Logout(options ...core.Option) echo.HandlerFunc {
	return guard(core.ModeLogout, options)(notFound)
}

// User is the logged-in user; nil for an anonymous visitor, behind Optional or a Skip.
// It panics where neither Require nor Optional ran.
func User(c *echo.Context) *core.User { return core.MustFromContext(c.Request().Context()) }

func guard(mode core.Mode, options []core.Option) echo.MiddlewareFunc {
	gate := core.NewGate(mode, options...)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			r, w := c.Request(), c.Response()
			out := gate.Handle(r.Context(), request(r))
			out.AddTo(w.Header())
			if out.Status != 0 {
				w.WriteHeader(out.Status)
				_, _ = w.Write(out.Body) // of HEAD and of a visitor who has left
				return nil               // an error would go to the app's HTTPErrorHandler, which answers as well
			}
			if user, ok := core.FromContext(out.Context); ok {
				c.Set(Key, user)
			} else {
				c.Set(Key, nil) // no *core.User that is nil: it would not equal nil
			}
			inner := r.WithContext(out.Context)
			c.SetRequest(inner)
			c.SetResponse(out.Writer(w))
			defer func() {
				// net/http removes the files of an upload by the request that it made.
				r.Form, r.PostForm, r.MultipartForm = inner.Form, inner.PostForm, inner.MultipartForm
				c.SetResponse(w)
				out.Complete(w.Header()) // of a handler that wrote nothing
			}()
			return next(c) // its own error is the app's
		}
	}
}

func notFound(*echo.Context) error { return echo.ErrNotFound }

func request(r *http.Request) *core.Request {
	target := r.RequestURI
	if target == "" { // a request made by hand
		target = r.URL.RequestURI()
	}
	return &core.Request{Method: r.Method, Target: target, Host: r.Host, TLS: r.TLS != nil, Header: r.Header}
}
