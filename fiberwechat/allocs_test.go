package fiberwechat_test

import (
	"bufio"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/fiberwechat"
)

// The only allocation is the context with the user. No string is copied out of fiber
// for a visitor who is already logged in.
func TestALoggedInRequestAllocatesOnce(t *testing.T) {
	auth, cookie := setuptest.LoggedIn(t)
	seen := 0
	app := fiber.New()
	app.Get("/me", fiberwechat.Require(auth, fiberwechat.Prompt), func(c *fiber.Ctx) error {
		if u := fiberwechat.User(c); u.Nickname != "" && c.Locals(fiberwechat.Key).(*core.User) == u {
			seen++
		}
		return nil
	})
	app.Get("/bare", func(*fiber.Ctx) error { return nil })
	handler := app.Handler()
	ctx := argument(handler) // *fasthttp.RequestCtx
	allocations := func(target string) float64 {
		// The request is read as a server reads it. If the test set the header
		// itself, fasthttp would parse the cookies and print them again.
		raw := "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a=1; b=2; " + cookie + "\r\n\r\n"
		in := strings.NewReader("")
		buffered := bufio.NewReader(in)
		return setuptest.Allocations(func() {
			in.Reset(raw)
			buffered.Reset(in)
			ctx.Response.Reset()
			ctx.ResetUserValues()
			if err := ctx.Request.Read(buffered); err != nil {
				t.Fatal(err)
			}
			handler(ctx)
		})
	}
	if n, bare := allocations("/me?x=1"), allocations("/bare"); n-bare > 1 || seen != setuptest.AllocRuns {
		t.Errorf("rule: a logged-in request allocates at most once\ngot: %v times, beside %v of fiber, the handler saw the user %d times", n-bare, bare, seen)
	}
}

// A middleware in front that reads a cookie makes fasthttp parse the Cookie line, and
// put it together again for whoever asks for the whole line.
func TestACookieThatWasReadBeforeCostsTheSame(t *testing.T) {
	auth, cookie := setuptest.LoggedIn(t)
	allocations := func(handlers ...fiber.Handler) float64 {
		app := fiber.New()
		app.Get("/me", handlers...)
		handler := app.Handler()
		ctx := argument(handler)
		raw := "GET /me HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a=1; b=2; " + cookie + "\r\n\r\n"
		in := strings.NewReader("")
		buffered := bufio.NewReader(in)
		return setuptest.Allocations(func() {
			in.Reset(raw)
			buffered.Reset(in)
			ctx.Response.Reset()
			ctx.ResetUserValues()
			if err := ctx.Request.Read(buffered); err != nil {
				t.Fatal(err)
			}
			handler(ctx)
			if ctx.Response.StatusCode() != 200 {
				t.Fatal(ctx.Response.StatusCode())
			}
		})
	}
	reads := func(c *fiber.Ctx) error { _ = c.Cookies("a"); return c.Next() }
	done := func(*fiber.Ctx) error { return nil }
	guard := fiberwechat.Require(auth)
	if bare, guarded := allocations(reads, done), allocations(reads, guard, done); guarded-bare > 5 {
		t.Errorf("rule: behind a middleware that reads a cookie, a logged-in request allocates no more than what fasthttp needs for the whole line\ngot: %v, beside %v of fiber", guarded, bare)
	} else {
		t.Logf("%v allocations more than fiber's %v", guarded-bare, bare)
	}
}

// argument is a new value of the type that a function takes. It makes fasthttp's
// context without importing fasthttp.
func argument[T any](func(*T)) *T { return new(T) }
