// Package goth is a net/http app that logs in with markbates/goth and its gothic. goth's
// provider for WeChat is that of a website application: visitors scan a code at a desktop
// browser. It has none for an Official Account.
package goth

import (
	"encoding/gob"
	"log"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/sessions"
	"github.com/markbates/goth"
	"github.com/markbates/goth/gothic"
	"github.com/markbates/goth/providers/wechat"

	"github.com/seed467724c4/wechat/example/compare/shop"
)

const provider = "wechat"

type app struct {
	shop.Settings
	store *sessions.CookieStore
}

// New is the app.
func New(settings shop.Settings) (http.Handler, error) {
	gob.Register(shop.User{})
	store := sessions.NewCookieStore(settings.Key)
	store.Options = &sessions.Options{Path: "/", MaxAge: 30 * 24 * 60 * 60, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode}
	gothic.Store = store
	goth.UseProviders(wechat.New(settings.AppID, settings.Secret, settings.PublicURL+"/auth/callback", wechat.WECHAT_LANG_CN))
	a := &app{settings, store}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /auth", a.login)
	mux.HandleFunc("GET /auth/callback", a.callback)
	mux.HandleFunc("POST /logout", a.logout)
	shop.Mount(mux, a.require, a.who)
	return mux, nil
}

// require sends visitors without a session to the login; the API answers 401.
func (a *app) require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case a.who(r).OpenID != "":
			next.ServeHTTP(w, r)
		case strings.HasPrefix(r.URL.Path, "/api/"):
			http.Error(w, `{"error":"login required"}`, http.StatusUnauthorized)
		default:
			http.Redirect(w, r, "/auth?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusFound)
		}
	})
}

func (a *app) login(w http.ResponseWriter, r *http.Request) {
	session, _ := a.store.Get(r, "shop")
	session.Values["next"] = r.URL.Query().Get("next")
	if err := session.Save(r, w); err != nil {
		http.Error(w, "login failed", http.StatusInternalServerError)
		return
	}
	gothic.BeginAuthHandler(w, gothic.GetContextWithProvider(r, provider))
}

func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	profile, err := gothic.CompleteUserAuth(w, gothic.GetContextWithProvider(r, provider))
	if err != nil {
		log.Printf("wechat login: %v", err)
		http.Error(w, "login failed", http.StatusBadGateway)
		return
	}
	user := shop.User{OpenID: profile.UserID, Nickname: profile.NickName, Avatar: profile.AvatarURL}
	a.Users.Save(user)
	session, _ := a.store.Get(r, "shop")
	next, _ := session.Values["next"].(string)
	delete(session.Values, "next")
	session.Values["user"] = user
	if err := session.Save(r, w); err != nil {
		http.Error(w, "login failed", http.StatusInternalServerError)
		return
	}
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") {
		next = "/"
	}
	http.Redirect(w, r, next, http.StatusFound)
}

func (a *app) who(r *http.Request) shop.User {
	session, err := a.store.Get(r, "shop")
	if err != nil {
		return shop.User{}
	}
	user, _ := session.Values["user"].(shop.User)
	return user
}

func (a *app) logout(w http.ResponseWriter, r *http.Request) {
	session, _ := a.store.Get(r, "shop")
	session.Options.MaxAge = -1
	if err := session.Save(r, w); err != nil {
		http.Error(w, "logout failed", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
