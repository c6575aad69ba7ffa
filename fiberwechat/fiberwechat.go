// Package fiberwechat logs WeChat users in to fiber v2 applications.
//
//	app := fiber.New()
//	app.Use(fiberwechat.Require())
//	app.Get("/me", func(c *fiber.Ctx) error { return c.JSON(fiberwechat.User(c)) })
//
// A thin adapter; see package core. It decides how a request of fiber becomes a core.Request
// and how a core.Outcome is written. It never decides who is logged in or what a visitor
// sees. Of this module it imports core only.
package fiberwechat

import (
	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core"
)

// What routes ask for, from package core, so that a plain program imports one package.
const (
	Silent     = core.Silent
	Prompt     = core.Prompt
	MustFollow = core.MustFollow
)

// Key is where fiber's own store holds the *core.User: c.Locals(Key). It holds nil for
// an anonymous visitor.
const Key = core.UserKey

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

// User is the logged-in user; nil for an anonymous visitor, behind Optional or a Skip.
// It panics where neither Require nor Optional ran.
func User(c *fiber.Ctx) *core.User {
	if user, ok := core.FromContext(c.UserContext()); ok {
		return user
	}
	return core.MustFromContext(c.Context())
}

func guard(mode core.Mode, options []core.Option) fiber.Handler {
	gate := core.NewGate(mode, options...)
	refusePrefork(gate)
	return func(c *fiber.Ctx) error {
		// The user's context, not fasthttp's: that one is reused after the request.
		ctx := c.UserContext()
		out := known(ctx, gate, c)
		if out == nil {
			out = gate.Handle(ctx, request(c))
		}
		out.AddTo(response{c})
		if out.Status != 0 {
			c.Status(out.Status).Response().SetBodyRaw(out.Body)
			drain(c)
			return nil
		}
		c.SetUserContext(out.Context)
		c.Locals(core.ContextKey, out.Context)
		if user, ok := core.FromContext(out.Context); ok {
			c.Locals(Key, user)
		} else {
			c.Locals(Key, nil) // no *core.User that is nil: it would not equal nil
		}
		err := c.Next()
		complete(c, out)
		drainBehindHandler(c)
		return err
	}
}

// refusePrefork panics in the first process that fiber's Prefork has started: each would
// keep sessions of its own, and a visitor would be logged in to one of them.
func refusePrefork(gate *core.Gate) {
	if fiber.IsChild() && gate.KeepsSessionsInProcess() {
		panic("wechat: fiber's Prefork starts several processes, and each would keep its own sessions in memory: " +
			"set Config.Sessions to a manager with a shared store, such as Redis, or switch Prefork off")
	}
}
