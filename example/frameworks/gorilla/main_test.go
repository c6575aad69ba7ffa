package main

import (
	"net/http"
	"testing"

	"github.com/gorilla/mux"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/example/frameworks/internal/suite"
)

func TestContract(t *testing.T) { adaptertest.Run(t, suite.App(router)) }

func TestMe(t *testing.T) { suite.Me(t, site) }

// router mounts the gate as the site does.
func router(gate suite.Middleware) suite.Router {
	r := mux.NewRouter().UseEncodedPath().SkipClean(true)
	return suite.Router{
		Handle: func(path string, h http.Handler) { r.Handle(path, h) },
		Prefix: func(prefix string, h http.Handler) { r.PathPrefix(prefix).Handler(h) },
		Serve:  func() http.Handler { return gate(r) },
	}
}
