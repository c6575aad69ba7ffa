package core

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/session"
)

// Two nodes with one store, whose clocks differ. Their visitors are balanced between them,
// request by request.
func TestNodesWhoseClocksAreApart(t *testing.T) {
	for _, c := range []struct {
		apart time.Duration
		anew  bool // logins that are called back at the other node begin anew
	}{{90 * time.Second, false}, {-90 * time.Second, false}, {10 * time.Minute, true}, {-10 * time.Minute, true}, {time.Hour, true}, {-time.Hour, true}} {
		for _, shared := range []string{"a shared session store", "shared sessions with idle time", "a shared store and cache, with LogoutEverywhere"} {
			t.Run(fmt.Sprintf("%v apart, %s", c.apart, shared), func(t *testing.T) {
				store, cache := session.NewMemory(), session.NewMemory()
				change := func(c *Config) {
					c.Sessions = manager(store)
					switch shared {
					case "shared sessions with idle time":
						c.Sessions.IdleTimeout = 2 * time.Hour
					case "a shared store and cache, with LogoutEverywhere":
						c.Cache, c.LogoutEverywhere = cache, true
					}
				}
				r := newRig(t, change)
				here := NewGate(ModeRequire, r.auth)
				there := NewGate(ModeRequire, r.instanceAt(c.apart, change))

				// A login that begins here and is called back there.
				b := r.browser()
				out := b.get(there, b.consent(b.get(here, "/me?x=1")))
				switch {
				case c.anew:
					b.authorize(out)
				case b.arrives(out) != "/me?x=1" || r.exchanges() != 1:
					t.Errorf("rule: 90 s have no effect: %d", out.Status)
				}

				// Whatever the balancer does, nobody is redirected without end.
				for first := range 8 { // which node gets the first, second and third request
					nodes := [2]*Gate{here, there}
					b, turn := r.browser(), 0
					next := func() *Gate { turn++; return nodes[first>>(turn%3)&1] }
					redirects, target := 0, "/page?x=1"
					var out *Outcome
					for {
						out = b.get(next(), target)
						if out.Status == 302 {
							target = b.consent(out)
						} else if out.Status == 303 {
							target = b.arrives(out)
						} else {
							break
						}
						if redirects++; redirects > 20 {
							t.Fatal("rule: nobody is redirected without end")
						}
					}
					stuck := out.Status == 400 && strings.Contains(string(out.Body), `data-page="stuck"`)
					if out.Status != 0 && !(c.anew && stuck) || redirects > 8 {
						t.Errorf("rule: a visitor gets in, or reads why not: %d after %d redirects", out.Status, redirects)
					}
					if out.Status == 0 {
						if target != "/page?x=1" {
							t.Errorf("rule: a login ends where it began: %q", target)
						}
						if b.user(here, "/") == nil || b.user(there, "/") == nil {
							t.Error("rule: a session counts on both nodes, whatever their clocks say")
						}
						continue
					}
					// The page's button begins a new login; a balancer that keeps to one node lets it in.
					if b.login(there, "/again"); b.user(there, "/again") == nil {
						t.Error("rule: nobody is stuck")
					}
				}
			})
		}
	}
}
