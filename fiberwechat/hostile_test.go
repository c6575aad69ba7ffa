package fiberwechat_test

import (
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/hostile"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/fiberwechat"
)

func TestHostileRequests(t *testing.T) { hostile.Run(t, sound.app, twoAccounts) }

func twoAccounts(outer, inner *adaptertest.Harness) (string, func(), error) {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Use(fiberwechat.Require(outer.Options()...))
	app.Get("/second/*", fiberwechat.Require(inner.Options()...), handler(inner))
	return setuptest.Listen(app.Listener, app.Shutdown)
}
