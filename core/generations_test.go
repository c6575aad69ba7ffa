package core

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/wxapi"
)

func TestLogoutEverywhereCostsOneLookUpPerPersonNodeAndFiveSeconds(t *testing.T) {
	store := &lookups{Store: session.NewMemory()}
	r := newRig(t, everywhere(store))
	b, g := r.browser(), r.gate(ModeRequire)
	b.login(g, "/")
	r.advance(session.GenerationLife)
	cookies := b.cookieLine()
	for second := range 10 {
		before := store.n.Load()
		var requests sync.WaitGroup
		for range 8 {
			requests.Go(func() {
				for range 20 {
					if g.Known(context.Background(), "/", cookies) == nil {
						t.Error("known")
					}
				}
			})
		}
		requests.Wait()
		want := int64(0)
		if second%5 == 0 {
			want = 1
		}
		if n := store.n.Load() - before; n != want {
			t.Errorf("rule: one look-up in 5 s, however many requests: %d in second %d, want %d", n, second, want)
		}
		r.advance(time.Second)
	}
}

func TestWithoutLogoutEverywhereNothingIsLookedUp(t *testing.T) {
	store := &lookups{Store: session.NewMemory()}
	r := newRig(t, func(c *Config) { c.Sessions = manager(store) })
	b, g := r.browser(), r.gate(ModeRequire)
	b.login(g, "/")
	if b.user(g, "/") == nil || store.n.Load() != 0 {
		t.Errorf("rule: without the setting nothing is looked up: %d", store.n.Load())
	}
	if err := r.auth.LogoutEverywhere(t.Context(), r.alice()); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "Config.LogoutEverywhere") {
		t.Errorf("rule: without the setting the error names it: %v", err)
	}
	for _, openID := range []string{"", "o x", "o\x00", strings.Repeat("o", 100)} {
		if err := r.auth.LogoutEverywhere(t.Context(), openID); !errors.Is(err, wxapi.ErrToken) {
			t.Errorf("rule: what is no open id is an error: %q %v", openID, err)
		}
	}
}

func TestAStoreThatCannotTellGenerationsIsA503(t *testing.T) {
	inner := session.NewMemory()
	store := &failing{Store: inner}
	r := newRig(t, everywhere(store))
	b, g := r.browser(), r.gate(ModeRequire)
	b.login(g, "/")
	broken := &partly{Store: inner, fails: func(key string) bool { return !session.IsToken(key) }}
	node := NewGate(ModeRequire, r.instance(everywhere(broken)))
	if out := b.get(node, "/"); out.Status != 503 || !errors.Is(out.Err, ErrUnavailable) {
		t.Errorf("rule: a store that cannot tell is a 503, not a login: %d %v", out.Status, out.Err)
	}
	newcomer := r.browser()
	if out := newcomer.get(node, newcomer.consent(newcomer.get(node, "/me"))); out.Status != 503 {
		t.Errorf("rule: no login is made whose generation is not known: %d", out.Status)
	}
	store.commit = true
	if err := r.auth.LogoutEverywhere(t.Context(), r.alice()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("rule: LogoutEverywhere says that it did not work: %v", err)
	}
	if b.user(g, "/") == nil {
		t.Error("rule: what failed has ended nothing")
	}
}

// partly fails to read some keys.
type partly struct {
	scs.Store
	fails func(key string) bool
}

func (p *partly) Find(key string) ([]byte, bool, error) {
	if p.fails(key) {
		return nil, false, errors.New("store is down")
	}
	return p.Store.Find(key)
}

func TestAnEndedSessionStaysEndedWhenTheSecretIsReplaced(t *testing.T) {
	store := session.NewMemory()
	r := newRig(t, everywhere(store))
	before := r.instance(everywhere(store), func(c *Config) { c.AppSecret = formerSecret })
	b, g := r.browser(), r.gate(ModeRequire)
	b.login(g, "/")
	r.logoutEverywhere(before)
	r.advance(session.GenerationLife)
	if b.user(g, "/") != nil {
		t.Error("rule: sessions that were ended under a former secret stay ended")
	}
}

func TestANodeWithoutTheSettingKeepsGenerations(t *testing.T) {
	store := session.NewMemory()
	idle := func(c *Config) { c.Sessions.IdleTimeout = 2 * time.Hour }
	r := newRig(t, everywhere(store), idle)
	off := NewGate(ModeRequire, r.instance(everywhere(store), idle, func(c *Config) { c.LogoutEverywhere = false }))
	b, g := r.browser(), r.gate(ModeRequire)
	r.logoutEverywhere(r.auth) // from now on sessions have a generation
	b.login(g, "/")
	if b.user(off, "/") == nil {
		t.Fatal("rule: a node without the setting reads what one with it wrote")
	}
	before, _, _ := store.Find(b.cookies["session"])
	r.advance(6 * time.Minute)
	if after, _, _ := store.Find(b.cookies["session"]); b.user(off, "/") == nil || string(after) != string(before) {
		t.Fatal("logged in")
	}
	if after, _, _ := store.Find(b.cookies["session"]); string(after) == string(before) {
		t.Fatal("the idle time is written")
	}
	if b.user(g, "/") == nil {
		t.Error("rule: a node without the setting keeps the generation when it writes the idle time")
	}
}
