package fiberwechat_test

import (
	"bufio"
	"bytes"
	"net"
	"net/http"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/fiberwechat"
)

// adapter is what the suite's app is built with: the real one, or a broken one.
type adapter struct {
	require, optional, login, logout func(...core.Option) fiber.Handler
	wrap                             func(http.Handler) fiber.Handler
}

var sound = adapter{fiberwechat.Require, fiberwechat.Optional, fiberwechat.Login, fiberwechat.Logout, adaptor.HTTPHandler}

// app has the routes of adaptertest.App. Fiber asks its handlers in the order in
// which they were added, so the routes on their own come first. The app's
// configuration is fiber's default: what it trusts, everybody trusts.
func (a adapter) app(k *adaptertest.Kit) (string, func(), error) {
	require, prompt := a.require(k.Options()...), a.require(k.Options(fiberwechat.Prompt)...)

	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Use(outer(k))
	apart := app.Group("/apart")
	apart.Get("/route", require, handler(k)).Post("/route", require, handler(k))
	twice := a.require(k.Options()...)
	apart.Get("/twice", require, twice, handler(k)).Post("/twice", require, twice, handler(k))
	apart.Get("/profile", prompt, handler(k))
	apart.Get("/optional", a.optional(k.Options()...), handler(k))
	apart.Get("/skipped", require, handler(k))
	apart.Get("/members", a.require(k.Members()...), handler(k))
	apart.Get("/stream", require, stream(k))
	group := apart.Group("/group", require)
	group.Get("/*", handler(k)).Post("/*", handler(k))
	app.All("/push", a.wrap(k.Push()))
	app.All("/login", a.login(k.Options()...))
	app.All("/logout", a.logout(k.Options()...))

	app.Use(require)
	app.All("/engine/*", handler(k))
	app.Get("/profile", prompt, handler(k))

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = app.Listener(listener)
	}()
	stop := func() {
		_ = app.Shutdown()
		<-ended
	}
	return "http://" + listener.Addr().String(), stop, nil
}

func outer(k *adaptertest.Kit) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.SetUserContext(k.Context(c.UserContext()))
		for name, values := range k.Header() {
			for _, value := range values {
				c.Response().Header.Add(name, value)
			}
		}
		return c.Next()
	}
}

func handler(k *adaptertest.Kit) fiber.Handler {
	return func(c *fiber.Ctx) error {
		return c.Send(k.Serve(adaptertest.Seen{
			Context: c.UserContext(),
			User:    func() *core.User { return fiberwechat.User(c) },
			Native:  func() any { return c.Locals(fiberwechat.Key) },
			Method:  string(c.Request().Header.Method()), Target: string(c.Request().Header.RequestURI()),
			Body: bytes.Clone(c.Body()),
		}))
	}
}

func stream(k *adaptertest.Kit) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Context().SetBodyStreamWriter(func(w *bufio.Writer) { k.Stream(w, w.Flush) })
		return nil
	}
}
