// Package hertzwechat logs WeChat users in to hertz applications. Copy the file into your
// project. ADAPTER.md explains it piece by piece.
//
//	h := server.Default()
//	h.Use(hertzwechat.Require())
//	h.GET("/me", func(c context.Context, ctx *app.RequestContext) { ctx.JSON(200, hertzwechat.User(c)) })
package hertzwechat

import (
	"context"
	"strings"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/network"

	"github.com/seed467724c4/wechat/core"
)

// What routes ask for, from package core, so that a plain program imports one package.
const Silent, Prompt, MustFollow = core.Silent, core.Prompt, core.MustFollow

// Key is where hertz's own store holds the *core.User: ctx.Get(Key). It holds nil for an
// anonymous visitor.
const Key = core.UserKey

// Require lets logged-in visitors through and logs the others in, silently unless
// [Prompt] is among the options. It panics at set-up without an instance; see
// [core.NewGate].
func Require(options ...core.Option) app.HandlerFunc { return guard(core.ModeRequire, options) }

// Optional hands over the user where there is one; it never starts a login.
func Optional(options ...core.Option) app.HandlerFunc { return guard(core.ModeOptional, options) }

// Login is a handler for a "log in" link; see nethttp.Login.
func Login(options ...core.Option) app.HandlerFunc { return guard(core.ModeLogin, options) }

// Logout is a handler for a form that logs out by POST; see nethttp.Logout.
func Logout(options ...core.Option) app.HandlerFunc { return guard(core.ModeLogout, options) }

// User is the logged-in user; nil for an anonymous visitor, behind Optional or a Skip.
// It panics where neither Require nor Optional ran. It takes either context of a handler.
func User(c context.Context) *core.User { return core.MustFromContext(c) }

func guard(mode core.Mode, options []core.Option) app.HandlerFunc {
	gate := core.NewGate(mode, options...)
	return func(c context.Context, ctx *app.RequestContext) {
		out := gate.Handle(c, request(ctx))
		out.AddTo(response{ctx})
		if out.Status != 0 {
			ctx.Abort()
			ctx.Response.SetStatusCode(out.Status)
			ctx.Response.SetBodyRaw(out.Body)
			closeBehindForm(ctx)
			return
		}
		ctx.Set(core.ContextKey, out.Context)
		if user, ok := core.FromContext(out.Context); ok {
			ctx.Set(Key, user)
		} else {
			ctx.Set(Key, nil) // no *core.User that is nil: it would not equal nil
		}
		out.Complete(response{ctx}) // for a handler that streams: it sends the headers itself
		ctx.Next(out.Context)
		out.Complete(response{ctx})
		closeBehindForm(ctx)
	}
}

// closeBehindForm closes the connection after a multipart form that hertz has read before
// any handler. It reads the form up to its last boundary, and takes the rest of the body
// for the next request on the connection: behind a proxy, for another visitor's.
func closeBehindForm(ctx *app.RequestContext) {
	if len(ctx.Request.MultipartFormBoundary()) > 0 {
		ctx.SetConnectionClose()
	}
}

// request copies every string: hertz reuses the bytes for the next request on the
// connection. Uncopied, one visitor is answered as another.
func request(ctx *app.RequestContext) *core.Request {
	h := &ctx.Request.Header
	_, tls := ctx.GetConn().(network.ConnTLSer)
	return &core.Request{
		Method: string(h.Method()), Target: string(h.RequestURI()), Host: string(h.Host()), TLS: tls, Header: header{ctx},
	}
}

type header struct{ ctx *app.RequestContext }

// Get implements core.Header.
func (h header) Get(name string) string { return string(h.ctx.Request.Header.Peek(name)) }

// Values implements core.Header.
func (h header) Values(name string) (values []string) {
	for _, value := range h.ctx.Request.Header.PeekAll(name) {
		values = append(values, string(value))
	}
	return values
}

// response implements core.ResponseHeader.
type response struct{ ctx *app.RequestContext }

// Values implements core.ResponseHeader. PeekAll would join the cookies.
func (r response) Values(name string) (values []string) {
	r.ctx.Response.Header.VisitAll(func(key, value []byte) {
		if strings.EqualFold(string(key), name) {
			values = append(values, string(value))
		}
	})
	return values
}

// Add implements core.ResponseHeader.
func (r response) Add(name, value string) { r.ctx.Response.Header.Add(name, value) }

// Set implements core.ResponseHeader. hertz's own replaces the first line and leaves the others.
func (r response) Set(name, value string) {
	r.Del(name)
	r.ctx.Response.Header.Set(name, value)
}

// Del implements core.ResponseHeader.
func (r response) Del(name string) { r.ctx.Response.Header.Del(name) }
