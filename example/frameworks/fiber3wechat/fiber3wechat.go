// Package fiber3wechat logs WeChat users in to fiber v3 applications. Copy the file into
// your project.
//
//	app := fiber.New()
//	app.Use(fiber3wechat.Require())
//	app.Get("/me", func(c fiber.Ctx) error { return c.JSON(fiber3wechat.User(c)) })
package fiber3wechat

import (
	"io"
	"strings"

	"github.com/gofiber/fiber/v3"

	"github.com/seed467724c4/wechat/core"
)

// What routes ask for, from package core, so that a plain program imports one package.
const Silent, Prompt, MustFollow = core.Silent, core.Prompt, core.MustFollow

// Key is where fiber's own store holds the *core.User: c.Locals(Key). It holds nil for
// an anonymous visitor.
const Key = core.UserKey

// Require lets logged-in visitors through and logs the others in, silently unless
// [Prompt] is among the options. It panics at set-up without an instance; see
// [core.NewGate].
func Require(options ...core.Option) fiber.Handler { return guard(core.ModeRequire, options) }

// Optional hands over the user where there is one; it never starts a login.
func Optional(options ...core.Option) fiber.Handler { return guard(core.ModeOptional, options) }

// Login is a handler for a "log in" link; see nethttp.Login.
func Login(options ...core.Option) fiber.Handler { return guard(core.ModeLogin, options) }

// Logout is a handler for a form that logs out by POST; see nethttp.Logout.
func Logout(options ...core.Option) fiber.Handler { return guard(core.ModeLogout, options) }

// User is the logged-in user; nil for an anonymous visitor, behind Optional or a Skip.
// It panics where neither Require nor Optional ran.
func User(c fiber.Ctx) *core.User {
	if user, ok := core.FromContext(c.Context()); ok {
		return user
	}
	return core.MustFromContext(c)
}

func guard(mode core.Mode, options []core.Option) fiber.Handler {
	gate := core.NewGate(mode, options...)
	if fiber.IsChild() && gate.KeepsSessionsInProcess() {
		panic("wechat: each process of fiber's prefork would keep its own sessions: set Config.Sessions to a manager with a shared store")
	}
	return func(c fiber.Ctx) error {
		// fiber v3 runs middleware for requests that its server has refused as well.
		if limit := c.App().Config().BodyLimit; c.Request().Header.ContentLength() > limit && !c.Request().IsBodyStream() {
			return fiber.ErrRequestEntityTooLarge
		}
		out := gate.Handle(c.Context(), request(c))
		out.AddTo(response{c})
		if out.Status != 0 {
			c.Status(out.Status).Response().SetBodyRaw(out.Body)
			finishBody(c, false)
			return nil
		}
		// fiber v3 keeps two stores that do not see each other: SetContext's is read by
		// c.Context(), and Locals' by c itself, which is a context as well.
		c.SetContext(out.Context)
		c.Locals(core.ContextKey, out.Context)
		if user, ok := core.FromContext(out.Context); ok {
			c.Locals(Key, user)
		} else {
			c.Locals(Key, nil) // no *core.User that is nil: it would not equal nil
		}
		err := c.Next()
		out.Complete(response{c})
		finishBody(c, true)
		return err
	}
}

// request copies every string: fasthttp reuses the bytes for the next request on the
// connection. Uncopied, one visitor is answered as another.
func request(c fiber.Ctx) *core.Request {
	h := &c.Request().Header
	return &core.Request{
		Method: string(h.Method()), Target: string(h.RequestURI()), Host: string(h.Host()),
		TLS: c.RequestCtx().IsTLS(), Header: header{c},
	}
}

type header struct{ c fiber.Ctx }

// Get implements core.Header.
func (h header) Get(name string) string { return append(h.Values(name), "")[0] }

// Values implements core.Header. An app with DisableHeaderNormalizing keeps names as they
// were sent, in lower case behind many proxies.
func (h header) Values(name string) (values []string) {
	for _, value := range h.c.Request().Header.PeekAll(name) {
		values = append(values, string(value))
	}
	if len(values) == 0 && h.c.App().Config().DisableHeaderNormalizing {
		for key, value := range h.c.Request().Header.AllInOrder() {
			if strings.EqualFold(string(key), name) {
				values = append(values, string(value))
			}
		}
	}
	return values
}

// response implements core.ResponseHeader.
type response struct{ c fiber.Ctx }

// Values implements core.ResponseHeader. PeekAll would join the cookies.
func (r response) Values(name string) (values []string) {
	for key, value := range r.c.Response().Header.All() {
		if strings.EqualFold(string(key), name) {
			values = append(values, string(value))
		}
	}
	return values
}

// Add implements core.ResponseHeader. fiber's own Append would join values by a comma.
func (r response) Add(name, value string) { r.c.Response().Header.Add(name, value) }

// Set implements core.ResponseHeader. fasthttp's own replaces the first line and leaves
// the others.
func (r response) Set(name, value string) { r.Del(name); r.c.Response().Header.Set(name, value) }

// Del implements core.ResponseHeader.
func (r response) Del(name string) { r.c.Response().Header.Del(name) }

// finishBody keeps a body that is left unread from becoming the next request of the
// connection. fasthttp does not read what is left of a body that it streams
// (StreamRequestBody), and of a multipart form what stands behind the last boundary.
func finishBody(c fiber.Ctx, handled bool) {
	h := &c.Request().Header
	switch length := h.ContentLength(); {
	case length == 0:
	case c.Request().IsBodyStream():
		// A handler may have read to the end of a chunked body, and behind it the next
		// request would be read. Or it reads on while its answer is sent.
		if handled && (length < 0 || c.Response().IsBodyStream()) {
			c.RequestCtx().SetConnectionClose()
		} else if n, err := io.Copy(io.Discard, io.LimitReader(c.RequestCtx().RequestBodyStream(), maxDrained)); err != nil || n == maxDrained {
			c.RequestCtx().SetConnectionClose()
		}
	case len(h.MultipartFormBoundary()) > 0 && !c.App().Config().DisablePreParseMultipartForm:
		c.RequestCtx().SetConnectionClose()
	}
}

// maxDrained is how much of an unread body is read. net/http reads as much.
const maxDrained = 256 << 10
