// Command fiber is a site with fiber that logs visitors in with WeChat.
//
//	go run ./example/fiber
//
// It listens on localhost:8080, or on ADDR. Without WECHAT_APP_ID a simulator
// plays WeChat, and any browser will do; with WECHAT_APP_ID, WECHAT_APP_SECRET
// and WECHAT_PUBLIC_URL it is WeChat itself. WECHAT_PUSH_TOKEN and
// WECHAT_ENCODING_AES_KEY are those of 服务器配置, whose address is /wechat/push.
// With WECHAT_SCREEN_LOGIN=1, desktop browsers log in through a phone.
package main

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/gofiber/fiber/v2/middleware/recover"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/example/internal/site"
	"github.com/seed467724c4/wechat/fiberwechat"
)

func main() { site.Main("fiber", server) }

func server(auth *core.Auth, s *site.Site) (site.Server, error) {
	app, err := app(auth, s)
	return listening{app}, err
}

func app(auth *core.Auth, s *site.Site) (*fiber.App, error) {
	app := fiber.New(fiber.Config{
		DisableStartupMessage: true,
		ReadBufferSize:        16 << 10, // for the cookies and the long addresses of a login; default 4 KB
		ReadTimeout:           10 * time.Second,
		WriteTimeout:          30 * time.Second,
		IdleTimeout:           time.Minute,
		ErrorHandler:          failed,
	})
	app.Use(logged(s), recover.New(recover.Config{
		EnableStackTrace:  true,
		StackTraceHandler: func(_ *fiber.Ctx, value any) { s.Panicked(value) },
	}))

	show := func(page site.Page) fiber.Handler {
		return func(c *fiber.Ctx) error {
			for name, value := range site.Headers() {
				c.Set(name, value)
			}
			return c.Send(s.HTML(page, c.Get("Accept-Language"), fiberwechat.User(c)))
		}
	}
	app.Get("/", fiberwechat.Optional(auth), show(site.Home))
	app.Get("/me", fiberwechat.Require(auth), show(site.Me))
	app.Get("/profile", fiberwechat.Require(auth, fiberwechat.Prompt), show(site.Profile))
	app.Get("/members", fiberwechat.Require(auth, fiberwechat.MustFollow), show(site.Members))
	app.Get("/api/me", fiberwechat.Require(auth, core.API()), func(c *fiber.Ctx) error {
		c.Set("Cache-Control", "no-store")
		return c.JSON(fiberwechat.User(c))
	})
	app.Get("/login", fiberwechat.Login(auth))
	app.Post("/logout", fiberwechat.Logout(auth))

	// Where phones open the code of a screen. It answers 404 without Config.ScreenLogin.
	app.All("/wechat/screen", adaptor.HTTPHandler(auth.Screens()))

	// Messages from WeChat tell MustFollow at once who follows and who leaves. Without
	// them it asks WeChat, and remembers the answer for up to 5 minutes.
	if push := s.Push(); push.Token != "" {
		messages, err := auth.PushHandler(push)
		if err != nil {
			return nil, err
		}
		app.All("/wechat/push", adaptor.HTTPHandler(messages))
	}
	return app, nil
}

// logged writes one line for every request. Errors are answered here: later, and
// the status would not be known yet.
func logged(s *site.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		began := time.Now()
		if err := c.Next(); err != nil {
			_ = failed(c, err)
		}
		s.Served(c.Method(), c.Path(), c.Response().StatusCode(), time.Since(began))
		return nil
	}
}

// failed answers with the status alone: the text of an error or a panic is not
// for visitors.
func failed(c *fiber.Ctx, err error) error {
	status := fiber.StatusInternalServerError
	if known := (*fiber.Error)(nil); errors.As(err, &known) {
		status = known.Code
	}
	return c.SendStatus(status)
}

// listening gives fiber's methods the names that net/http has for them.
type listening struct{ *fiber.App }

func (l listening) Serve(on net.Listener) error { return l.Listener(on) }

func (l listening) Shutdown(ctx context.Context) error { return l.ShutdownWithContext(ctx) }
