// Command gin is a site with gin that logs visitors in with WeChat.
//
//	go run ./example/gin
//
// It listens on localhost:8080, or on ADDR. Without WECHAT_APP_ID a simulator
// plays WeChat, and any browser will do; with WECHAT_APP_ID, WECHAT_APP_SECRET
// and WECHAT_PUBLIC_URL it is WeChat itself. WECHAT_PUSH_TOKEN and
// WECHAT_ENCODING_AES_KEY are those of 服务器配置, whose address is /wechat/push.
// With WECHAT_SCREEN_LOGIN=1, desktop browsers log in through a phone.
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

func server(auth *core.Auth, s *site.Site) (site.Server, error) {
	handler, err := app(auth, s)
	if err != nil {
		return nil, err
	}
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second, // the way back from WeChat may take 10 s
		IdleTimeout:       time.Minute,
	}, nil
}

func app(auth *core.Auth, s *site.Site) (*gin.Engine, error) {
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
	r.GET("/members", ginwechat.Require(auth, ginwechat.MustFollow), show(site.Members))
	r.GET("/api/me", ginwechat.Require(auth, core.API()), func(c *gin.Context) {
		c.Header("Cache-Control", "no-store")
		c.JSON(http.StatusOK, ginwechat.User(c))
	})
	r.GET("/login", ginwechat.Login(auth))
	r.POST("/logout", ginwechat.Logout(auth))

	// Where phones open the code of a screen. It answers 404 without Config.ScreenLogin.
	r.Any("/wechat/screen", gin.WrapH(auth.Screens()))

	// Messages from WeChat tell MustFollow at once who follows and who leaves. Without
	// them it asks WeChat, and remembers the answer for up to 5 minutes.
	if push := s.Push(); push.Token != "" {
		messages, err := auth.PushHandler(push)
		if err != nil {
			return nil, err
		}
		r.Any("/wechat/push", gin.WrapH(messages))
	}
	return r, nil
}

// logged writes one line for every request.
func logged(s *site.Site) gin.HandlerFunc {
	return func(c *gin.Context) {
		began := time.Now()
		c.Next()
		s.Served(c.Request.Method, c.Request.URL.EscapedPath(), c.Writer.Status(), time.Since(began))
	}
}
