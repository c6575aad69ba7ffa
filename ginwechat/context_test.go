package ginwechat_test

import (
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/ginwechat"
)

func TestUploadsAreRemoved(t *testing.T) {
	r := gin.New()
	r.POST("/", ginwechat.Optional(setuptest.NewAuth(t)), func(c *gin.Context) { setuptest.Upload(c.Writer, c.Request) })
	setuptest.RemovesUploads(t, r)
}

func TestAHandlerUnderTestFindsItsUser(t *testing.T) {
	mei := &core.User{OpenID: "o-mei"}
	for rule, c := range map[string]func(*gin.Context){
		"core.WithUser in the request's context": func(c *gin.Context) {
			r := httptest.NewRequest("GET", "/me", nil)
			c.Request = r.WithContext(core.WithUser(r.Context(), mei))
		},
		"c.Set without a request": func(c *gin.Context) { c.Set(ginwechat.Key, mei) },
	} {
		ctx, _ := gin.CreateTestContext(httptest.NewRecorder())
		c(ctx)
		if got := ginwechat.User(ctx); got != mei {
			t.Errorf("rule: %s is found: %v", rule, got)
		}
	}
}

// Middleware outside finds gin's own writer again, also behind a handler that wrote
// nothing.
func TestTheWriterIsGivenBack(t *testing.T) {
	auth, cookie := setuptest.LoggedIn(t)
	var before, behind, after gin.ResponseWriter
	r := gin.New()
	r.Use(func(c *gin.Context) { before = c.Writer; c.Next(); after = c.Writer })
	r.GET("/", ginwechat.Require(auth), func(c *gin.Context) { behind = c.Writer })
	q := httptest.NewRequest("GET", "/", nil)
	q.Header.Set("Cookie", cookie)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, q)
	if before != after || behind == before || behind == nil || w.Header().Get("Cache-Control") != "private, no-cache" {
		t.Errorf("rule: the writer is the gate's for the handler alone: %T, %T, %T, %v", before, behind, after, w.Header())
	}
}
