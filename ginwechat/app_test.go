package ginwechat_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/ginwechat"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

// adapter is what the suite's app is built with: the real adapter, or a faulty one.
type adapter struct {
	setuptest.Adapter[gin.HandlerFunc, gin.HandlerFunc]
	mountHTTP func(http.Handler) gin.HandlerFunc // for a handler of net/http
}

var sound = adapter{
	setuptest.Adapter[gin.HandlerFunc, gin.HandlerFunc]{
		Require: ginwechat.Require, Optional: ginwechat.Optional, Login: ginwechat.Login, Logout: ginwechat.Logout,
	}, gin.WrapH,
}

// app has the routes of adaptertest.App. In gin a middleware guards the routes that are
// added after it, so the routes with a gate of their own come first.
func (a adapter) app(h *adaptertest.Harness) (string, func(), error) {
	require, prompt := a.Require(h.Options()...), a.Require(h.Options(ginwechat.Prompt)...)
	getAndPost := []string{"GET", "POST"}

	r := gin.New()
	r.Use(outer(h))
	apart := r.Group("/apart")
	apart.Match(getAndPost, "/route", require, handler(h))
	apart.Match(getAndPost, "/twice", require, a.Require(h.Options()...), handler(h))
	apart.GET("/profile", prompt, handler(h))
	apart.GET("/optional", a.Optional(h.Options()...), handler(h))
	apart.GET("/skipped", require, handler(h))
	apart.GET("/members", a.Require(h.MembersOptions()...), handler(h))
	apart.GET("/stream", require, stream(h))
	group := apart.Group("/group")
	group.Use(require)
	group.Match(getAndPost, "/*rest", handler(h))
	r.Any("/push", a.mountHTTP(h.PushHandler()))
	r.Any("/wechat/screen", a.mountHTTP(h.ScreensHandler()))
	r.Any("/login", a.Login(h.Options()...))
	r.Any("/logout", a.Logout(h.Options()...))

	r.Use(require)
	r.Any("/engine/*rest", handler(h))
	r.GET("/profile", prompt, handler(h))

	server := httptest.NewServer(r)
	return server.URL, server.Close, nil
}

func outer(h *adaptertest.Harness) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Request = c.Request.WithContext(h.Context(c.Request.Context()))
		setuptest.AddHeader(h.Header(), c.Writer.Header().Add)
		c.Next()
	}
}

func handler(h *adaptertest.Harness) gin.HandlerFunc {
	return func(c *gin.Context) {
		setuptest.Serve(h, c.Writer, c.Request,
			func() *core.User { return ginwechat.User(c) },
			func() any { user, _ := c.Get(ginwechat.Key); return user }, c, c.Copy())
	}
}

func stream(h *adaptertest.Harness) gin.HandlerFunc {
	return func(c *gin.Context) {
		h.Stream(c.Writer, func() error { c.Writer.Flush(); return nil })
	}
}
