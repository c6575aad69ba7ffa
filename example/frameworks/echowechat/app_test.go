package echowechat_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/example/frameworks/echowechat"
	"github.com/seed467724c4/wechat/example/frameworks/internal/suite"
)

func TestMain(m *testing.M) {
	suite.WaitTogether()
	os.Exit(m.Run())
}

// adapter is what the suite's app is built with: the real adapter, or a faulty one.
type adapter struct {
	setuptest.Adapter[echo.MiddlewareFunc, echo.HandlerFunc]
}

var sound = adapter{setuptest.Adapter[echo.MiddlewareFunc, echo.HandlerFunc]{
	Require: echowechat.Require, Optional: echowechat.Optional, Login: echowechat.Login, Logout: echowechat.Logout,
}}

// app has the routes of adaptertest.App. A middleware of e.Use guards every route of an
// echo, so the routes with a gate of their own are taken out of it.
func (a adapter) app(h *adaptertest.Harness) (string, func(), error) {
	require, prompt := a.Require(h.Options()...), a.Require(h.Options(echowechat.Prompt)...)
	getAndPost := []string{"GET", "POST"}

	e := echo.New()
	e.Use(outer(h), exceptApart(require))
	apart := e.Group("/apart")
	apart.Match(getAndPost, "/route", handler(h), require)
	apart.Match(getAndPost, "/twice", handler(h), require, a.Require(h.Options()...))
	apart.GET("/profile", handler(h), prompt)
	apart.GET("/optional", handler(h), a.Optional(h.Options()...))
	apart.GET("/skipped", handler(h), require)
	apart.GET("/members", handler(h), a.Require(h.MembersOptions()...))
	apart.GET("/stream", stream(h), require)
	apart.Group("/group", require).Match(getAndPost, "/*", handler(h))
	e.Any("/push", echo.WrapHandler(h.PushHandler()))
	e.Any("/wechat/screen", echo.WrapHandler(h.ScreensHandler()))
	e.Any("/login", a.Login(h.Options()...))
	e.Any("/logout", a.Logout(h.Options()...))
	e.Any("/engine/*", handler(h))
	e.GET("/profile", handler(h), prompt)

	server := httptest.NewServer(e)
	return server.URL, server.Close, nil
}

func exceptApart(gate echo.MiddlewareFunc) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		guarded := gate(next)
		return func(c *echo.Context) error {
			switch path := c.Path(); {
			case strings.HasPrefix(path, "/apart/"), path == "/push", path == "/wechat/screen", path == "/login", path == "/logout":
				return next(c)
			}
			return guarded(c)
		}
	}
}

func outer(h *adaptertest.Harness) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			c.SetRequest(c.Request().WithContext(h.Context(c.Request().Context())))
			setuptest.AddHeader(h.Header(), c.Response().Header().Add)
			return next(c)
		}
	}
}

func handler(h *adaptertest.Harness) echo.HandlerFunc {
	return func(c *echo.Context) error {
		setuptest.Serve(h, c.Response(), c.Request(),
			func() *core.User { return echowechat.User(c) },
			func() any { return c.Get(echowechat.Key) })
		return nil
	}
}

func stream(h *adaptertest.Harness) echo.HandlerFunc {
	return func(c *echo.Context) error {
		h.Stream(c.Response(), http.NewResponseController(c.Response()).Flush)
		return nil
	}
}
