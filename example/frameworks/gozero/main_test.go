package main

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/rest"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/example/frameworks/internal/suite"
)

func TestMain(m *testing.M) {
	logx.Disable()
	os.Exit(m.Run())
}

// What go-zero's router keeps from the gate. The list is complete.
func TestContract(t *testing.T) {
	suite.Expect(t, suite.App(router), map[string]string{
		"unknown pages are guarded": "go-zero answers 404 before any middleware where no route matches",
		"double slash":              "//x matches no route either, so it is 404 and no login",
	})
}

func TestMe(t *testing.T) {
	suite.Me(t, func(o ...core.Option) http.Handler { return serve(site(config(), o...)) })
}

// router mounts the gate as the site does.
func router(gate suite.Middleware) suite.Router {
	s := rest.MustNewServer(config())
	s.Use(rest.ToMiddleware(gate))
	handle := func(path string, h http.Handler) {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} {
			s.AddRoute(rest.Route{Method: method, Path: path, Handler: h.ServeHTTP})
		}
	}
	return suite.Router{
		Handle: handle,
		Prefix: func(prefix string, h http.Handler) { // go-zero has no wildcards
			for path := strings.TrimSuffix(prefix, "/"); strings.Count(path, ":") < 5; {
				path += "/:" + string(rune('a'+strings.Count(path, ":")))
				handle(path, h)
			}
		},
		Serve: func() http.Handler { return serve(s) },
	}
}

func serve(s *rest.Server) http.Handler {
	serverless, err := rest.NewServerless(s)
	if err != nil {
		panic(err)
	}
	return http.HandlerFunc(serverless.Serve)
}
