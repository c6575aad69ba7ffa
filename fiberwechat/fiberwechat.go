// Package fiberwechat logs WeChat users in to fiber v2 applications.
//
//	app := fiber.New()
//	app.Use(fiberwechat.Require())
//	app.Get("/me", func(c *fiber.Ctx) error { return c.JSON(fiberwechat.User(c)) })
//
// It only carries requests to package core and answers back; see there.
package fiberwechat

import (
	"context"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core"
)

// What routes ask for, from package core, so that a plain program imports one package.
const (
	Silent     = core.Silent
	Prompt     = core.Prompt
	MustFollow = core.MustFollow
)

// Key is where fiber's own store holds the *core.User: c.Locals(Key). It holds
// nil for nobody behind Optional.
const Key = "github.com/seed467724c4/wechat"

// Require lets logged-in visitors through and logs the others in, silently unless
// [Prompt] is among the options. It panics at set-up without an instance; see
// [core.NewGate].
func Require(options ...core.Option) fiber.Handler { return guard(core.ModeRequire, options) }

// Optional hands over the user where there is one; it never starts a login.
func Optional(options ...core.Option) fiber.Handler { return guard(core.ModeOptional, options) }

// Login is a handler for a "log in" link: it logs the visitor in and goes to the
// page of this site named by the query parameter "to", or to "/".
func Login(options ...core.Option) fiber.Handler { return guard(core.ModeLogin, options) }

// Logout is a handler for a form that logs out by POST, and goes to "/". It
// refuses other sites' forms. A page that a silent Require guards logs the
// visitor in again at once.
func Logout(options ...core.Option) fiber.Handler { return guard(core.ModeLogout, options) }

// User is the logged-in user; nil for nobody behind Optional. It panics where
// neither Require nor Optional ran.
func User(c *fiber.Ctx) *core.User { return core.MustFromContext(c.UserContext()) }

func guard(mode core.Mode, options []core.Option) fiber.Handler {
	gate := core.NewGate(mode, options...)
	return func(c *fiber.Ctx) error {
		// The user's context, not fasthttp's: that one is reused after the request.
		ctx := c.UserContext()
		out := known(ctx, gate, c)
		if out == nil {
			out = gate.Handle(ctx, request(c))
		}
		add(c, out.Header)
		if out.Status != 0 {
			c.Status(out.Status).Response().SetBodyRaw(out.Body)
			return nil
		}
		if out.Context != ctx {
			c.SetUserContext(out.Context)
			if user, ok := core.FromContext(out.Context); ok {
				c.Locals(Key, user)
			} else {
				c.Locals(Key, nil) // no *core.User that is nil: it would not equal nil
			}
		}
		return c.Next()
	}
}

// add adds every value. Most often that is one Vary, for which a map need not be
// gone through.
func add(c *fiber.Ctx, header http.Header) {
	h := &c.Response().Header
	if values := header[fiber.HeaderVary]; len(header) == 1 && len(values) == 1 {
		h.Add(fiber.HeaderVary, values[0])
		return
	}
	for name, values := range header {
		for _, value := range values {
			h.Add(name, value)
		}
	}
}

// known spares the copies for who is logged in: Known keeps none of its strings.
// Whether there is a second Cookie line, which takes long to find out, matters only
// where the first one names nobody.
func known(ctx context.Context, gate *core.Gate, c *fiber.Ctx) *core.Outcome {
	out := gate.Known(ctx, c.OriginalURL(), c.Get(fiber.HeaderCookie))
	if out == nil {
		return nil
	}
	if _, ok := core.FromContext(out.Context); !ok && len(c.Request().Header.PeekAll(fiber.HeaderCookie)) > 1 {
		return nil
	}
	return out
}

// request is the one place where strings leave fiber for good. fasthttp reuses their bytes
// for the next request on the connection, so every one is copied; uncopied, one
// visitor is answered as another.
func request(c *fiber.Ctx) *core.Request {
	h := &c.Request().Header
	return &core.Request{
		Method: string(h.Method()), Target: string(h.RequestURI()), Host: string(h.Host()),
		TLS: c.Context().IsTLS(), Header: header{c},
	}
}

type header struct{ c *fiber.Ctx }

func (h header) Get(name string) string { return string(h.c.Request().Header.Peek(name)) }

func (h header) Values(name string) []string {
	all := h.c.Request().Header.PeekAll(name)
	values := make([]string, len(all))
	for i, value := range all {
		values[i] = string(value)
	}
	return values
}
