package fiberwechat_test

import (
	"net"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/hostile"
	"github.com/seed467724c4/wechat/fiberwechat"
)

func TestHostileRequests(t *testing.T) { hostile.Run(t, sound.app, twoAccounts) }

func twoAccounts(outer, inner *adaptertest.Harness) (string, func(), error) {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Use(fiberwechat.Require(outer.Options()...))
	app.Get("/second/*", fiberwechat.Require(inner.Options()...), handler(inner))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = app.Listener(listener)
	}()
	return "http://" + listener.Addr().String(), func() {
		_ = app.Shutdown()
		<-ended
	}, nil
}
