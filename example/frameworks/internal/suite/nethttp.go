// Package suite holds what the tests of this module's sites over net/http share: the
// handlers that report to the contract's harness.
package suite

import (
	"net/http"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/nethttp"
)

// Outer is the app's own middleware of [adaptertest.App].
func Outer(h *adaptertest.Harness) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			setuptest.AddHeader(h.Header(), w.Header().Add)
			next.ServeHTTP(w, r.WithContext(h.Context(r.Context())))
		})
	}
}

// Handler reports what it saw.
func Handler(h *adaptertest.Harness) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		setuptest.Serve(h, w, r, func() *core.User { return nethttp.User(r) }, nil)
	}
}

// Stream is the handler of /apart/stream.
func Stream(h *adaptertest.Harness) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { h.Stream(w, http.NewResponseController(w).Flush) }
}
