// A site with echo v4, which bridges middleware of net/http. For echo v5 there is an
// adapter beside this folder.
//
// Traps: the user is in c.Request().Context(), not in c.Get. The error of a handler goes
// to HTTPErrorHandler behind the gate, which does not see it.
package main

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/nethttp"
)

func site(options ...core.Option) http.Handler {
	e := echo.New()
	e.Use(echo.WrapMiddleware(nethttp.Require(options...)))
	e.GET("/me", func(c echo.Context) error { return c.String(200, nethttp.User(c.Request()).OpenID) })
	return e
}

func main() { panic(http.ListenAndServe(":8080", site())) }
