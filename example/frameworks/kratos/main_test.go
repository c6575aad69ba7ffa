package main

import (
	stdhttp "net/http"
	"testing"

	"github.com/go-kratos/kratos/v3/transport/http"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/example/frameworks/internal/suite"
)

func TestContract(t *testing.T) { adaptertest.Run(t, suite.App(router)) }

func TestMe(t *testing.T) {
	suite.Me(t, func(o ...core.Option) stdhttp.Handler { return site(o...) })
}

// router mounts the gate as the site does.
func router(gate suite.Middleware) suite.Router {
	s := http.NewServer(http.Filter(gate))
	return suite.Router{
		Handle: s.Handle,
		Prefix: s.HandlePrefix,
		Serve:  func() stdhttp.Handler { return s },
	}
}
