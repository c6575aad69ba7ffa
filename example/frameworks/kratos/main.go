// A site with kratos, whose HTTP server takes filters of net/http.
//
// Traps: a filter of the server is outside its router and outside its Timeout (1 s unless
// set). A filter of a route (s.Route("/", filter)) is inside: there a login that waits for
// WeChat longer than the Timeout is cut off. Business code has only ctx, in which
// core.FromContext finds the user. kratos' own middleware (http.Middleware) is another
// thing and sees no requests, only calls.
package main

import (
	"context"

	"github.com/go-kratos/kratos/v3/transport/http"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/nethttp"
)

func site(options ...core.Option) *http.Server {
	s := http.NewServer(http.Address("127.0.0.1:0"), http.Filter(nethttp.Require(options...)))
	s.Route("/").GET("/me", func(c http.Context) error { return c.String(200, openID(c)) })
	return s
}

// openID stands for business code.
func openID(ctx context.Context) string {
	user, _ := core.FromContext(ctx)
	return user.OpenID
}

func main() { panic(site().Start(context.Background())) }
