package nethttp_test

import (
	"net/http"
	"testing"

	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/nethttp"
)

// recorder keeps its header map between requests, as a server with a pool does.
type recorder struct {
	header http.Header
	status int
}

func (w *recorder) Header() http.Header         { return w.header }
func (w *recorder) Write(b []byte) (int, error) { return len(b), nil }
func (w *recorder) WriteHeader(status int)      { w.status = status }

// The allocations are the context with the user and net/http's copy of the request.
func TestALoggedInRequestAllocatesTwice(t *testing.T) {
	auth, cookie := setuptest.LoggedIn(t)
	seen := 0
	guarded := nethttp.Require(auth, nethttp.Prompt)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if u := nethttp.User(r); u.Nickname != "" && u.Privilege[0] == "chinaunicom" {
			seen++
		}
	}))
	open := nethttp.Optional(auth)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen++ }))
	for rule, c := range map[string]struct {
		handler http.Handler
		cookie  string
	}{
		"a logged-in request":              {guarded, "a=1; b=2; " + cookie},
		"an Optional one without a cookie": {open, "a=1; b=2"},
	} {
		r, _ := http.NewRequest("GET", "http://127.0.0.1/me?x=1", nil)
		r.RequestURI = "/me?x=1"
		r.Header = http.Header{"Cookie": {c.cookie}, "User-Agent": {"x"}, "Accept": {"text/html"}}
		w := &recorder{header: http.Header{}}
		seen = 0
		n := setuptest.Allocations(func() {
			clear(w.header)
			c.handler.ServeHTTP(w, r)
		})
		if n > 2 || seen != setuptest.AllocRuns || w.header.Get("Set-Cookie") != "" {
			t.Errorf("rule: %s allocates at most twice and sets no cookie\ngot: %v times, the handler ran %d times, headers %v", rule, n, seen, w.header)
		}
	}
}
