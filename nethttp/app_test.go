package nethttp_test

import (
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/nethttp"
)

type middleware = func(http.Handler) http.Handler

// adapter is what the suite's app is built with: the real adapter, or a faulty one.
type adapter struct {
	setuptest.Adapter[middleware, http.Handler]
	mountHTTP middleware // for the handler of WeChat's messages
}

var sound = adapter{
	setuptest.Adapter[middleware, http.Handler]{
		Require: nethttp.Require, Optional: nethttp.Optional, Login: nethttp.Login, Logout: nethttp.Logout,
	}, unchanged,
}

func unchanged(h http.Handler) http.Handler { return h }

// app has the routes of adaptertest.App. The gate for everything else is around a mux,
// as in the package's example, so the routes with a gate of their own have another mux
// beside it.
func (a adapter) app(h *adaptertest.Harness) (string, func(), error) {
	require := a.Require(h.Options()...)
	prompt := a.Require(h.Options(nethttp.Prompt)...)

	apart := http.NewServeMux()
	apart.Handle("/apart/route", require(handler(h)))
	apart.Handle("/apart/twice", require(a.Require(h.Options()...)(handler(h))))
	apart.Handle("/apart/profile", prompt(handler(h)))
	apart.Handle("/apart/optional", a.Optional(h.Options()...)(handler(h)))
	apart.Handle("/apart/skipped", require(handler(h)))
	apart.Handle("/apart/members", a.Require(h.MembersOptions()...)(handler(h)))
	apart.Handle("/apart/stream", require(stream(h)))
	apart.Handle("/push", a.mountHTTP(h.PushHandler()))
	apart.Handle("/wechat/screen", a.mountHTTP(h.ScreensHandler()))
	apart.Handle("/login", a.Login(h.Options()...))
	apart.Handle("/logout", a.Logout(h.Options()...))
	group := http.NewServeMux()
	group.Handle("/apart/group/", handler(h))
	apart.Handle("/apart/group/", require(group))

	whole := http.NewServeMux()
	whole.Handle("/engine/", handler(h))
	whole.Handle("GET /profile", prompt(handler(h)))
	guarded := require(whole)

	server := httptest.NewServer(outer(h, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := apart.Handler(r); pattern != "" && !strings.HasPrefix(r.URL.Path, "//") {
			apart.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})))
	return server.URL, server.Close, nil
}

func outer(h *adaptertest.Harness, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setuptest.AddHeader(h.Header(), w.Header().Add)
		next.ServeHTTP(w, r.WithContext(h.Context(r.Context())))
	})
}

func handler(h *adaptertest.Harness) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		setuptest.Serve(h, w, r, func() *core.User { return nethttp.User(r) }, nil)
	}
}

func stream(h *adaptertest.Harness) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		h.Stream(w, http.NewResponseController(w).Flush)
	}
}
