// Package silenceper is a gin app that logs in with silenceper/wechat and has its
// sessions from gin-contrib/sessions.
package silenceper

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

// New is the app. Without Redis the store is cookie.NewStore(settings.Key).
func New(settings shop.Settings, store sessions.Store) (http.Handler, error) {
	account := wechat.NewWechat().GetOfficialAccount(&config.Config{AppID: settings.AppID, AppSecret: settings.Secret, Cache: cache.NewMemory()})
	a := &app{settings, account.GetOauth()}
	store.Options(sessions.Options{Path: "/", MaxAge: 30 * 24 * 60 * 60, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode})
	r := gin.New()
	r.Use(gin.Recovery(), sessions.Sessions("session", store))
	r.GET("/login", func(c *gin.Context) { a.start(c, c.Query("next")) })
	r.GET("/wechat/callback", a.callback)
	r.POST("/logout", a.logout)
	shop.MountGin(r, a.require, who)
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
		a.start(c, c.Request.RequestURI)
	}
}

func (a *app) start(c *gin.Context, next string) {
	state, session := rand.Text(), sessions.Default(c)
	session.Set("state", state)
	session.Set("next", next)
	if err := session.Save(); err != nil {
		c.AbortWithError(http.StatusInternalServerError, err)
		return
	}
	address, err := a.oauth.GetRedirectURL(a.PublicURL+"/wechat/callback", "snsapi_userinfo", state)
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
	session.Delete("state")
	session.Delete("next")
	if c.Query("code") == "" {
		c.String(http.StatusForbidden, "login was cancelled")
		return
	}
	token, err := a.oauth.GetUserAccessTokenContext(c.Request.Context(), c.Query("code"))
	if err != nil {
		log.Printf("wechat login: %v", err)
		c.String(http.StatusBadGateway, "login failed")
		return
	}
	profile, err := a.oauth.GetUserInfoContext(c.Request.Context(), token.AccessToken, token.OpenID, "zh_CN")
	if err != nil {
		log.Printf("wechat login: %v", err)
		c.String(http.StatusBadGateway, "login failed")
		return
	}
	a.Users.Save(shop.User{OpenID: profile.OpenID, Nickname: profile.Nickname, Avatar: profile.HeadImgURL})
	session.Set("openid", profile.OpenID)
	session.Set("nickname", profile.Nickname)
	session.Set("avatar", profile.HeadImgURL)
	if err := session.Save(); err != nil {
		c.AbortWithError(http.StatusInternalServerError, err)
		return
	}
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") {
		next = "/"
	}
	c.Redirect(http.StatusFound, next)
}

func (a *app) logout(c *gin.Context) {
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
	session := sessions.Default(c)
	openID, _ := session.Get("openid").(string)
	nickname, _ := session.Get("nickname").(string)
	avatar, _ := session.Get("avatar").(string)
	return shop.User{OpenID: openID, Nickname: nickname, Avatar: avatar}
}
