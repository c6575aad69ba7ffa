package fiberwechat_test

import (
	"net/http"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/fiberwechat"
)

// A session in the second Cookie line counts even if the first line has none.
func TestOptionalReadsEveryCookieLine(t *testing.T) {
	auth, cookie := setuptest.LoggedIn(t)
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/", fiberwechat.Optional(auth), func(c *fiber.Ctx) error {
		if fiberwechat.User(c) == nil {
			return c.SendStatus(http.StatusTeapot)
		}
		return nil
	})
	for rule, lines := range map[string][]string{
		"the session stands in the only line":   {"a=1; " + cookie},
		"the session stands in the first line":  {cookie, "a=1"},
		"the session stands in the second line": {"a=1", cookie},
	} {
		r, _ := http.NewRequest("GET", "http://127.0.0.1/", nil)
		r.Header["Cookie"] = lines
		answer, err := app.Test(r)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("rule: %s: %v %v", rule, answer, err)
		}
	}
}
