package fiber3wechat_test

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/example/frameworks/fiber3wechat"
	"github.com/seed467724c4/wechat/example/frameworks/internal/suite"
)

func TestMain(m *testing.M) {
	suite.WaitTogether()
	os.Exit(m.Run())
}

// adapter is what the suite's app is built with: the real adapter, or a faulty one.
type adapter struct {
	setuptest.Adapter[fiber.Handler, fiber.Handler]
}

var sound = adapter{setuptest.Adapter[fiber.Handler, fiber.Handler]{
	Require: fiber3wechat.Require, Optional: fiber3wechat.Optional, Login: fiber3wechat.Login, Logout: fiber3wechat.Logout,
}}

// app has fiber's default configuration, because most apps have it.
func (a adapter) app(h *adaptertest.Harness) (string, func(), error) {
	return a.configured(fiber.Config{})(h)
}

// configured has the routes of adaptertest.App. Fiber calls handlers in the order in
// which they were added, so the routes with a gate of their own come first.
func (a adapter) configured(config fiber.Config) adaptertest.App {
	return func(h *adaptertest.Harness) (string, func(), error) {
		require, prompt := a.Require(h.Options()...), a.Require(h.Options(fiber3wechat.Prompt)...)
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
		app.All("/push", adaptor.HTTPHandler(h.PushHandler()))
		app.All("/wechat/screen", adaptor.HTTPHandler(h.ScreensHandler()))
		app.All("/login", a.Login(h.Options()...))
		app.All("/logout", a.Logout(h.Options()...))

		app.Use(require)
		app.All("/engine/*", handler(h))
		app.Get("/profile", prompt, handler(h))
		return listen(app)
	}
}

func listen(app *fiber.App) (string, func(), error) {
	return setuptest.Listen(func(l net.Listener) error {
		return app.Listener(l, fiber.ListenConfig{DisableStartupMessage: true})
	}, app.Shutdown)
}

func outer(h *adaptertest.Harness) fiber.Handler {
	return func(c fiber.Ctx) error {
		c.SetContext(h.Context(c.Context()))
		setuptest.AddHeader(h.Header(), c.Response().Header.Add)
		return c.Next()
	}
}

func handler(h *adaptertest.Harness) fiber.Handler {
	return func(c fiber.Ctx) error {
		return c.Send(h.Serve(adaptertest.Seen{
			Context:  c.Context(),
			User:     func() *core.User { return fiber3wechat.User(c) },
			Native:   func() any { return c.Locals(fiber3wechat.Key) },
			Contexts: []context.Context{c, c.RequestCtx()},
			Header:   responseHeader{c}, Reset: c.Response().Reset,
			Method: string(c.Request().Header.Method()), Target: string(c.Request().Header.RequestURI()),
			Body: bytes.Clone(c.Body()),
		}))
	}
}

// responseHeader is the response's headers, as the suite's handlers change them.
type responseHeader struct{ c fiber.Ctx }

func (r responseHeader) Add(name, value string) { r.c.Response().Header.Add(name, value) }
func (r responseHeader) Set(name, value string) { r.Del(name); r.c.Set(name, value) }
func (r responseHeader) Del(name string)        { r.c.Response().Header.Del(name) }
func (r responseHeader) Values(name string) (values []string) {
	for key, value := range r.c.Response().Header.All() {
		if http.CanonicalHeaderKey(string(key)) == name {
			values = append(values, string(value))
		}
	}
	return values
}

func stream(h *adaptertest.Harness) fiber.Handler {
	return func(c fiber.Ctx) error {
		return c.SendStreamWriter(func(w *bufio.Writer) { h.Stream(w, w.Flush) })
	}
}
