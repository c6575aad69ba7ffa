package ginwechat_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/ginwechat"
)

// The allocations are the context with the user, net/http's copy of the request and
// the map of gin's own store.
func TestALoggedInRequestAllocatesFourTimes(t *testing.T) {
	auth, cookie := setuptest.LoggedIn(t)
	seen := 0
	engine := gin.New()
	engine.GET("/me", ginwechat.Require(auth, ginwechat.Prompt), func(c *gin.Context) {
		if c.MustGet(ginwechat.Key) == ginwechat.User(c) && ginwechat.User(c).Nickname != "" {
			seen++
		}
	})
	r, _ := http.NewRequest("GET", "http://127.0.0.1/me?x=1", nil)
	r.RequestURI = "/me?x=1"
	r.Header = http.Header{"Cookie": {"a=1; b=2; " + cookie}}
	w := httptest.NewRecorder()
	n := setuptest.Allocations(func() {
		clear(w.Header())
		engine.ServeHTTP(w, r)
	})
	if n > 4 || seen != setuptest.AllocRuns {
		t.Errorf("rule: a logged-in request allocates at most 4 times\ngot: %v times, the handler saw the user %d times", n, seen)
	}
}
