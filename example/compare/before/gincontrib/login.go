// Package gincontrib is a gin app whose sessions are those of gin-contrib/sessions, kept
// on the server: who is logged in, and a cart. It logs in silently.
package gincontrib

import (
	"crypto/rand"
	"log"
	"net/http"
	"strings"

	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"
	"github.com/silenceper/wechat/v2"
	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/officialaccount/config"
	"github.com/silenceper/wechat/v2/officialaccount/oauth"

	"github.com/seed467724c4/wechat/example/compare/shop"
)

type app struct {
	shop.Settings
	oauth *oauth.Oauth
}

// New is the app. The store is Redis in production.
func New(settings shop.Settings, store sessions.Store) (http.Handler, error) {
	account := wechat.NewWechat().GetOfficialAccount(&config.Config{AppID: settings.AppID, AppSecret: settings.Secret, Cache: cache.NewMemory()})
	a := &app{settings, account.GetOauth()}
	store.Options(sessions.Options{Path: "/", MaxAge: 30 * 24 * 60 * 60, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode})
	r := gin.New()
	r.Use(gin.Recovery(), sessions.Sessions("session", store))
	r.GET("/wechat/callback", a.callback)
	r.POST("/logout", logout)
	shop.MountGin(r, a.require, who)
	mountCart(r, a.require)
	return r, nil
}

// require sends visitors without a session to WeChat; the API answers 401.
func (a *app) require(c *gin.Context) {
	switch {
	case who(c).OpenID != "":
		c.Next()
	case strings.HasPrefix(c.Request.URL.Path, "/api/"):
		c.AbortWithStatusJSON(http.StatusUnauthorized, gin.H{"error": "login required"})
	default:
		a.start(c)
	}
}

func (a *app) start(c *gin.Context) {
	state, session := rand.Text(), sessions.Default(c)
	session.Set("state", state)
	session.Set("next", c.Request.RequestURI)
	if err := session.Save(); err != nil {
		c.AbortWithError(http.StatusInternalServerError, err)
		return
	}
	address, err := a.oauth.GetRedirectURL(a.PublicURL+"/wechat/callback", "snsapi_base", state)
	if err != nil {
		c.AbortWithError(http.StatusInternalServerError, err)
		return
	}
	c.Redirect(http.StatusFound, address)
	c.Abort()
}

func (a *app) callback(c *gin.Context) {
	session := sessions.Default(c)
	state, _ := session.Get("state").(string)
	next, _ := session.Get("next").(string)
	if state == "" || state != c.Query("state") {
		c.String(http.StatusBadRequest, "invalid state")
		return
	}
	token, err := a.oauth.GetUserAccessTokenContext(c.Request.Context(), c.Query("code"))
	if err != nil {
		log.Printf("wechat login: %v", err)
		c.String(http.StatusBadGateway, "login failed")
		return
	}
	session.Delete("state")
	session.Delete("next")
	session.Set("openid", token.OpenID)
	if err := session.Save(); err != nil {
		c.AbortWithError(http.StatusInternalServerError, err)
		return
	}
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") {
		next = "/"
	}
	c.Redirect(http.StatusFound, next)
}

func logout(c *gin.Context) {
	session := sessions.Default(c)
	session.Clear()
	session.Options(sessions.Options{Path: "/", MaxAge: -1})
	if err := session.Save(); err != nil {
		c.AbortWithError(http.StatusInternalServerError, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/")
}

func who(c *gin.Context) shop.User {
	openID, _ := sessions.Default(c).Get("openid").(string)
	return shop.User{OpenID: openID}
}
