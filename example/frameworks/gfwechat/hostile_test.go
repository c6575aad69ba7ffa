package gfwechat_test

import (
	"testing"

	"github.com/gogf/gf/v2/net/ghttp"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/hostile"
	"github.com/seed467724c4/wechat/example/frameworks/gfwechat"
)

func TestHostileRequests(t *testing.T) { hostile.Run(t, sound.app, twoAccounts) }

func twoAccounts(outer, inner *adaptertest.Harness) (string, func(), error) {
	return serve(func(s *ghttp.Server) {
		s.Use(gfwechat.Require(outer.Options()...))
		s.Group("/second").Middleware(gfwechat.Require(inner.Options()...)).GET("/*rest", handler(inner))
	})
}
