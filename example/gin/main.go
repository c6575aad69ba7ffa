// Command gin is a site with gin that logs visitors in with WeChat.
//
//	go run ./example/gin
//
// It listens on localhost:8080, or on ADDR. Without WECHAT_APP_ID a simulator
// plays WeChat, and any browser will do; with WECHAT_APP_ID, WECHAT_APP_SECRET
// and WECHAT_PUBLIC_URL it is WeChat itself.
package main

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/example/internal/site"
	"github.com/seed467724c4/wechat/ginwechat"
)

func main() {
	gin.SetMode(gin.ReleaseMode) // debug mode prints whole URLs, and a URL may hold a code
	site.Main("gin", server)
}

func server(auth *core.Auth, s *site.Site) site.Server {
	return &http.Server{
		Handler:           app(auth, s),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second, // the way back from WeChat may take 10 s
		IdleTimeout:       time.Minute,
	}
}

func app(auth *core.Auth, s *site.Site) *gin.Engine {
	r := gin.New()
	// Not gin.Default(): its logger prints queries, its recovery may print cookies.
	r.Use(logged(s), gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, value any) {
		s.Panicked(value)
		c.AbortWithStatus(http.StatusInternalServerError)
	}))

	show := func(page site.Page) gin.HandlerFunc {
		return func(c *gin.Context) {
			for name, value := range site.Headers() {
				c.Header(name, value)
			}
			c.Status(http.StatusOK)
			c.Writer.Write(s.HTML(page, c.GetHeader("Accept-Language"), ginwechat.User(c)))
		}
	}
	r.GET("/", ginwechat.Optional(auth), show(site.Home))
	r.GET("/me", ginwechat.Require(auth), show(site.Me))
	r.GET("/profile", ginwechat.Require(auth, ginwechat.Prompt), show(site.Profile))
	r.GET("/api/me", ginwechat.Require(auth), func(c *gin.Context) {
		c.Header("Cache-Control", "no-store")
		c.JSON(http.StatusOK, ginwechat.User(c))
	})
	r.GET("/login", ginwechat.Login(auth))
	r.POST("/logout", ginwechat.Logout(auth))
	return r
}

// logged writes one line for every request.
func logged(s *site.Site) gin.HandlerFunc {
	return func(c *gin.Context) {
		began := time.Now()
		c.Next()
		s.Served(c.Request.Method, c.Request.URL.EscapedPath(), c.Writer.Status(), time.Since(began))
	}
}
