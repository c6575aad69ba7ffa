package main

import (
	"net/http"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/nethttp"
)

func handlerFunc(see func(*core.User)) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { see(nethttp.User(r)) })
}
