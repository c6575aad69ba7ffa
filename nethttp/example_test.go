package nethttp_test

import (
	"encoding/json"
	"log"
	"net/http"

	"github.com/seed467724c4/wechat/nethttp"
)

func Example() {
	me := func(w http.ResponseWriter, r *http.Request) { _ = json.NewEncoder(w).Encode(nethttp.User(r)) }

	mux := http.NewServeMux()
	mux.HandleFunc("GET /me", me)
	mux.Handle("GET /profile", nethttp.Require(nethttp.Prompt)(http.HandlerFunc(me)))
	log.Fatal(http.ListenAndServe(":8080", nethttp.Require()(mux)))
}
