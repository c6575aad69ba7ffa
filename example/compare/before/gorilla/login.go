// Package gorilla is a net/http app whose sessions are those of gorilla/sessions, in a
// signed cookie: who is logged in, and a cart. It logs in silently.
package gorilla

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/sessions"

	"github.com/seed467724c4/wechat/example/compare/shop"
)

var client = &http.Client{Timeout: 10 * time.Second}

type app struct {
	shop.Settings
	store *sessions.CookieStore
}

// New is the app.
func New(settings shop.Settings) (http.Handler, error) {
	store := sessions.NewCookieStore(settings.Key)
	store.Options = &sessions.Options{Path: "/", MaxAge: 30 * 24 * 60 * 60, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode}
	a := &app{settings, store}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /wechat/callback", a.callback)
	mux.HandleFunc("POST /logout", a.logout)
	shop.Mount(mux, a.require, a.who)
	a.mountCart(mux)
	return mux, nil
}

// require sends visitors without a session to WeChat; the API answers 401.
func (a *app) require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case a.who(r).OpenID != "":
			next.ServeHTTP(w, r)
		case strings.HasPrefix(r.URL.Path, "/api/"):
			http.Error(w, `{"error":"login required"}`, http.StatusUnauthorized)
		default:
			a.start(w, r)
		}
	})
}

func (a *app) start(w http.ResponseWriter, r *http.Request) {
	session, _ := a.store.Get(r, "session")
	state := rand.Text()
	session.Values["state"], session.Values["next"] = state, r.URL.RequestURI()
	if err := session.Save(r, w); err != nil {
		http.Error(w, "login failed", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, fmt.Sprintf("https://open.weixin.qq.com/connect/oauth2/authorize?appid=%s&redirect_uri=%s&response_type=code&scope=snsapi_base&state=%s#wechat_redirect",
		a.AppID, url.QueryEscape(a.PublicURL+"/wechat/callback"), state), http.StatusFound)
}

func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	session, err := a.store.Get(r, "session")
	state, _ := session.Values["state"].(string)
	next, _ := session.Values["next"].(string)
	if err != nil || state == "" || state != r.URL.Query().Get("state") {
		http.Error(w, "invalid state", http.StatusBadRequest)
		return
	}
	openID, err := a.exchange(r.URL.Query().Get("code"))
	if err != nil {
		log.Printf("wechat login: %v", err)
		http.Error(w, "login failed", http.StatusBadGateway)
		return
	}
	delete(session.Values, "state")
	delete(session.Values, "next")
	session.Values["openid"] = openID
	if err := session.Save(r, w); err != nil {
		http.Error(w, "login failed", http.StatusInternalServerError)
		return
	}
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") {
		next = "/"
	}
	http.Redirect(w, r, next, http.StatusFound)
}

func (a *app) exchange(code string) (string, error) {
	resp, err := client.Get("https://api.weixin.qq.com/sns/oauth2/access_token?grant_type=authorization_code&appid=" + a.AppID + "&secret=" + a.Secret + "&code=" + url.QueryEscape(code))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var token struct {
		OpenID  string `json:"openid"`
		ErrCode int    `json:"errcode"`
		ErrMsg  string `json:"errmsg"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&token); err != nil {
		return "", err
	}
	if token.ErrCode != 0 {
		return "", fmt.Errorf("access_token: %d %s", token.ErrCode, token.ErrMsg)
	}
	return token.OpenID, nil
}

func (a *app) logout(w http.ResponseWriter, r *http.Request) {
	session, _ := a.store.Get(r, "session")
	session.Options.MaxAge = -1
	if err := session.Save(r, w); err != nil {
		http.Error(w, "logout failed", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *app) who(r *http.Request) shop.User {
	session, err := a.store.Get(r, "session")
	if err != nil {
		return shop.User{}
	}
	openID, _ := session.Values["openid"].(string)
	return shop.User{OpenID: openID}
}
