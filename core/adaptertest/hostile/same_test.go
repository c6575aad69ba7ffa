package hostile_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/hostile"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/fiberwechat"
	"github.com/seed467724c4/wechat/ginwechat"
	"github.com/seed467724c4/wechat/nethttp"
)

// Status, Location, cookies, headers and body of every answer of the library are the
// same with all three adapters. Here the gates have no option except their instance, as
// in most apps.
func TestTheThreeAdaptersAnswerTheSame(t *testing.T) {
	apps := []struct {
		name string
		app  adaptertest.App
	}{{"net/http", overNetHTTP}, {"gin", overGin}, {"fiber", overFiber}}
	var first *hostile.Transcript
	for i, a := range apps {
		var record *hostile.Transcript
		t.Run(a.name, func(t *testing.T) { record = hostile.Record(t, a.app) })
		if i == 0 {
			first = record
			continue
		}
		same, differences := hostile.Compare(first, record)
		framework := 0
		for _, d := range differences {
			if d.Framework {
				framework++
				continue
			}
			t.Errorf("%s answers differently from %s: %s:\n%s\nbut\n%s", a.name, apps[0].name, d.Case, d.One, d.Other)
		}
		if same < 600 {
			t.Errorf("%s: only %d cases could be compared", a.name, same)
		}
		t.Logf("%s: %d cases the same as over %s, %d left to the frameworks", a.name, same, apps[0].name, framework)
	}
}

// plain are the options of most apps: the instance and perhaps a scope.
func plain(h *adaptertest.Harness, more ...core.Option) []core.Option {
	return append(h.Options()[:1:1], more...)
}

func serve(h *adaptertest.Harness) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		setuptest.Serve(h, w, r, func() *core.User { return nethttp.User(r) }, nil)
	}
}

func overNetHTTP(h *adaptertest.Harness) (string, func(), error) {
	require, prompt := nethttp.Require(plain(h)...), nethttp.Require(plain(h, nethttp.Prompt)...)
	whole := http.NewServeMux()
	whole.Handle("/engine/", serve(h))
	whole.Handle("/profile", prompt(serve(h)))
	guarded := require(whole)
	apart := http.NewServeMux()
	apart.Handle("/apart/profile", prompt(serve(h)))
	apart.Handle("/apart/twice", require(require(serve(h))))
	apart.Handle("/apart/optional", nethttp.Optional(plain(h)...)(serve(h)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/apart/") {
			apart.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	}))
	return server.URL, server.Close, nil
}

func overGin(h *adaptertest.Harness) (string, func(), error) {
	gin.SetMode(gin.ReleaseMode)
	require, prompt := ginwechat.Require(plain(h)...), ginwechat.Require(plain(h, ginwechat.Prompt)...)
	handler := func(c *gin.Context) { serve(h)(c.Writer, c.Request) }
	r := gin.New()
	r.GET("/apart/profile", prompt, handler)
	r.GET("/apart/twice", require, require, handler)
	r.GET("/apart/optional", ginwechat.Optional(plain(h)...), handler)
	r.Use(require)
	r.Any("/engine/*rest", handler)
	r.GET("/profile", prompt, handler)
	server := httptest.NewServer(r)
	return server.URL, server.Close, nil
}

func overFiber(h *adaptertest.Harness) (string, func(), error) {
	require, prompt := fiberwechat.Require(plain(h)...), fiberwechat.Require(plain(h, fiberwechat.Prompt)...)
	handler := func(c *fiber.Ctx) error {
		return c.Send(h.Serve(adaptertest.Seen{
			Context: c.UserContext(), User: func() *core.User { return fiberwechat.User(c) },
			Method: string(c.Request().Header.Method()), Target: string(c.Request().Header.RequestURI()), Body: bytes.Clone(c.Body()),
		}))
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/apart/profile", prompt, handler)
	app.Get("/apart/twice", require, require, handler)
	app.Get("/apart/optional", fiberwechat.Optional(plain(h)...), handler)
	app.Use(require)
	app.All("/engine/*", handler)
	app.Get("/profile", prompt, handler)
	return setuptest.Listen(app.Listener, app.Shutdown)
}
