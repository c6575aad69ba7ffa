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

func TestFollow(t *testing.T) { sitetest.Follow(t, "gin", server) }

func TestPanic(t *testing.T) {
	sitetest.Panic(t, "gin", func(auth *core.Auth, s *site.Site) (site.Server, error) {
		r, err := app(auth, s)
		if err != nil {
			return nil, err
		}
		r.GET("/panic", func(*gin.Context) { panic("boom") })
		return &http.Server{Handler: r}, nil
	})
}
