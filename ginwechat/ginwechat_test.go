package ginwechat_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/ginwechat"
)

func TestContract(t *testing.T) { adaptertest.Run(t, sound.app) }

func TestTheWriterIsNotWrapped(t *testing.T) {
	auth := setuptest.NewAuth(t)
	var before, behind gin.ResponseWriter
	r := gin.New()
	r.GET("/", func(c *gin.Context) { before = c.Writer }, ginwechat.Optional(auth), func(c *gin.Context) { behind = c.Writer })
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	if before == nil || before != behind {
		t.Errorf("the handler writes to a %T, want gin's own writer", behind)
	}
}

// Loggers and tracers of gin apps read c.Errors.
func TestErrorsReachGin(t *testing.T) {
	var got []*gin.Error
	r := gin.New()
	r.Use(func(c *gin.Context) { c.Next(); got = c.Errors })
	r.GET("/", ginwechat.Require(setuptest.NewAuth(t)), func(*gin.Context) { t.Error("the handler ran") })
	w := httptest.NewRecorder()
	outside := httptest.NewRequest("GET", "/", nil)
	outside.Header.Set("Accept", "text/html")
	r.ServeHTTP(w, outside)
	if w.Code != http.StatusForbidden || len(got) != 1 || !errors.Is(got[0].Err, core.ErrOutside) {
		t.Errorf("%d with errors %v, want 403 with core.ErrOutside", w.Code, got)
	}
}
