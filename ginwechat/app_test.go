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
func (a adapter) app(k *adaptertest.Kit) (string, func(), error) {
	require, prompt := a.require(k.Options()...), a.require(k.Options(ginwechat.Prompt)...)
	getAndPost := []string{"GET", "POST"}

	r := gin.New()
	r.Use(outer(k))
	apart := r.Group("/apart")
	apart.Match(getAndPost, "/route", require, handler(k))
	apart.Match(getAndPost, "/twice", require, a.require(k.Options()...), handler(k))
	apart.GET("/profile", prompt, handler(k))
	apart.GET("/optional", a.optional(k.Options()...), handler(k))
	apart.GET("/skipped", require, handler(k))
	apart.GET("/members", a.require(k.Members()...), handler(k))
	apart.GET("/stream", require, stream(k))
	group := apart.Group("/group")
	group.Use(require)
	group.Match(getAndPost, "/*rest", handler(k))
	r.Any("/push", a.wrap(k.Push()))
	r.Any("/login", a.login(k.Options()...))
	r.Any("/logout", a.logout(k.Options()...))

	r.Use(require)
	r.Any("/engine/*rest", handler(k))
	r.GET("/profile", prompt, handler(k))

	server := httptest.NewServer(r)
	return server.URL, server.Close, nil
}

func outer(k *adaptertest.Kit) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Request = c.Request.WithContext(k.Context(c.Request.Context()))
		for name, values := range k.Header() {
			for _, value := range values {
				c.Writer.Header().Add(name, value)
			}
		}
		c.Next()
	}
}

func handler(k *adaptertest.Kit) gin.HandlerFunc {
	return func(c *gin.Context) {
		body, err := io.ReadAll(c.Request.Body)
		if err != nil {
			panic(err)
		}
		c.Data(200, "application/json", k.Serve(adaptertest.Seen{
			Context: c.Request.Context(),
			User:    func() *core.User { return ginwechat.User(c) },
			Native:  func() any { user, _ := c.Get(ginwechat.Key); return user },
			Method:  c.Request.Method, Target: c.Request.RequestURI, Body: body,
		}))
	}
}

func stream(k *adaptertest.Kit) gin.HandlerFunc {
	return func(c *gin.Context) {
		k.Stream(c.Writer, func() error { c.Writer.Flush(); return nil })
	}
}
