package nethttp_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"

	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/nethttp"
)

// Not parallel: environment and default instance belong to the process.
func TestSetUpWithoutAnInstancePanicsWithEveryWayOut(t *testing.T) { sound.PanicsWithoutInstance(t) }

// Not parallel, for the same reason.
func TestTheDefaultInstanceComesFromTheEnvironment(t *testing.T) {
	setuptest.UsesTheEnvironment(t, func() setuptest.Ask { return guarded(nethttp.Require()) })
}

func TestARequestMadeByHandHasATarget(t *testing.T) {
	setuptest.TakesRequestsMadeByHand(t, guarded(nethttp.Require(setuptest.NewAuth(t))))
}

func TestUserWithoutAGatePanicsWithTheFix(t *testing.T) {
	setuptest.UserPanics(t, func() { nethttp.User(httptest.NewRequest("GET", "/", nil)) })
}

// guarded is an app with nothing but a gate.
func guarded(gate middleware) setuptest.Ask {
	app := gate(http.NotFoundHandler())
	return func(r *http.Request) (int, http.Header) {
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		return w.Code, w.Header()
	}
}

func TestNoFrameworkComesAlong(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range bytes.Lines(out) {
		for _, foreign := range []string{"gin-gonic", "gofiber", "valyala", "redis"} {
			if bytes.Contains(line, []byte(foreign)) {
				t.Errorf("net/http users would build %s", bytes.TrimSpace(line))
			}
		}
	}
}
