package hertzwechat_test

import (
	"testing"

	"github.com/cloudwego/hertz/pkg/app/server"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/hostile"
	"github.com/seed467724c4/wechat/example/frameworks/hertzwechat"
)

func TestHostileRequests(t *testing.T) { hostile.Run(t, sound.app, twoAccounts) }

func twoAccounts(outer, inner *adaptertest.Harness) (string, func(), error) {
	return serve(func(s *server.Hertz) {
		s.Use(hertzwechat.Require(outer.Options()...))
		s.GET("/second/*rest", hertzwechat.Require(inner.Options()...), handler(inner))
	})
}
