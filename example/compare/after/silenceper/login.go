// Package silenceper is the same app behind this library. What silenceper/wechat does
// beyond the login stays as it is.
package silenceper

import (
	"context"
	"net/http"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/example/compare/shop"
	"github.com/seed467724c4/wechat/ginwechat"
)

// New is the app.
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
	r := gin.New()
	r.Use(gin.Recovery())
	r.GET("/login", ginwechat.Login(auth, ginwechat.Prompt))
	r.Use(sessions.Sessions("session", cookie.NewStore(settings.Key))) // transition
	r.POST("/logout", deleteOldSession, ginwechat.Logout(auth))        // transition: deleteOldSession
	r.Use(ginwechat.Optional(auth))                                    // transition
	guard := openPages(ginwechat.Require(auth, ginwechat.Prompt))      // transition: openPages
	shop.MountGin(r, guard, who)
	return r, nil
}

func who(c *gin.Context) shop.User {
	u := ginwechat.User(c)
	return shop.User{OpenID: u.OpenID, Nickname: u.Nickname, Avatar: u.Avatar}
}
