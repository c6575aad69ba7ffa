package fiberwechat_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/fiberwechat"
)

// Not parallel: environment and default instance belong to the process.
func TestSetUpWithoutAnInstancePanicsWithEveryWayOut(t *testing.T) { sound.PanicsWithoutInstance(t) }

// Not parallel, for the same reason.
func TestTheDefaultInstanceComesFromTheEnvironment(t *testing.T) {
	setuptest.UsesTheEnvironment(t, func() setuptest.Ask {
		app := fiber.New()
		app.Use(fiberwechat.Require())
		return func(r *http.Request) (int, http.Header) {
			answer, err := app.Test(r)
			if err != nil {
				t.Fatal(err)
			}
			return answer.StatusCode, answer.Header
		}
	})
}

func TestUserWithoutAGatePanicsWithTheFix(t *testing.T) {
	setuptest.UserPanics(t, func() {
		app := fiber.New()
		var panicked any
		app.Get("/", func(c *fiber.Ctx) error {
			defer func() { panicked = recover() }()
			fiberwechat.User(c)
			return nil
		})
		if _, err := app.Test(httptest.NewRequest("GET", "/", nil)); err != nil {
			t.Fatal(err)
		}
		if panicked != nil {
			panic(panicked) // on this goroutine, where it can be recovered
		}
	})
}
