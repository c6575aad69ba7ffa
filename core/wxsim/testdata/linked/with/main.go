// Command with is an application whose login is the simulator's.
package main

import (
	"net/http"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/nethttp"
)

func main() {
	sim, err := wxsim.New(wxsim.Config{})
	if err != nil {
		panic(err)
	}
	auth, err := core.New(core.Config{HTTPClient: &http.Client{Transport: sim.Transport()}})
	if err != nil {
		panic(err)
	}
	http.ListenAndServe("", nethttp.Require(auth)(http.NotFoundHandler()))
}
