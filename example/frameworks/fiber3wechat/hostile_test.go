package fiber3wechat_test

import (
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/hostile"
	"github.com/seed467724c4/wechat/example/frameworks/fiber3wechat"
)

func TestHostileRequests(t *testing.T) {
	hostile.Run(t, sound.configured(fiber.Config{ErrorHandler: fiber3wechat.ErrorHandler}), twoAccounts)
}

func twoAccounts(outer, inner *adaptertest.Harness) (string, func(), error) {
	app := fiber.New(fiber.Config{ErrorHandler: fiber3wechat.ErrorHandler})
	app.Use(fiber3wechat.Require(outer.Options()...))
	app.Get("/second/*", fiber3wechat.Require(inner.Options()...), handler(inner))
	return listen(app)
}
