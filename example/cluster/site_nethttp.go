package main

import (
	"encoding/json"
	"net/http"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/example/internal/site"
	"github.com/seed467724c4/wechat/nethttp"
)

func (n *node) netHTTP() (server, error) {
	show := func(page site.Page) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for name, value := range site.Headers() {
				w.Header().Set(name, value)
			}
			w.Write(n.site.HTML(page, r.Header.Get("Accept-Language"), nethttp.User(r)))
		}
	}
	me := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		json.NewEncoder(w).Encode(nethttp.User(r))
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		status, body := n.health(r.Context(), r.URL.Query().Get("full") == "1")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		w.Write(body)
	})
	mux.Handle("GET /{$}", nethttp.Optional(n.auth)(show(site.Home)))
	mux.Handle("GET /me", nethttp.Require(n.auth)(show(site.Me)))
	mux.Handle("GET /profile", nethttp.Require(n.auth, nethttp.Prompt)(show(site.Profile)))
	mux.Handle("GET /members", nethttp.Require(n.auth, nethttp.MustFollow)(show(site.Members)))
	mux.Handle("GET /api/me", nethttp.Require(n.auth, core.API())(http.HandlerFunc(me)))
	mux.Handle("GET /login", nethttp.Login(n.auth))
	mux.Handle("POST /logout", nethttp.Logout(n.auth))
	// Where phones open the code of a screen. It answers 404 without WECHAT_SCREEN_LOGIN=1.
	mux.Handle("/wechat/screen", n.auth.Screens())
	if n.settings.wechat.LogoutEverywhere {
		// The session cookie is SameSite Lax, so forms of other sites come without it.
		mux.Handle("POST /logout/everywhere", nethttp.Require(n.auth)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := n.auth.LogoutEverywhere(r.Context(), nethttp.User(r).OpenID); err != nil {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			http.Redirect(w, r, "/", http.StatusSeeOther)
		})))
	}
	if push := n.site.Push(); push.Token != "" {
		messages, err := n.auth.PushHandler(push)
		if err != nil {
			return nil, err
		}
		mux.Handle("/wechat/push", messages)
	}
	return httpServer(n.recovered(mux)), nil
}

// recovered answers 500 where next panics.
func (n *node) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if value := recover(); value != nil {
				n.site.Panicked(value)
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}
