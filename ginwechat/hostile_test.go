package ginwechat_test

import (
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/hostile"
	"github.com/seed467724c4/wechat/ginwechat"
)

func TestHostileRequests(t *testing.T) { hostile.Run(t, sound.app, twoAccounts) }

func twoAccounts(outer, inner *adaptertest.Harness) (string, func(), error) {
	r := gin.New()
	r.Use(ginwechat.Require(outer.Options()...))
	r.GET("/second/*rest", ginwechat.Require(inner.Options()...), handler(inner))
	server := httptest.NewServer(r)
	return server.URL, server.Close, nil
}
