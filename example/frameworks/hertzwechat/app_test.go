package hertzwechat_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"
	"github.com/cloudwego/hertz/pkg/common/adaptor"
	"github.com/cloudwego/hertz/pkg/common/config"
	"github.com/cloudwego/hertz/pkg/common/hlog"
	"github.com/cloudwego/hertz/pkg/protocol/http1/resp"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/example/frameworks/hertzwechat"
	"github.com/seed467724c4/wechat/example/frameworks/internal/suite"
)

func TestMain(m *testing.M) {
	hlog.SetLevel(hlog.LevelFatal)
	suite.WaitTogether()
	os.Exit(m.Run())
}

// adapter is what the suite's app is built with: the real adapter, or a faulty one.
type adapter struct {
	setuptest.Adapter[app.HandlerFunc, app.HandlerFunc]
}

var sound = adapter{setuptest.Adapter[app.HandlerFunc, app.HandlerFunc]{
	Require: hertzwechat.Require, Optional: hertzwechat.Optional, Login: hertzwechat.Login, Logout: hertzwechat.Logout,
}}

func (a adapter) app(h *adaptertest.Harness) (string, func(), error) { return a.configured()(h) }

// configured has the routes of adaptertest.App. In hertz a middleware guards the routes
// that are added after it, so the routes with a gate of their own come first.
func (a adapter) configured(options ...config.Option) adaptertest.App {
	return func(h *adaptertest.Harness) (string, func(), error) {
		require, prompt := a.Require(h.Options()...), a.Require(h.Options(hertzwechat.Prompt)...)
		return serve(func(s *server.Hertz) {
			s.Use(outer(h))
			apart := s.Group("/apart")
			for _, handle := range []func(string, ...app.HandlerFunc){ignore(apart.GET), ignore(apart.POST)} {
				handle("/route", require, handler(h))
				handle("/twice", require, a.Require(h.Options()...), handler(h))
				handle("/group/*rest", require, handler(h))
			}
			apart.GET("/profile", prompt, handler(h))
			apart.GET("/optional", a.Optional(h.Options()...), handler(h))
			apart.GET("/skipped", require, handler(h))
			apart.GET("/members", a.Require(h.MembersOptions()...), handler(h))
			apart.GET("/stream", require, stream(h))
			s.Any("/push", adaptor.HertzHandler(h.PushHandler()))
			s.Any("/wechat/screen", adaptor.HertzHandler(h.ScreensHandler()))
			s.Any("/login", a.Login(h.Options()...))
			s.Any("/logout", a.Logout(h.Options()...))

			s.Use(require)
			s.Any("/engine/*rest", handler(h))
			s.GET("/profile", prompt, handler(h))
		}, options...)
	}
}

func ignore[R any](add func(string, ...app.HandlerFunc) R) func(string, ...app.HandlerFunc) {
	return func(path string, handlers ...app.HandlerFunc) { add(path, handlers...) }
}

// serve starts an app on a free port.
func serve(routes func(*server.Hertz), options ...config.Option) (string, func(), error) {
	listener, baseURL, err := suite.Port()
	if err != nil {
		return "", nil, err
	}
	s := server.New(append([]config.Option{
		server.WithListener(listener), server.WithDisablePrintRoute(true), server.WithExitWaitTime(time.Second),
	}, options...)...)
	routes(s)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Run()
	}()
	return baseURL, func() {
		suite.Until(s.IsRunning)
		_ = s.Close()
		<-ended
	}, nil
}

func outer(h *adaptertest.Harness) app.HandlerFunc {
	return func(c context.Context, ctx *app.RequestContext) {
		setuptest.AddHeader(h.Header(), ctx.Response.Header.Add)
		ctx.Next(h.Context(c))
	}
}

func handler(h *adaptertest.Harness) app.HandlerFunc {
	return func(c context.Context, ctx *app.RequestContext) {
		ctx.Response.SetBody(h.Serve(adaptertest.Seen{
			Context: c,
			User:    func() *core.User { return hertzwechat.User(c) },
			Native:  func() any { return ctx.Value(hertzwechat.Key) },
			Header:  responseHeader{ctx}, Reset: ctx.Response.Reset,
			Method: string(ctx.Request.Header.Method()), Target: string(ctx.Request.Header.RequestURI()),
			Body: bytes.Clone(ctx.Request.Body()),
		}))
	}
}

// responseHeader is the response's headers, as the suite's handlers change them.
type responseHeader struct{ ctx *app.RequestContext }

func (r responseHeader) Add(name, value string) { r.ctx.Response.Header.Add(name, value) }
func (r responseHeader) Set(name, value string) { r.Del(name); r.ctx.Response.Header.Set(name, value) }
func (r responseHeader) Del(name string)        { r.ctx.Response.Header.Del(name) }
func (r responseHeader) Values(name string) (values []string) {
	r.ctx.Response.Header.VisitAll(func(key, value []byte) {
		if http.CanonicalHeaderKey(string(key)) == name {
			values = append(values, string(value))
		}
	})
	return values
}

func stream(h *adaptertest.Harness) app.HandlerFunc {
	return func(_ context.Context, ctx *app.RequestContext) {
		ctx.Response.HijackWriter(resp.NewChunkedBodyWriter(&ctx.Response, ctx.GetWriter()))
		h.Stream(ctx, ctx.Flush)
	}
}
