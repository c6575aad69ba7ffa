package ginwechat_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/ginwechat"
)

// Not parallel: environment and default instance belong to the process.
func TestSetUpWithoutAnInstancePanicsWithEveryWayOut(t *testing.T) { sound.PanicsWithoutInstance(t) }

// Not parallel, for the same reason.
func TestTheDefaultInstanceComesFromTheEnvironment(t *testing.T) {
	setuptest.UsesTheEnvironment(t, func() setuptest.Ask { return guarded(ginwechat.Require()) })
}

func TestARequestMadeByHandHasATarget(t *testing.T) {
	setuptest.TakesRequestsMadeByHand(t, guarded(ginwechat.Require(setuptest.NewAuth(t))))
}

func TestUserWithoutAGatePanicsWithTheFix(t *testing.T) {
	setuptest.UserPanics(t, func() {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest("GET", "/", nil)
		ginwechat.User(c)
	})
}

// guarded is an app with nothing but a gate.
func guarded(gate gin.HandlerFunc) setuptest.Ask {
	engine := gin.New()
	engine.Use(gate)
	return func(r *http.Request) (int, http.Header) {
		w := httptest.NewRecorder()
		engine.ServeHTTP(w, r)
		return w.Code, w.Header()
	}
}
