// Package gorilla is the same app behind this library. Its sessions are those of scs now;
// the cart moves over with the first page that a visitor opens.
package gorilla

import (
	"net/http"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/example/compare/shop"
	"github.com/seed467724c4/wechat/nethttp"
)

// New is the app. sessions.Store is Redis in production.
func New(settings shop.Settings) (http.Handler, error) {
	sessions := scs.New()
	sessions.Codec, sessions.Cookie.Name, sessions.Cookie.Secure = core.Codec{}, "__Host-session", true
	auth, err := core.New(core.Config{AppID: settings.AppID, AppSecret: settings.Secret, PublicURL: settings.PublicURL, HTTPClient: settings.HTTPClient, Sessions: sessions})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /logout", nethttp.Logout(auth))
	guard := moveCart(nethttp.Require(auth), settings.Key, sessions) // transition: moveCart
	shop.Mount(mux, guard, who)
	mountCart(mux, guard, sessions)
	return sessions.LoadAndSave(mux), nil
}

func who(r *http.Request) shop.User { return shop.User{OpenID: nethttp.User(r).OpenID} }
