package ginwechat_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/ginwechat"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

// adapter is what the suite's app is built with: the real one, or a broken one.
type adapter struct {
	require, optional, login, logout func(...core.Option) gin.HandlerFunc
	wrap                             func(http.Handler) gin.HandlerFunc
}

var sound = adapter{ginwechat.Require, ginwechat.Optional, ginwechat.Login, ginwechat.Logout, gin.WrapH}

// app has the routes of adaptertest.App. In gin a route is guarded by what was
// used before it was added, so the routes on their own come first.
func (a adapter) app(h *adaptertest.Harness) (string, func(), error) {
	require, prompt := a.require(h.Options()...), a.require(h.Options(ginwechat.Prompt)...)
	getAndPost := []string{"GET", "POST"}

	r := gin.New()
	r.Use(outer(h))
	apart := r.Group("/apart")
	apart.Match(getAndPost, "/route", require, handler(h))
	apart.Match(getAndPost, "/twice", require, a.require(h.Options()...), handler(h))
	apart.GET("/profile", prompt, handler(h))
	apart.GET("/optional", a.optional(h.Options()...), handler(h))
	apart.GET("/skipped", require, handler(h))
	apart.GET("/members", a.require(h.MembersOptions()...), handler(h))
	apart.GET("/stream", require, stream(h))
	group := apart.Group("/group")
	group.Use(require)
	group.Match(getAndPost, "/*rest", handler(h))
	r.Any("/push", a.wrap(h.PushHandler()))
	r.Any("/login", a.login(h.Options()...))
	r.Any("/logout", a.logout(h.Options()...))

	r.Use(require)
	r.Any("/engine/*rest", handler(h))
	r.GET("/profile", prompt, handler(h))

	server := httptest.NewServer(r)
	return server.URL, server.Close, nil
}

func outer(h *adaptertest.Harness) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Request = c.Request.WithContext(h.Context(c.Request.Context()))
		for name, values := range h.Header() {
			for _, value := range values {
				c.Writer.Header().Add(name, value)
			}
		}
		c.Next()
	}
}

func handler(h *adaptertest.Harness) gin.HandlerFunc {
	return func(c *gin.Context) {
		body, err := io.ReadAll(c.Request.Body)
		if err != nil {
			panic(err)
		}
		c.Data(200, "application/json", h.Serve(adaptertest.Seen{
			Context: c.Request.Context(),
			User:    func() *core.User { return ginwechat.User(c) },
			Native:  func() any { user, _ := c.Get(ginwechat.Key); return user },
			Method:  c.Request.Method, Target: c.Request.RequestURI, Body: body,
		}))
	}
}

func stream(h *adaptertest.Harness) gin.HandlerFunc {
	return func(c *gin.Context) {
		h.Stream(c.Writer, func() error { c.Writer.Flush(); return nil })
	}
}
