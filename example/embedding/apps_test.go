package embedding

import (
	"net"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/fiberwechat"
	"github.com/seed467724c4/wechat/ginwechat"
	"github.com/seed467724c4/wechat/nethttp"
)

// place is where a middleware stands: outside the gate or inside.
type place bool

func (p place) String() string {
	if p {
		return "outside"
	}
	return "inside"
}

const outside, inside place = true, false

// app serves on a listener until it is closed.
type app func(*site, place) (serve func(net.Listener) error)

type wrapper = func(http.Handler) http.Handler

// overHandler is how apps over net/http serve.
func overHandler(h http.Handler) (serve func(net.Listener) error) {
	return func(l net.Listener) error { return http.Serve(l, h) }
}

func overNetHTTP(middleware wrapper) app {
	return func(s *site, p place) func(net.Listener) error {
		gate, pages := nethttp.Require(s.auth), http.Handler(s.pages(nethttp.User))
		handler := gate(middleware(pages))
		if p == outside {
			handler = middleware(gate(pages))
		}
		return overHandler(handler)
	}
}

func overGin(middleware ...gin.HandlerFunc) app {
	return func(s *site, p place) func(net.Listener) error {
		gin.SetMode(gin.ReleaseMode)
		r, gate := gin.New(), ginwechat.Require(s.auth)
		if p == inside {
			r.Use(gate)
		}
		r.Use(middleware...)
		if p == outside {
			r.Use(gate)
		}
		pages := s.pages(nethttp.User)
		for _, path := range []string{"/me", "/cached", "/events", "/socket", "/file"} {
			r.Any(path, gin.WrapH(pages))
		}
		return overHandler(r)
	}
}

func overFiber(config fiber.Config, middleware ...func() fiber.Handler) app {
	return func(s *site, p place) func(net.Listener) error {
		config.DisableStartupMessage = true
		r, gate := fiber.New(config), fiberwechat.Require(s.auth)
		if p == inside {
			r.Use(gate)
		}
		for _, m := range middleware {
			r.Use(m())
		}
		if p == outside {
			r.Use(gate)
		}
		s.fiberPages(r)
		return r.Listener
	}
}
