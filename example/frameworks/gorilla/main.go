// A site with gorilla/mux, whose middleware is net/http's, so no adapter is needed.
//
// Traps: middleware of r.Use runs only where a route matches, so pages that do not exist,
// and mux's own redirects of //x and /a/../b to the cleaned path, come before the gate.
// Put the gate around the router, as here, and all requests pass it. UseEncodedPath and
// SkipClean leave the path as it was sent: /a%2Fb is one segment.
package main

import (
	"net/http"

	"github.com/gorilla/mux"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/nethttp"
)

func site(options ...core.Option) http.Handler {
	r := mux.NewRouter().UseEncodedPath().SkipClean(true)
	r.HandleFunc("/me", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(nethttp.User(r).OpenID)) })
	return nethttp.Require(options...)(r)
}

func main() { panic(http.ListenAndServe(":8080", site())) }
