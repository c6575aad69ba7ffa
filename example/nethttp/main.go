// Command nethttp is a site with net/http that logs visitors in with WeChat.
//
//	go run ./example/nethttp
//
// It listens on localhost:8080, or on ADDR. Without WECHAT_APP_ID a simulator
// plays WeChat, and any browser will do; with WECHAT_APP_ID, WECHAT_APP_SECRET
// and WECHAT_PUBLIC_URL it is WeChat itself. WECHAT_PUSH_TOKEN and
// WECHAT_ENCODING_AES_KEY are those of 服务器配置, whose address is /wechat/push.
// With WECHAT_SCREEN_LOGIN=1, desktop browsers log in through a phone.
package main

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/example/internal/site"
	"github.com/seed467724c4/wechat/nethttp"
)

func main() { site.Main("net/http", server) }

func server(auth *core.Auth, s *site.Site) (site.Server, error) {
	handler, err := app(auth, s)
	if err != nil {
		return nil, err
	}
	return &http.Server{
		Handler:           logged(s, handler),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second, // the way back from WeChat may take 10 s
		IdleTimeout:       time.Minute,
	}, nil
}

func app(auth *core.Auth, s *site.Site) (http.Handler, error) {
	show := func(page site.Page) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for name, value := range site.Headers() {
				w.Header().Set(name, value)
			}
			w.Write(s.HTML(page, r.Header.Get("Accept-Language"), nethttp.User(r)))
		}
	}
	me := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		json.NewEncoder(w).Encode(nethttp.User(r))
	}
	silent := nethttp.Require(auth)
	api := nethttp.Require(auth, core.API())
	prompt := nethttp.Require(auth, nethttp.Prompt)
	follow := nethttp.Require(auth, nethttp.MustFollow)

	mux := http.NewServeMux()
	mux.Handle("GET /{$}", nethttp.Optional(auth)(show(site.Home)))
	mux.Handle("GET /me", silent(show(site.Me)))
	mux.Handle("GET /profile", prompt(show(site.Profile)))
	mux.Handle("GET /members", follow(show(site.Members)))
	mux.Handle("GET /api/me", api(http.HandlerFunc(me)))
	mux.Handle("GET /login", nethttp.Login(auth))
	mux.Handle("POST /logout", nethttp.Logout(auth))

	// Where phones open the code of a screen. It answers 404 without Config.ScreenLogin.
	mux.Handle("/wechat/screen", auth.Screens())

	// Messages from WeChat tell MustFollow at once who follows and who leaves. Without
	// them it asks WeChat, and remembers the answer for up to 5 minutes.
	if push := s.Push(); push.Token != "" {
		messages, err := auth.PushHandler(push)
		if err != nil {
			return nil, err
		}
		mux.Handle("/wechat/push", messages)
	}
	return mux, nil
}

// logged writes one line for every request, and answers 500 where next panics.
func logged(s *site.Site, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, seen := time.Now(), &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			if value := recover(); value != nil {
				s.Panicked(value)
				seen.WriteHeader(http.StatusInternalServerError)
			}
			s.Served(r.Method, r.URL.EscapedPath(), seen.status, time.Since(began))
		}()
		next.ServeHTTP(seen, r)
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
