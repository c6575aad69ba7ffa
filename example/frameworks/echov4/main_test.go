package main

import (
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/example/frameworks/internal/suite"
)

func TestContract(t *testing.T) { adaptertest.Run(t, suite.App(router)) }

func TestMe(t *testing.T) { suite.Me(t, site) }

// router mounts the gate as the site does.
func router(gate suite.Middleware) suite.Router {
	e := echo.New()
	e.Use(echo.WrapMiddleware(gate))
	return suite.Router{
		Handle: func(path string, h http.Handler) { e.Any(path, echo.WrapHandler(h)) },
		Prefix: func(prefix string, h http.Handler) { e.Any(prefix+"*", echo.WrapHandler(h)) },
		Serve:  func() http.Handler { return e },
	}
}
