// A site with go-zero, which bridges middleware of net/http.
//
// Traps: server.Use runs for routes that are registered, and for no other page: what does
// not exist is 404 for everybody, and MP_verify_*.txt needs a route of its own. Timeout is
// 3 s unless set, and its writer throws away the gate's answer: a login may take 10 s, so
// set 12000 or more. go-zero's log prints every request line, and of every answer from
// 500 on the whole request with its cookies: switch Middlewares.Log off, or a code and a
// session are in the log. Its breaker counts our 503 and may refuse requests for a while.
package main

import (
	"net/http"

	"github.com/zeromicro/go-zero/rest"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/nethttp"
)

func site(c rest.RestConf, options ...core.Option) *rest.Server {
	s := rest.MustNewServer(c)
	s.Use(rest.ToMiddleware(nethttp.Require(options...)))
	s.AddRoute(rest.Route{Method: "GET", Path: "/me", Handler: func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(nethttp.User(r).OpenID))
	}})
	return s
}

func config() (c rest.RestConf) {
	c.Host, c.Port, c.MaxConns, c.MaxBytes = "127.0.0.1", 8080, 10000, 1<<20
	c.Timeout = 12_000
	c.Middlewares = rest.MiddlewaresConf{Recover: true, Timeout: true, Breaker: true, Shedding: true, MaxBytes: true, Gunzip: true}
	return c
}

func main() { site(config()).Start() }
