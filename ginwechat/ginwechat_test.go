package ginwechat_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/ginwechat"
)

func TestContract(t *testing.T) { adaptertest.Run(t, sound.app) }

func TestTheWriterIsNotWrapped(t *testing.T) {
	auth := newAuth(t)
	var before, behind gin.ResponseWriter
	r := gin.New()
	r.GET("/", func(c *gin.Context) { before = c.Writer }, ginwechat.Optional(auth), func(c *gin.Context) { behind = c.Writer })
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	if before == nil || before != behind {
		t.Errorf("the handler writes to a %T, want gin's own writer", behind)
	}
}

// Loggers and tracers read c.Errors.
func TestErrorsReachGin(t *testing.T) {
	var got []*gin.Error
	r := gin.New()
	r.Use(func(c *gin.Context) { c.Next(); got = c.Errors })
	r.GET("/", ginwechat.Require(newAuth(t)), func(*gin.Context) { t.Error("the handler ran") })
	w := httptest.NewRecorder()
	outside := httptest.NewRequest("GET", "/", nil)
	outside.Header.Set("Accept", "text/html")
	r.ServeHTTP(w, outside)
	if w.Code != http.StatusForbidden || len(got) != 1 || !errors.Is(got[0].Err, core.ErrOutside) {
		t.Errorf("%d with errors %v, want 403 with core.ErrOutside", w.Code, got)
	}
}

func TestARequestMadeByHandHasATarget(t *testing.T) {
	r := gin.New()
	r.GET("/*all", ginwechat.Require(newAuth(t)))
	byHand, err := http.NewRequest("GET", "http://app.example.com/a%2Fb?x=%zz", nil)
	if err != nil {
		t.Fatal(err)
	}
	byHand.Header.Set("User-Agent", "MicroMessenger")
	byHand.Header.Set("Accept", "text/html")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, byHand)
	if want := "redirect_uri=http%3A%2F%2Fapp.example.com%2Fa%252Fb%3Fx%3D%25zz&"; !strings.Contains(w.Header().Get("Location"), want) {
		t.Errorf("%d to %q, want %s in it", w.Code, w.Header().Get("Location"), want)
	}
}

func TestUserWithoutAGatePanicsWithTheFix(t *testing.T) {
	got := panicOf(func() {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest("GET", "/", nil)
		ginwechat.User(c)
	})
	for _, want := range []string{"Require", "Optional", "mount one"} {
		if !strings.Contains(got, want) {
			t.Errorf("the panic is %q, want %q in it", got, want)
		}
	}
}
