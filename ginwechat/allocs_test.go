package ginwechat_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/ginwechat"
)

// Beside the user's context and net/http's copy of the request, gin's own store
// costs a map.
func TestALoggedInRequestAllocatesFourTimes(t *testing.T) {
	auth, cookie, stop, err := adaptertest.LoggedIn()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
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
	least := 100.0
	for range 50 { // gin's pool may be empty now and then, always so under the race detector
		least = min(least, testing.AllocsPerRun(1, func() {
			clear(w.Header())
			engine.ServeHTTP(w, r)
		}))
	}
	if least > 4 || seen != 100 {
		t.Errorf("at most 4 allocations: %v, %d seen", least, seen)
	}
}
