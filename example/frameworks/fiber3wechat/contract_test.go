package fiber3wechat_test

import (
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/seed467724c4/wechat/core/adaptertest"
)

func TestContract(t *testing.T) { adaptertest.Run(t, sound.app) }

// fiber can be told to hand handlers a body that is not read yet.
func TestUnreadBodiesOfAStreamingApp(t *testing.T) {
	check(t, fiber.Config{StreamRequestBody: true}, "unread bodies", "unchanged requests", "silent login", "no handler after an answer")
}

// With it header names stay as they were sent, in lower case behind many proxies.
func TestHeaderNamesAreNotNormalized(t *testing.T) {
	check(t, fiber.Config{DisableHeaderNormalizing: true}, "header names without case", "pages of one visitor are private",
		"headers of an answer are added", "custom answer", "must follow", "every header value is read")
}

func TestStringsOfAnImmutableApp(t *testing.T) {
	check(t, fiber.Config{Immutable: true}, "copied strings", "sessions stay apart", "silent login")
}

// check tries named cases on an app with another configuration.
func check(t *testing.T, config fiber.Config, cases ...string) {
	t.Helper()
	for _, f := range adaptertest.Check(sound.configured(config), cases...) {
		t.Error(f)
	}
}
