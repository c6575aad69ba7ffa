package main

import (
	"net/http"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/example/frameworks/internal/suite"
)

func TestContract(t *testing.T) { adaptertest.Run(t, suite.App(router)) }

func TestMe(t *testing.T) { suite.Me(t, site) }

// router mounts the gate as the site does.
func router(gate suite.Middleware) suite.Router {
	r := chi.NewRouter()
	r.Use(gate)
	return suite.Router{
		Handle: r.Handle,
		Prefix: func(prefix string, h http.Handler) { r.Handle(prefix+"*", h) },
		Serve:  func() http.Handler { return r },
	}
}
