package gfwechat_test

import (
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/gogf/gf/v2/net/ghttp"
	"github.com/gogf/gf/v2/os/glog"
	"github.com/gogf/gf/v2/util/guid"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/example/frameworks/gfwechat"
	"github.com/seed467724c4/wechat/example/frameworks/internal/suite"
)

func TestMain(m *testing.M) {
	suite.WaitTogether()
	os.Exit(m.Run())
}

// adapter is what the suite's app is built with: the real adapter, or a faulty one.
type adapter struct {
	setuptest.Adapter[ghttp.HandlerFunc, ghttp.HandlerFunc]
}

var sound = adapter{setuptest.Adapter[ghttp.HandlerFunc, ghttp.HandlerFunc]{
	Require: gfwechat.Require, Optional: gfwechat.Optional, Login: gfwechat.Login, Logout: gfwechat.Logout,
}}

// app has the routes of adaptertest.App. A middleware of s.Use guards every route of a
// server, so the routes with a gate of their own are taken out of it.
func (a adapter) app(h *adaptertest.Harness) (string, func(), error) {
	require, prompt := a.Require(h.Options()...), a.Require(h.Options(gfwechat.Prompt)...)
	return serve(func(s *ghttp.Server) {
		s.Use(outer(h), exceptApart(require))
		s.Group("/apart", func(apart *ghttp.RouterGroup) {
			getAndPost := func(path string, gates ...ghttp.HandlerFunc) {
				apart.Clone().Middleware(gates...).GET(path, handler(h))
				apart.Clone().Middleware(gates...).POST(path, handler(h))
			}
			getAndPost("/route", require)
			getAndPost("/twice", require, a.Require(h.Options()...))
			getAndPost("/group/*rest", require)
			apart.Clone().Middleware(prompt).GET("/profile", handler(h))
			apart.Clone().Middleware(a.Optional(h.Options()...)).GET("/optional", handler(h))
			apart.Clone().Middleware(require).GET("/skipped", handler(h))
			apart.Clone().Middleware(a.Require(h.MembersOptions()...)).GET("/members", handler(h))
			apart.Clone().Middleware(require).GET("/stream", stream(h))
		})
		s.BindHandler("/push", ghttp.WrapH(h.PushHandler()))
		s.BindHandler("/wechat/screen", ghttp.WrapH(h.ScreensHandler()))
		s.BindHandler("/login", a.Login(h.Options()...))
		s.BindHandler("/logout", a.Logout(h.Options()...))
		s.BindHandler("/engine/*rest", handler(h))
		s.Group("/profile").Middleware(prompt).GET("/", handler(h))
	})
}

// setUp guards GoFrame's list of routes that are not bound yet: it belongs to the process.
var setUp sync.Mutex

// serve starts an app on a free port.
func serve(routes func(*ghttp.Server)) (string, func(), error) {
	listener, baseURL, err := suite.Port()
	if err != nil {
		return "", nil, err
	}
	setUp.Lock()
	defer setUp.Unlock()
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

func exceptApart(gate ghttp.HandlerFunc) ghttp.HandlerFunc {
	return func(r *ghttp.Request) {
		switch path := r.URL.Path; {
		case strings.HasPrefix(path, "/apart/"), path == "/push", path == "/wechat/screen", path == "/login", path == "/logout":
			r.Middleware.Next()
		default:
			gate(r)
		}
	}
}

func outer(h *adaptertest.Harness) ghttp.HandlerFunc {
	return func(r *ghttp.Request) {
		r.SetCtx(h.Context(r.Context()))
		setuptest.AddHeader(h.Header(), r.Response.Header().Add)
		r.Middleware.Next()
	}
}

func handler(h *adaptertest.Harness) ghttp.HandlerFunc {
	return func(r *ghttp.Request) {
		setuptest.Serve(h, r.Response.BufferWriter, r.Request,
			func() *core.User { return gfwechat.User(r) },
			func() any { return r.GetCtxVar(gfwechat.Key).Val() })
	}
}

func stream(h *adaptertest.Harness) ghttp.HandlerFunc {
	return func(r *ghttp.Request) {
		h.Stream(r.Response.BufferWriter, func() error { r.Response.Flush(); return nil })
	}
}
