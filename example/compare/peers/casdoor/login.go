// Package casdoor is a net/http app that logs in with a Casdoor server, through
// casdoor-go-sdk as its README says. The server talks to WeChat.
package casdoor

import (
	"context"
	"log"
	"net/http"
	"strings"

	"github.com/casdoor/casdoor-go-sdk/casdoorsdk"

	"github.com/seed467724c4/wechat/example/compare/shop"
)

const sessionCookie = "casdoor_token"

type app struct {
	shop.Settings
	door *casdoorsdk.Client
}

// New is the app. AppID and Secret are those that Casdoor has given to it.
func New(settings shop.Settings, endpoint, certificate string) (http.Handler, error) {
	a := &app{settings, casdoorsdk.NewClient(endpoint, settings.AppID, settings.Secret, certificate, "shop", "shop")}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", a.login)
	mux.HandleFunc("GET /callback", a.callback)
	mux.HandleFunc("POST /logout", a.logout)
	shop.Mount(mux, a.require, who)
	return mux, nil
}

type userKey struct{}

func who(r *http.Request) shop.User {
	user, _ := r.Context().Value(userKey{}).(shop.User)
	return user
}

// require sends visitors without a session to the login; the API answers 401.
func (a *app) require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user := a.user(r)
		switch {
		case user.OpenID != "":
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, user)))
		case strings.HasPrefix(r.URL.Path, "/api/"):
			http.Error(w, `{"error":"login required"}`, http.StatusUnauthorized)
		default:
			http.Redirect(w, r, "/login", http.StatusFound)
		}
	})
}

func (a *app) login(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, a.door.GetSigninUrl(a.PublicURL+"/callback"), http.StatusFound)
}

func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	token, err := a.door.GetOAuthToken(r.URL.Query().Get("code"), r.URL.Query().Get("state"))
	if err != nil {
		log.Printf("casdoor login: %v", err)
		http.Error(w, "login failed", http.StatusBadGateway)
		return
	}
	claims, err := a.door.ParseJwtToken(token.AccessToken)
	if err != nil {
		http.Error(w, "login failed", http.StatusBadGateway)
		return
	}
	a.Users.Save(shop.User{OpenID: claims.Id, Nickname: claims.DisplayName, Avatar: claims.Avatar})
	setCookie(w, token.AccessToken, 7*24*60*60)
	http.Redirect(w, r, "/", http.StatusFound)
}

func (a *app) user(r *http.Request) shop.User {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return shop.User{}
	}
	claims, err := a.door.ParseJwtToken(cookie.Value)
	if err != nil {
		return shop.User{}
	}
	return shop.User{OpenID: claims.Id, Nickname: claims.DisplayName, Avatar: claims.Avatar}
}

func (a *app) logout(w http.ResponseWriter, r *http.Request) {
	setCookie(w, "", -1)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func setCookie(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode})
}
