package echowechat_test

import (
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/hostile"
	"github.com/seed467724c4/wechat/example/frameworks/echowechat"
)

func TestHostileRequests(t *testing.T) { hostile.Run(t, sound.app, twoAccounts) }

func twoAccounts(outer, inner *adaptertest.Harness) (string, func(), error) {
	e := echo.New()
	e.Use(echowechat.Require(outer.Options()...))
	e.GET("/second/*", handler(inner), echowechat.Require(inner.Options()...))
	server := httptest.NewServer(e)
	return server.URL, server.Close, nil
}
