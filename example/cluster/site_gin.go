package main

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/example/internal/site"
	"github.com/seed467724c4/wechat/ginwechat"
)

func (n *node) gin() (server, error) {
	r := gin.New()
	// Not gin.Default(): its logger prints queries, its recovery may print cookies.
	r.Use(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, value any) {
		n.site.Panicked(value)
		c.AbortWithStatus(http.StatusInternalServerError)
	}))
	show := func(page site.Page) gin.HandlerFunc {
		return func(c *gin.Context) {
			for name, value := range site.Headers() {
				c.Header(name, value)
			}
			c.Status(http.StatusOK)
			c.Writer.Write(n.site.HTML(page, c.GetHeader("Accept-Language"), ginwechat.User(c)))
		}
	}
	r.GET("/healthz", func(c *gin.Context) {
		status, body := n.health(c.Request.Context(), c.Query("full") == "1")
		c.Data(status, "application/json", body)
	})
	r.GET("/", ginwechat.Optional(n.auth), show(site.Home))
	r.GET("/me", ginwechat.Require(n.auth), show(site.Me))
	r.GET("/profile", ginwechat.Require(n.auth, ginwechat.Prompt), show(site.Profile))
	r.GET("/members", ginwechat.Require(n.auth, ginwechat.MustFollow), show(site.Members))
	r.GET("/api/me", ginwechat.Require(n.auth, core.API()), func(c *gin.Context) {
		c.Header("Cache-Control", "no-store")
		c.JSON(http.StatusOK, ginwechat.User(c))
	})
	r.GET("/login", ginwechat.Login(n.auth))
	r.POST("/logout", ginwechat.Logout(n.auth))
	// Where phones open the code of a screen. It answers 404 without WECHAT_SCREEN_LOGIN=1.
	r.Any("/wechat/screen", gin.WrapH(n.auth.Screens()))
	if n.settings.wechat.LogoutEverywhere {
		// The session cookie is SameSite Lax, so forms of other sites come without it.
		r.POST("/logout/everywhere", ginwechat.Require(n.auth), func(c *gin.Context) {
			if err := n.auth.LogoutEverywhere(c.Request.Context(), ginwechat.User(c).OpenID); err != nil {
				c.AbortWithStatus(http.StatusServiceUnavailable)
				return
			}
			c.Redirect(http.StatusSeeOther, "/")
		})
	}
	if push := n.site.Push(); push.Token != "" {
		messages, err := n.auth.PushHandler(push)
		if err != nil {
			return nil, err
		}
		r.Any("/wechat/push", gin.WrapH(messages))
	}
	return httpServer(r), nil
}

func httpServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second, // the way back from WeChat may take 10 s
		IdleTimeout:       idleTime,
	}
}

// idleTime is longer than nginx keeps an idle connection to a node (keepalive_timeout
// 60s): so nginx ends it, and sends no request into a connection that the node closes.
const idleTime = 75 * time.Second
