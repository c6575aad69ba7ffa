package nethttp_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/nethttp"
)

type middleware = func(http.Handler) http.Handler

// adapter is what the suite's app is built with: the real one, or a broken one.
type adapter struct {
	require, optional func(...core.Option) middleware
	login, logout     func(...core.Option) http.Handler
	wrap              middleware
}

var sound = adapter{nethttp.Require, nethttp.Optional, nethttp.Login, nethttp.Logout, asItIs}

func asItIs(h http.Handler) http.Handler { return h }

// app has the routes of adaptertest.App. The gate on everything else stands
// outside its mux, as in the package's example, so the routes without it have one
// of their own beside it.
func (a adapter) app(h *adaptertest.Harness) (string, func(), error) {
	require := a.require(h.Options()...)
	prompt := a.require(h.Options(nethttp.Prompt)...)

	apart := http.NewServeMux()
	apart.Handle("/apart/route", require(handler(h)))
	apart.Handle("/apart/twice", require(a.require(h.Options()...)(handler(h))))
	apart.Handle("/apart/profile", prompt(handler(h)))
	apart.Handle("/apart/optional", a.optional(h.Options()...)(handler(h)))
	apart.Handle("/apart/skipped", require(handler(h)))
	apart.Handle("/apart/members", a.require(h.MembersOptions()...)(handler(h)))
	apart.Handle("/apart/stream", require(stream(h)))
	apart.Handle("/push", a.wrap(h.PushHandler()))
	apart.Handle("/login", a.login(h.Options()...))
	apart.Handle("/logout", a.logout(h.Options()...))
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
		for name, values := range h.Header() {
			for _, value := range values {
				w.Header().Add(name, value)
			}
		}
		next.ServeHTTP(w, r.WithContext(h.Context(r.Context())))
	})
}

func handler(h *adaptertest.Harness) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		answer := h.Serve(adaptertest.Seen{
			Context: r.Context(), User: func() *core.User { return nethttp.User(r) },
			Method: r.Method, Target: r.RequestURI, Body: body,
		})
		_, _ = w.Write(answer)
	}
}

func stream(h *adaptertest.Harness) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		h.Stream(w, http.NewResponseController(w).Flush)
	}
}
