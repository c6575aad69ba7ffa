package core

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
)

// walk is what became of one visitor on the way to a page.
type walk struct {
	redirects int // those of WeChat too
	out       *Outcome
}

// walkTo follows redirects, the gate's and WeChat's, until there is a page; after
// each answer the browser may lose what lose says.
func (b *browser) walkTo(g *Gate, target string, lose func()) (w walk) {
	b.rig.t.Helper()
	for {
		w.out = b.get(g, target)
		lose()
		to := w.out.Header.Get("Location")
		if to == "" || w.redirects > 20 {
			return w
		}
		w.redirects++
		if rest, own := strings.CutPrefix(to, "https://app.example.com"); own {
			target = rest
			continue
		}
		target = b.consent(w.out)
		w.redirects++
	}
}

func (b *browser) forget(part string) {
	maps.DeleteFunc(b.cookies, func(name, _ string) bool { return strings.Contains(name, part) })
}

// Some web views lose cookies. Whoever loses the login cookie after every fifth
// answer nearly always gets in, and the others read why they did not.
func TestLoginsSurviveLostCookies(t *testing.T) {
	const visitors, loss, atLeast, mostRedirects = 1000, 0.2, 985, 8
	r := newRig(t)
	g := r.gate(ModeRequire)
	random := rand.New(rand.NewPCG(1, 2))
	in, stuck, lost := 0, 0, 0
	seen := map[int]int{}
	for i := range visitors {
		b := r.browser()
		page := fmt.Sprintf("/orders/%d?x=1", i)
		w := b.walkTo(g, page, func() {
			if random.Float64() < loss {
				lost++
				b.forget("wechat_login_")
			}
		})
		seen[w.redirects]++
		switch {
		case w.redirects > mostRedirects:
			t.Errorf("visitor %d saw %d redirects", i, w.redirects)
		case w.out.Status == 0:
			in++
			if u, ok := FromContext(w.out.Context); !ok || u.OpenID != r.sim.OpenID(loginAppID(), b.person) {
				t.Errorf("visitor %d is %v", i, u)
			}
		case w.out.Status == 400 && strings.Contains(string(w.out.Body), `data-page="stuck"`):
			stuck++
		default:
			t.Errorf("visitor %d ends with %d: %v", i, w.out.Status, w.out.Err)
		}
	}
	t.Logf("%d visitors, the login cookie lost %d times: %d logged in, %d on the page about cookies; redirects seen: %v", visitors, lost, in, stuck, seen)
	if in < atLeast || in+stuck != visitors {
		t.Errorf("%d of %d logged in, want at least %d", in, visitors, atLeast)
	}
}

// Fifty tabs of one browser log in at once and come back in any order.
func TestFiftyTabsEndEachOnItsOwnPage(t *testing.T) {
	const tabs = 50
	r := newRig(t)
	g := r.gate(ModeRequire)
	random := rand.New(rand.NewPCG(3, 4))
	for _, first := range []bool{true, false} {
		b := r.browser()
		if !first {
			b.login(g, "/before")
			b.forget("session")
		}
		pages, starts := make([]string, tabs), make([]*Outcome, tabs)
		jar := maps.Clone(b.cookies)
		for i := range tabs {
			pages[i] = fmt.Sprintf("/tab/%d?x=%d", i, i)
			fresh := *b
			fresh.cookies = maps.Clone(jar) // all are asked for before any answer is there
			starts[i] = fresh.get(g, pages[i])
			b.keep(starts[i])
		}
		most := 0
		for _, i := range random.Perm(tabs) {
			out := starts[i]
			for out.Status == 302 {
				out = b.get(g, b.consent(out))
				size := 0
				for name, value := range b.cookies {
					size += len(name) + len(value) + len("=; ")
				}
				most = max(most, size)
			}
			if got := b.arrives(out); got != pages[i] {
				t.Errorf("tab %d ends on %s, want %s", i, got, pages[i])
			}
			if u := b.user(g, pages[i]); u == nil {
				t.Errorf("tab %d is nobody's", i)
			}
		}
		t.Logf("%d tabs, a login cookie there before: %t; our cookies are %d bytes at most", tabs, !first, most)
		if most >= 1600 {
			t.Errorf("our cookies are %d bytes", most)
		}
	}
}
