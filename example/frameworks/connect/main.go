// A service with connect-go: its handlers are net/http's, and stand behind the gate on a
// mux like any others.
//
// Traps: the gate's 401 for scripts is application/problem+json and no error of connect's;
// a client of connect reads the status alone and says unauthenticated. login_url stands in
// the body, so the page reads it with a fetch of its own. A procedure is called by POST:
// it never starts a login, the page around it does.
package main

import (
	"context"
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/nethttp"
)

func site(options ...core.Option) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/site.v1.People/Me", connect.NewUnaryHandler("/site.v1.People/Me", me))
	return nethttp.Require(options...)(mux)
}

func me(ctx context.Context, _ *connect.Request[emptypb.Empty]) (*connect.Response[wrapperspb.StringValue], error) {
	user, _ := core.FromContext(ctx)
	return connect.NewResponse(wrapperspb.String(user.OpenID)), nil
}

func main() { panic(http.ListenAndServe(":8080", site())) }
