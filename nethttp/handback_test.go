package nethttp_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/nethttp"
)

// Metrics are counted by route: the middleware outside reads the pattern afterwards.
func TestThePatternReachesMiddlewareOutside(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") == "panic" {
			panic(http.ErrAbortHandler)
		}
	})
	guarded := nethttp.Optional(setuptest.NewAuth(t))(mux)
	for _, path := range []string{"/orders/7", "/orders/panic"} {
		r := httptest.NewRequest("GET", path, nil)
		func() {
			defer func() { _ = recover() }()
			guarded.ServeHTTP(httptest.NewRecorder(), r)
		}()
		if r.Pattern != "GET /orders/{id}" {
			t.Errorf("rule: the pattern of %s is the route's, a panic or not: %q", path, r.Pattern)
		}
	}
}

func TestUploadsAreRemoved(t *testing.T) {
	setuptest.RemovesUploads(t, nethttp.Optional(setuptest.NewAuth(t))(setuptest.Upload))
}

func TestAHandlerUnderTestFindsItsUser(t *testing.T) {
	mei := &core.User{OpenID: "o-mei"}
	r := httptest.NewRequest("GET", "/me", nil)
	if got := nethttp.User(r.WithContext(core.WithUser(r.Context(), mei))); got != mei {
		t.Errorf("rule: core.WithUser is found: %v", got)
	}
}
