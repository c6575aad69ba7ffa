// Package ginwechat logs WeChat users in to gin applications.
//
//	r := gin.New() // gin.Default prints queries, and a query may hold a code
//	r.Use(ginwechat.Require())
//	r.GET("/me", func(c *gin.Context) { c.JSON(200, ginwechat.User(c)) })
//
// It only carries requests to package core and answers back; see there.
package ginwechat

import (
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
// *gin.Context and wants no import: c.Get(Key). It holds nil for nobody behind
// Optional.
const Key = "github.com/seed467724c4/wechat"

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

// User is the logged-in user; nil for nobody behind Optional. It panics where
// neither Require nor Optional ran.
func User(c *gin.Context) *core.User { return core.MustFromContext(c.Request.Context()) }

func guard(mode core.Mode, options []core.Option) gin.HandlerFunc {
	gate := core.NewGate(mode, options...)
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
		if out.Err != nil {
			_ = c.Error(out.Err)
		}
		if out.Status != 0 {
			c.Abort()
			c.Writer.WriteHeader(out.Status)
			_, _ = c.Writer.Write(out.Body)
			return
		}
		if out.Context != r.Context() {
			c.Request = r.WithContext(out.Context)
			if user, ok := core.FromContext(out.Context); ok {
				c.Set(Key, user)
			} else {
				c.Set(Key, nil) // no *core.User that is nil: it would not equal nil
			}
		}
		c.Next()
	}
}
