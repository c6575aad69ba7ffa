// Package ginwechat logs WeChat users in to gin applications.
//
//	r := gin.New() // gin.Default prints queries, and a query may hold a code
//	r.Use(ginwechat.Require())
//	r.GET("/me", func(c *gin.Context) { c.JSON(200, ginwechat.User(c)) })
//
// A thin adapter; see package core. It decides how a request of gin becomes a core.Request
// and how a core.Outcome is written. It never decides who is logged in or what a visitor
// sees. Of this module it imports core only.
package ginwechat

import (
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
)

// What routes ask for, from package core, so that a plain program imports one package.
const (
	Silent     = core.Silent
	Prompt     = core.Prompt
	MustFollow = core.MustFollow
)

// Key is where gin's own store holds the *core.User, for code that has a
// *gin.Context and wants no import: c.Get(Key). It holds nil for an anonymous visitor.
const Key = core.UserKey

// Require lets logged-in visitors through and logs the others in, silently unless
// [Prompt] is among the options. It panics at set-up without an instance; see
// [core.NewGate].
func Require(options ...core.Option) gin.HandlerFunc { return guard(core.ModeRequire, options) }

// Optional hands over the user where there is one; it never starts a login.
func Optional(options ...core.Option) gin.HandlerFunc { return guard(core.ModeOptional, options) }

// Login is a handler for a "log in" link: it logs the visitor in and goes to the
// page of this site named by the query parameter "to", or to "/".
func Login(options ...core.Option) gin.HandlerFunc { return guard(core.ModeLogin, options) }

// Logout is a handler for a form that logs out by POST, and goes to "/". It
// refuses other sites' forms. A page that a silent Require guards logs the
// visitor in again at once.
func Logout(options ...core.Option) gin.HandlerFunc { return guard(core.ModeLogout, options) }

// User is the logged-in user; nil for an anonymous visitor, behind Optional or a Skip.
// It panics where neither Require nor Optional ran. c may be a copy (c.Copy()).
func User(c *gin.Context) *core.User {
	if c.Request != nil {
		if user, ok := core.FromContext(c.Request.Context()); ok {
			return user
		}
	}
	return core.MustFromContext(c)
}

func guard(mode core.Mode, options []core.Option) gin.HandlerFunc {
	gate := core.NewGate(mode, options...)
	writers := &sync.Pool{New: func() any { return &writer{} }}
	return func(c *gin.Context) {
		r := c.Request
		target := r.RequestURI
		if target == "" { // a request made by hand
			target = r.URL.RequestURI()
		}
		out := gate.Handle(r.Context(), &core.Request{
			Method: r.Method, Target: target, Host: r.Host, TLS: r.TLS != nil, Header: r.Header,
		})
		out.AddTo(c.Writer.Header())
		if out.Status != 0 {
			answer(c, out)
			return
		}
		c.Request = r.WithContext(out.Context)
		defer handBack(r, c)
		c.Set(core.ContextKey, out.Context)
		if user, ok := core.FromContext(out.Context); ok {
			c.Set(Key, user)
		} else {
			c.Set(Key, nil) // no *core.User that is nil: it would not equal nil
		}
		next(c, out, writers)
	}
}

// answer writes no empty body: where there is none, middleware outside may still add one.
func answer(c *gin.Context, out *core.Outcome) {
	c.Abort()
	if err := out.ErrToReport(); err != nil {
		_ = c.Error(err)
	}
	c.Writer.WriteHeader(out.Status)
	if len(out.Body) > 0 {
		_, _ = c.Writer.Write(out.Body)
	}
}

// handBack gives the request that net/http made what was learned of it further in, or
// net/http would never remove the files of an upload.
func handBack(r *http.Request, c *gin.Context) {
	r.Form, r.PostForm, r.MultipartForm = c.Request.Form, c.Request.PostForm, c.Request.MultipartForm
}
