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

func (n *node) fiber() (server, error) {
	app := fiber.New(fiber.Config{
		DisableStartupMessage: true,
		Prefork:               n.settings.prefork,
		ReadBufferSize:        16 << 10, // for the cookies and the long addresses of a login; default 4 KB
		ReadTimeout:           10 * time.Second,
		WriteTimeout:          30 * time.Second,
		IdleTimeout:           idleTime,
		ErrorHandler:          failed,
	})
	app.Use(recover.New(recover.Config{
		EnableStackTrace:  true,
		StackTraceHandler: func(_ *fiber.Ctx, value any) { n.site.Panicked(value) },
	}))
	show := func(page site.Page) fiber.Handler {
		return func(c *fiber.Ctx) error {
			for name, value := range site.Headers() {
				c.Set(name, value)
			}
			return c.Send(n.site.HTML(page, c.Get("Accept-Language"), fiberwechat.User(c)))
		}
	}
	app.Get("/healthz", func(c *fiber.Ctx) error {
		status, body := n.health(c.UserContext(), c.Query("full") == "1")
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		return c.Status(status).Send(body)
	})
	app.Get("/", fiberwechat.Optional(n.auth), show(site.Home))
	app.Get("/me", fiberwechat.Require(n.auth), show(site.Me))
	app.Get("/profile", fiberwechat.Require(n.auth, fiberwechat.Prompt), show(site.Profile))
	app.Get("/members", fiberwechat.Require(n.auth, fiberwechat.MustFollow), show(site.Members))
	app.Get("/api/me", fiberwechat.Require(n.auth, core.API()), func(c *fiber.Ctx) error {
		c.Set("Cache-Control", "no-store")
		return c.JSON(fiberwechat.User(c))
	})
	app.Get("/login", fiberwechat.Login(n.auth))
	app.Post("/logout", fiberwechat.Logout(n.auth))
	// Where phones open the code of a screen. It answers 404 without WECHAT_SCREEN_LOGIN=1.
	app.All("/wechat/screen", adaptor.HTTPHandler(n.auth.Screens()))
	if n.settings.wechat.LogoutEverywhere {
		// The session cookie is SameSite Lax, so forms of other sites come without it.
		app.Post("/logout/everywhere", fiberwechat.Require(n.auth), func(c *fiber.Ctx) error {
			if err := n.auth.LogoutEverywhere(c.UserContext(), fiberwechat.User(c).OpenID); err != nil {
				return fiber.ErrServiceUnavailable
			}
			return c.Redirect("/", fiber.StatusSeeOther)
		})
	}
	if push := n.site.Push(); push.Token != "" {
		messages, err := n.auth.PushHandler(push)
		if err != nil {
			return nil, err
		}
		app.All("/wechat/push", adaptor.HTTPHandler(messages))
	}
	return fiberServer{app, n.settings}, nil
}

// failed answers with the status alone: the text of an error or a panic is not for
// visitors.
func failed(c *fiber.Ctx, err error) error {
	status := fiber.StatusInternalServerError
	if known := (*fiber.Error)(nil); errors.As(err, &known) {
		status = known.Code
	}
	return c.SendStatus(status)
}

// fiberServer gives fiber's methods the names that net/http has for them.
type fiberServer struct {
	*fiber.App
	settings settings
}

// Serve takes no listener with Prefork: fiber's parent process and its children make
// their own. A limit of Prefork: as soon as one child has ended, the parent kills the
// others, and what they have under way is lost. Several processes with -share-port
// finish it.
func (s fiberServer) Serve(l net.Listener) error {
	if s.settings.prefork {
		return s.Listen(s.settings.addr)
	}
	return s.Listener(l)
}

func (s fiberServer) Shutdown(ctx context.Context) error { return s.ShutdownWithContext(ctx) }
