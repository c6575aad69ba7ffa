package differ_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"
	"github.com/cloudwego/hertz/pkg/common/hlog"
	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"
	fiber3 "github.com/gofiber/fiber/v3"
	"github.com/gogf/gf/v2/net/ghttp"
	"github.com/gogf/gf/v2/os/glog"
	"github.com/gogf/gf/v2/util/guid"
	"github.com/labstack/echo/v5"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/example/frameworks/echowechat"
	"github.com/seed467724c4/wechat/example/frameworks/fiber3wechat"
	"github.com/seed467724c4/wechat/example/frameworks/gfwechat"
	"github.com/seed467724c4/wechat/example/frameworks/hertzwechat"
	"github.com/seed467724c4/wechat/example/frameworks/internal/suite"
	"github.com/seed467724c4/wechat/fiberwechat"
	"github.com/seed467724c4/wechat/ginwechat"
	"github.com/seed467724c4/wechat/nethttp"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	hlog.SetLevel(hlog.LevelFatal)
	os.Exit(m.Run())
}

// reference is what all others are compared with.
const reference = "net/http"

// apps are the same site on every framework: a gate on the whole app, and one handler for
// everything below /engine/, which says what it saw.
var apps = map[string]func(*core.Auth) (string, func(), error){
	reference: func(auth *core.Auth) (string, func(), error) {
		mux := http.NewServeMux()
		mux.HandleFunc("/engine/", func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			_, _ = io.WriteString(w, saw(nethttp.User(r), r.Method, r.RequestURI, body))
		})
		return std(nethttp.Require(auth)(mux))
	},
	"gin": func(auth *core.Auth) (string, func(), error) {
		r := gin.New()
		r.Use(ginwechat.Require(auth))
		r.Any("/engine/*rest", func(c *gin.Context) {
			body, _ := io.ReadAll(c.Request.Body)
			c.String(200, "%s", saw(ginwechat.User(c), c.Request.Method, c.Request.RequestURI, body))
		})
		return std(r)
	},
	"echo v5": func(auth *core.Auth) (string, func(), error) {
		e := echo.New()
		e.Use(echowechat.Require(auth))
		e.Any("/engine/*", func(c *echo.Context) error {
			body, _ := io.ReadAll(c.Request().Body)
			return c.String(200, saw(echowechat.User(c), c.Request().Method, c.Request().RequestURI, body))
		})
		return std(e)
	},
	"GoFrame": func(auth *core.Auth) (string, func(), error) {
		return goFrame(func(s *ghttp.Server) {
			s.Use(gfwechat.Require(auth))
			s.BindHandler("/engine/*rest", func(r *ghttp.Request) {
				body, _ := io.ReadAll(r.Body)
				r.Response.Header().Set("Content-Type", "text/plain; charset=utf-8")
				r.Response.Write(saw(gfwechat.User(r), r.Method, r.RequestURI, body))
			})
		})
	},
	"fiber v2": func(auth *core.Auth) (string, func(), error) {
		a := fiber.New(fiber.Config{DisableStartupMessage: true})
		a.Use(fiberwechat.Require(auth))
		a.All("/engine/*", func(c *fiber.Ctx) error {
			h := &c.Request().Header
			return c.SendString(saw(fiberwechat.User(c), string(h.Method()), string(h.RequestURI()), c.Body()))
		})
		return setuptest.Listen(a.Listener, a.Shutdown)
	},
	"fiber v3": func(auth *core.Auth) (string, func(), error) {
		a := fiber3.New()
		a.Use(fiber3wechat.Require(auth))
		a.All("/engine/*", func(c fiber3.Ctx) error {
			h := &c.Request().Header
			return c.SendString(saw(fiber3wechat.User(c), string(h.Method()), string(h.RequestURI()), c.Body()))
		})
		return fiberV3(a)
	},
	"hertz": func(auth *core.Auth) (string, func(), error) {
		return hertz(func(s *server.Hertz) {
			s.Use(hertzwechat.Require(auth))
			s.Any("/engine/*rest", func(c context.Context, ctx *app.RequestContext) {
				h := &ctx.Request.Header
				ctx.String(200, "%s", saw(hertzwechat.User(c), string(h.Method()), string(h.RequestURI()), ctx.Request.Body()))
			})
		})
	},
}

func std(h http.Handler) (string, func(), error) {
	s := httptest.NewServer(h)
	return s.URL, s.Close, nil
}

func fiberV3(a *fiber3.App) (string, func(), error) {
	return setuptest.Listen(func(l net.Listener) error {
		return a.Listener(l, fiber3.ListenConfig{DisableStartupMessage: true})
	}, a.Shutdown)
}

func hertz(routes func(*server.Hertz)) (string, func(), error) {
	listener, baseURL, err := suite.Port()
	if err != nil {
		return "", nil, err
	}
	s := server.New(server.WithListener(listener), server.WithDisablePrintRoute(true), server.WithExitWaitTime(time.Second))
	routes(s)
	go func() { _ = s.Run() }()
	return baseURL, func() { suite.Until(s.IsRunning); _ = s.Close() }, nil
}

func goFrame(routes func(*ghttp.Server)) (string, func(), error) {
	listener, baseURL, err := suite.Port()
	if err != nil {
		return "", nil, err
	}
	s := ghttp.GetServer(guid.S())
	s.SetDumpRouterMap(false)
	s.SetErrorLogEnabled(false)
	quiet := glog.New()
	quiet.SetStdoutPrint(false)
	s.SetLogger(quiet)
	if err := s.SetListener(listener); err != nil {
		return "", nil, err
	}
	routes(s)
	return baseURL, func() { _ = s.Shutdown() }, s.Start()
}

func saw(user *core.User, method, target string, body []byte) string {
	return fmt.Sprintf("PASS %t %s %s %q", user != nil, method, target, body)
}
