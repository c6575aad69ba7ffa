package core

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed467724c4/wechat/core/internal/session"
)

// Ten thousand guesses at once, over three nodes that share a store.
func TestDigitsAreGuessedOverThreeNodes(t *testing.T) {
	cache := session.NewMemory()
	r := newScreenRig(t, func(c *Config) { c.Cache, c.Sessions = cache, manager(session.NewMemory()) })
	g := r.gate(ModeRequire)
	nodes := []*Auth{r.auth}
	for range 2 {
		other := r.instance(func(c *Config) { c.ScreenLogin, c.Cache, c.Sessions = true, cache, r.auth.config.Sessions })
		other.Screens()
		nodes = append(nodes, other)
	}
	desk, phone := r.desk(), r.phone("mei")
	digits := phone.allows(r.auth, desk.code(desk.get(g, "/me")))
	form := desk.get(g, "/me")
	var logins atomic.Int32
	var wait sync.WaitGroup
	for i := range 10_000 {
		number := fmt.Sprintf("%04d", i)
		if number == numberOn(digits) {
			continue
		}
		copied := desk.copy()
		wait.Go(func() {
			if out := copied.posts(nodes[i%3], form, nil, "number", number); strings.Contains(strings.Join(out.Header.Values("Set-Cookie"), ";"), "session=") {
				logins.Add(1)
			}
		})
	}
	wait.Wait()
	for i, node := range nodes {
		if out := desk.posts(node, form, nil, "number", numberOn(digits)); out.Status == http.StatusSeeOther && desk.user(g, "/me") != nil {
			t.Errorf("rule: after the guesses the right digits are too late at node %d", i)
		}
	}
	if logins.Load() != 0 {
		t.Errorf("rule: no guess logs in: %d", logins.Load())
	}
}

func TestAnotherNodeAnswers(t *testing.T) {
	cache, sessions := session.NewMemory(), manager(session.NewMemory())
	on := func(c *Config) { c.ScreenLogin, c.Cache, c.Sessions = true, cache, sessions }
	r := newScreenRig(t, on)
	second, third := r.instance(on), r.instance(on)
	second.Screens()
	third.Screens()
	g1, g3 := r.gate(ModeRequire), NewGate(ModeRequire, third)
	desk, phone := r.desk(), r.phone("mei")
	digits := phone.allows(second, desk.code(desk.get(g1, "/me")))
	form := desk.get(g3, "/me")
	r.isPage("a third node knows", form, "screen-number")
	desk.arrives(desk.posts(second, form, nil, "number", numberOn(digits)))
	if desk.user(g1, "/me") == nil {
		t.Error("rule: page, phone and digits may each reach another node")
	}
}

func TestAMillionWaitingPagesKeepNothing(t *testing.T) {
	cache := session.NewMemory()
	r := newScreenRig(t, func(c *Config) { c.Cache = cache })
	g := r.gate(ModeRequire)
	held := func() (bytes uint64) {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	h := http.Header{"User-Agent": {atDesk}, "Accept": {"text/html"}}
	show := func(n int) {
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				for range n / 4 {
					v := &visit{gate: g, auth: r.auth, ctx: t.Context(), asked: Request{Method: "GET", Target: "/me", Host: "app.example.com", TLS: true, Header: h}, now: r.now()}
					v.request = &v.asked
					v.locate()
					v.applyScope()
					if !v.readScreen() || v.screen.state != screenWaiting || len(v.screen.code) != 53 {
						t.Error("not a waiting page")
						return
					}
					v.keepShown()
				}
			})
		}
		wait.Wait()
	}
	show(1000)
	if page := r.desk().get(g, "/me"); kindOfPage(page) != "screen-wait" { // the same, with its HTML
		t.Fatal(kindOfPage(page))
	}
	before := held()
	show(1_000_000)
	if after := held(); after > before+256<<10 {
		t.Errorf("rule: a page that waits keeps nothing: %d bytes more after a million", after-before)
	}
	if cache.Held() != 0 || r.auth.sessions.PrivateStore().Held() != 0 || r.auth.screens.codes.Len() != 0 {
		t.Errorf("rule: neither in a store: %d, %d, %d", cache.Held(), r.auth.sessions.PrivateStore().Held(), r.auth.screens.codes.Len())
	}
}

func TestOnePersonCannotFillTheStore(t *testing.T) {
	cache := session.NewMemory()
	r := newScreenRig(t, func(c *Config) { c.Cache = cache })
	g := r.gate(ModeRequire)
	phone := r.phone("mei")
	phone.login(g, "/me")
	before, last := cache.Held(), ""
	for range 100 {
		desk := r.desk()
		last = kindOfPage(phone.opens(r.auth, desk.code(desk.get(g, "/me"))))
	}
	if kept := cache.Held() - before; kept > 20 || last != "unavailable" {
		t.Errorf("rule: a phone makes the server keep at most 20 codes in ten minutes: %d, %s", kept, last)
	}
}

func TestTwoTabsAreRedeemedAtOnce(t *testing.T) {
	r := newScreenRig(t)
	g := r.gate(ModeRequire)
	desk, phone := r.desk(), r.phone("mei")
	r.screenLogin(desk, phone, g, "/me")
	desk.dropSession()
	phone.allows(r.auth, desk.code(desk.get(g, "/me")))
	var logins atomic.Int32
	var wait sync.WaitGroup
	for range 20 {
		tab := desk.copy()
		wait.Go(func() {
			out := tab.get(g, "/me")
			if strings.Contains(strings.Join(out.Header.Values("Set-Cookie"), ";"), "wechat_session") {
				logins.Add(1)
			} else if kind := kindOfPage(out); kind != "screen-wait" && kind != "screen-number" && out.Status != 303 {
				t.Errorf("rule: the other tabs wait: %d %s", out.Status, kind)
			}
		})
	}
	wait.Wait()
	if logins.Load() != 1 {
		t.Errorf("rule: an answer makes one session: %d", logins.Load())
	}
}
