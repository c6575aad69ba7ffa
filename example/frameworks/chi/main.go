// A site with chi: its middleware is net/http's, so no adapter is needed.
//
// Traps: middleware of r.Use runs before the route is chosen, so pages that do not exist
// are guarded as well. That is right: an anonymous visitor does not learn which exist.
// chi wants r.Use before the first route; use r.With or r.Group for a part of the site.
package main

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/nethttp"
)

func site(options ...core.Option) http.Handler {
	r := chi.NewRouter()
	r.Use(nethttp.Require(options...))
	r.Get("/me", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(nethttp.User(r).OpenID)) })
	return r
}

func main() { panic(http.ListenAndServe(":8080", site())) }
