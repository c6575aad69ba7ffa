package fiberwechat_test

import (
	"bufio"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/fiberwechat"
)

// A logged-in request costs the user's context and nothing else: no string is
// copied out of fiber for it.
func TestALoggedInRequestAllocatesOnce(t *testing.T) {
	auth, cookie, stop, err := adaptertest.LoggedIn()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
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
		// Read as a server reads: set by hand, cookies would be taken apart and put
		// together again.
		raw := "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a=1; b=2; " + cookie + "\r\n\r\n"
		in := strings.NewReader("")
		buffered := bufio.NewReader(in)
		least := 100.0
		for range 50 { // fiber's pool may be empty now and then, always so under the race detector
			least = min(least, testing.AllocsPerRun(1, func() {
				in.Reset(raw)
				buffered.Reset(in)
				ctx.Response.Reset()
				ctx.ResetUserValues()
				if err := ctx.Request.Read(buffered); err != nil {
					t.Fatal(err)
				}
				handler(ctx)
			}))
		}
		return least
	}
	if n, bare := allocations("/me?x=1"), allocations("/bare"); n-bare > 1 || seen != 100 {
		t.Errorf("at most 1 allocation: %v beside %v, %d seen", n-bare, bare, seen)
	}
}

// argument is a new value of what a function takes: fasthttp's context, without a
// requirement of fasthttp.
func argument[T any](func(*T)) *T { return new(T) }
