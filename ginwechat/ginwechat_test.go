package ginwechat_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/ginwechat"
)

func TestContract(t *testing.T) { adaptertest.Run(t, sound.app) }

// An error middleware writes an answer of its own when c.Errors is not empty.
func TestNoErrorMiddlewareWritesBehindAnAnswer(t *testing.T) {
	reported := errors.New("outside, says the app")
	for rule, c := range map[string]struct {
		onError *core.Outcome
		errors  int
		body    string
	}{
		"an answer of the library's own is complete":          {nil, 0, `data-page="outside"`},
		"an error that the app puts into its answer is gin's": {&core.Outcome{Status: 403, Err: reported}, 1, `{"error":"outside, says the app"}`},
		"without an error gin hears nothing":                  {&core.Outcome{Status: 403, Body: []byte("own")}, 0, "own"},
		"an answer without a body is not an empty one":        {&core.Outcome{Status: 302, Header: http.Header{"Location": {"/"}}}, 0, ""},
	} {
		var got []*gin.Error
		r := gin.New()
		r.Use(func(c *gin.Context) {
			c.Next()
			if got = c.Errors; len(got) > 0 {
				c.JSON(c.Writer.Status(), gin.H{"error": got[0].Error()})
			}
		})
		own := core.OnError(func(context.Context, *core.Request, error) *core.Outcome { return c.onError })
		r.GET("/", ginwechat.Require(setuptest.NewAuth(t), own), func(*gin.Context) { t.Error("the handler ran") })
		w := httptest.NewRecorder()
		outside := httptest.NewRequest("GET", "/", nil)
		outside.Header.Set("Accept", "text/html")
		r.ServeHTTP(w, outside)
		if len(got) != c.errors || !strings.Contains(w.Body.String(), c.body) || strings.Contains(w.Body.String(), `{"error"`) != (c.errors > 0) {
			t.Errorf("rule: %s\ngot: errors %v, %d with %.300s", rule, got, w.Code, w.Body)
		}
	}
}
