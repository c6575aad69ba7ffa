package main

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/example/internal/site"
	"github.com/seed467724c4/wechat/example/internal/site/sitetest"
)

func init() { gin.SetMode(gin.ReleaseMode) } // as main does

func TestWalk(t *testing.T) { sitetest.Walk(t, "gin", server) }

func TestPanic(t *testing.T) {
	sitetest.Panic(t, "gin", func(auth *core.Auth, s *site.Site) site.Server {
		r := app(auth, s)
		r.GET("/panic", func(*gin.Context) { panic("boom") })
		return &http.Server{Handler: r}
	})
}
