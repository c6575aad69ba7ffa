package main

import (
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/example/internal/site"
	"github.com/seed467724c4/wechat/example/internal/site/sitetest"
)

func TestWalk(t *testing.T) { sitetest.Walk(t, "fiber", server) }

func TestFollow(t *testing.T) { sitetest.Follow(t, "fiber", server) }

func TestPanic(t *testing.T) {
	sitetest.Panic(t, "fiber", func(auth *core.Auth, s *site.Site) (site.Server, error) {
		app, err := app(auth, s)
		if err != nil {
			return nil, err
		}
		app.Get("/panic", func(*fiber.Ctx) error { panic("boom") })
		return listening{app}, nil
	})
}
