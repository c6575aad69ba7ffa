// Package handwritten is the same app behind this library.
package handwritten

import (
	"context"
	"net/http"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/example/compare/shop"
	"github.com/seed467724c4/wechat/nethttp"
)

// New is the app. People whom the old app knew are in settings.Users, so they are not
// asked for their profile again.
func New(settings shop.Settings) (http.Handler, error) {
	auth, err := core.New(core.Config{
		AppID: settings.AppID, AppSecret: settings.Secret, PublicURL: settings.PublicURL, HTTPClient: settings.HTTPClient,
		OnLogin: func(_ context.Context, u *core.User) error {
			if u.Scope == core.Prompt && !u.Anonymous() { // a silent login brings no name: keep the known one
				settings.Users.Save(shop.User{OpenID: u.OpenID, Nickname: u.Nickname, Avatar: u.Avatar})
			}
			return nil
		},
		Profile: func(_ context.Context, openID string) (*core.User, error) {
			person, ok := settings.Users.Find(openID)
			if !ok {
				return nil, nil
			}
			return &core.User{Nickname: person.Nickname, Avatar: person.Avatar}, nil
		},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /login", nethttp.Login(auth, nethttp.Prompt))
	mux.Handle("POST /logout", nethttp.Logout(auth))
	shop.Mount(mux, nethttp.Require(auth, nethttp.Prompt), func(r *http.Request) shop.User {
		u := nethttp.User(r)
		return shop.User{OpenID: u.OpenID, Nickname: u.Nickname, Avatar: u.Avatar}
	})
	return mux, nil
}
