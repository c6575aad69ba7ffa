// Package gincontrib is the same app behind this library. Its sessions stay, with the
// cart in them; only the login has moved.
package gincontrib

import (
	"net/http"

	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/example/compare/shop"
	"github.com/seed467724c4/wechat/ginwechat"
)

// New is the app. The store is the old app's.
func New(settings shop.Settings, store sessions.Store) (http.Handler, error) {
	auth, err := core.New(core.Config{AppID: settings.AppID, AppSecret: settings.Secret, PublicURL: settings.PublicURL, HTTPClient: settings.HTTPClient})
	if err != nil {
		return nil, err
	}
	store.Options(sessions.Options{Path: "/", MaxAge: 30 * 24 * 60 * 60, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode})
	r := gin.New()
	r.Use(gin.Recovery(), sessions.Sessions("session", store))
	r.POST("/logout", emptySession, ginwechat.Logout(auth))
	r.Use(ginwechat.Optional(auth))             // transition
	guard := oldLogins(ginwechat.Require(auth)) // transition: oldLogins
	shop.MountGin(r, guard, who)
	mountCart(r, guard)
	return r, nil
}

// emptySession ends what the app itself keeps.
func emptySession(c *gin.Context) {
	session := sessions.Default(c)
	session.Clear()
	if err := session.Save(); err != nil {
		c.AbortWithError(http.StatusInternalServerError, err)
	}
}

func who(c *gin.Context) shop.User { return shop.User{OpenID: ginwechat.User(c).OpenID} }
