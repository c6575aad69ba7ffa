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
func (a adapter) app(k *adaptertest.Kit) (string, func(), error) {
	require := a.require(k.Options()...)
	prompt := a.require(k.Options(nethttp.Prompt)...)

	apart := http.NewServeMux()
	apart.Handle("/apart/route", require(handler(k)))
	apart.Handle("/apart/twice", require(a.require(k.Options()...)(handler(k))))
	apart.Handle("/apart/profile", prompt(handler(k)))
	apart.Handle("/apart/optional", a.optional(k.Options()...)(handler(k)))
	apart.Handle("/apart/skipped", require(handler(k)))
	apart.Handle("/apart/members", a.require(k.Members()...)(handler(k)))
	apart.Handle("/apart/stream", require(stream(k)))
	apart.Handle("/push", a.wrap(k.Push()))
	apart.Handle("/login", a.login(k.Options()...))
	apart.Handle("/logout", a.logout(k.Options()...))
	group := http.NewServeMux()
	group.Handle("/apart/group/", handler(k))
	apart.Handle("/apart/group/", require(group))

	whole := http.NewServeMux()
	whole.Handle("/engine/", handler(k))
	whole.Handle("GET /profile", prompt(handler(k)))
	guarded := require(whole)

	server := httptest.NewServer(outer(k, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := apart.Handler(r); pattern != "" && !strings.HasPrefix(r.URL.Path, "//") {
			apart.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})))
	return server.URL, server.Close, nil
}

func outer(k *adaptertest.Kit, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, values := range k.Header() {
			for _, value := range values {
				w.Header().Add(name, value)
			}
		}
		next.ServeHTTP(w, r.WithContext(k.Context(r.Context())))
	})
}

func handler(k *adaptertest.Kit) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		answer := k.Serve(adaptertest.Seen{
			Context: r.Context(), User: func() *core.User { return nethttp.User(r) },
			Method: r.Method, Target: r.RequestURI, Body: body,
		})
		_, _ = w.Write(answer)
	}
}

func stream(k *adaptertest.Kit) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		k.Stream(w, http.NewResponseController(w).Flush)
	}
}
