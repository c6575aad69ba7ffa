package fiberwechat_test

import (
	"bufio"
	"bytes"
	"context"
	"net/http"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/fiberwechat"
)

// adapter is what the suite's app is built with: the real adapter, or a faulty one.
type adapter struct {
	setuptest.Adapter[fiber.Handler, fiber.Handler]
	mountHTTP func(http.Handler) fiber.Handler // for a handler of net/http
}

var sound = adapter{
	setuptest.Adapter[fiber.Handler, fiber.Handler]{
		Require: fiberwechat.Require, Optional: fiberwechat.Optional, Login: fiberwechat.Login, Logout: fiberwechat.Logout,
	}, adaptor.HTTPHandler,
}

// app has fiber's default configuration, because most apps have it.
func (a adapter) app(h *adaptertest.Harness) (string, func(), error) {
	return a.configured(fiber.Config{})(h)
}

// configured has the routes of adaptertest.App. Fiber calls handlers in the order in
// which they were added, so the routes with a gate of their own come first.
func (a adapter) configured(config fiber.Config) adaptertest.App {
	return func(h *adaptertest.Harness) (string, func(), error) { return a.serve(config, h) }
}

func (a adapter) serve(config fiber.Config, h *adaptertest.Harness) (string, func(), error) {
	require, prompt := a.Require(h.Options()...), a.Require(h.Options(fiberwechat.Prompt)...)

	config.DisableStartupMessage = true
	app := fiber.New(config)
	app.Use(outer(h))
	apart := app.Group("/apart")
	apart.Get("/route", require, handler(h)).Post("/route", require, handler(h))
	twice := a.Require(h.Options()...)
	apart.Get("/twice", require, twice, handler(h)).Post("/twice", require, twice, handler(h))
	apart.Get("/profile", prompt, handler(h))
	apart.Get("/optional", a.Optional(h.Options()...), handler(h))
	apart.Get("/skipped", require, handler(h))
	apart.Get("/members", a.Require(h.MembersOptions()...), handler(h))
	apart.Get("/stream", require, stream(h))
	group := apart.Group("/group", require)
	group.Get("/*", handler(h)).Post("/*", handler(h))
	app.All("/push", a.mountHTTP(h.PushHandler()))
	app.All("/wechat/screen", a.mountHTTP(h.ScreensHandler()))
	app.All("/login", a.Login(h.Options()...))
	app.All("/logout", a.Logout(h.Options()...))

	app.Use(require)
	app.All("/engine/*", handler(h))
	app.Get("/profile", prompt, handler(h))

	return setuptest.Listen(app.Listener, app.Shutdown)
}

func outer(h *adaptertest.Harness) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.SetUserContext(h.Context(c.UserContext()))
		setuptest.AddHeader(h.Header(), c.Response().Header.Add)
		return c.Next()
	}
}

func handler(h *adaptertest.Harness) fiber.Handler {
	return func(c *fiber.Ctx) error {
		return c.Send(h.Serve(adaptertest.Seen{
			Context:  c.UserContext(),
			User:     func() *core.User { return fiberwechat.User(c) },
			Native:   func() any { return c.Locals(fiberwechat.Key) },
			Contexts: []context.Context{c.Context()},
			Header:   responseHeader{c}, Reset: c.Response().Reset,
			Method: string(c.Request().Header.Method()), Target: string(c.Request().Header.RequestURI()),
			Body: bytes.Clone(c.Body()),
		}))
	}
}

// responseHeader is the response's headers, as the suite's handlers change them.
type responseHeader struct{ c *fiber.Ctx }

func (r responseHeader) Add(name, value string) { r.c.Response().Header.Add(name, value) }
func (r responseHeader) Set(name, value string) { r.Del(name); r.c.Set(name, value) }
func (r responseHeader) Del(name string)        { r.c.Response().Header.Del(name) }
func (r responseHeader) Values(name string) []string {
	var values []string
	for key, value := range r.c.Response().Header.All() {
		if string(key) == name {
			values = append(values, string(value))
		}
	}
	return values
}

func stream(h *adaptertest.Harness) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Context().SetBodyStreamWriter(func(w *bufio.Writer) { h.Stream(w, w.Flush) })
		return nil
	}
}
