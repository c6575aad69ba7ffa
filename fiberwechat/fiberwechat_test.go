package fiberwechat_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/fiberwechat"
)

func TestContract(t *testing.T) { adaptertest.Run(t, sound.app) }

func TestUserWithoutAGatePanicsWithTheFix(t *testing.T) {
	var got string
	app := fiber.New()
	app.Get("/", func(c *fiber.Ctx) error {
		got = panicOf(func() { fiberwechat.User(c) })
		return nil
	})
	if _, err := app.Test(httptest.NewRequest("GET", "/", nil)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Require", "Optional", "mount one"} {
		if !strings.Contains(got, want) {
			t.Errorf("the panic is %q, want %q in it", got, want)
		}
	}
}
