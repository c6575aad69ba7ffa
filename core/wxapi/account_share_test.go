package wxapi

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

// shelf is a store that shows what lies in it and can be down or slow.
type shelf struct {
	scs.Store
	mu    sync.Mutex
	lies  map[string][]byte
	ends  time.Time
	err   error
	takes time.Duration
	stuck chan struct{} // a command comes back when this is closed
	asked int
}

func newShelf() *shelf {
	return &shelf{Store: memstore.NewWithCleanupInterval(0), lies: map[string][]byte{}}
}

func (s *shelf) trouble() error {
	s.mu.Lock()
	s.asked++
	err, takes, stuck := s.err, s.takes, s.stuck
	s.mu.Unlock()
	time.Sleep(takes)
	if stuck != nil {
		<-stuck
	}
	return err
}

func (s *shelf) Find(key string) ([]byte, bool, error) {
	if err := s.trouble(); err != nil {
		return nil, false, err
	}
	return s.Store.Find(key)
}

func (s *shelf) Commit(key string, b []byte, ends time.Time) error {
	if err := s.trouble(); err != nil {
		return err
	}
	s.mu.Lock()
	s.lies[key], s.ends = bytes.Clone(b), ends
	s.mu.Unlock()
	return s.Store.Commit(key, b, ends)
}

func TestNodesShareACache(t *testing.T) {
	ctx := context.Background()
	synctest.Test(t, func(t *testing.T) {
		u, cache := newUpstream(), newShelf()
		one, two := u.node(t, AccountTokenConfig{Cache: cache}), u.node(t, AccountTokenConfig{Cache: cache})
		want(t, "the first node fetches", one, 1)
		want(t, "the second node finds it", two, 1)
		counts(t, "two nodes are one call", u, "stable")
		if ticket, err := one.JSTicket(ctx); ticket != ticketOf || err != nil {
			t.Errorf("%q, %v", ticket, err)
		}
		if ticket, err := two.JSTicket(ctx); ticket != ticketOf || err != nil {
			t.Errorf("%q, %v", ticket, err)
		}
		counts(t, "two nodes are one call for the ticket, too", u, "stable", "ticket")
		if !cache.ends.Equal(time.Now().Add(maxLife)) || len(cache.lies) != 2 {
			t.Errorf("rule: a value lies there until it ends: %v", cache.ends)
		}
		for key, b := range cache.lies {
			for _, clear := range []string{tokenOf(1), ticketOf, testSecret, testAppID, "account", "ticket", "value", "fresh"} {
				if strings.Contains(key, clear) || bytes.Contains(b, []byte(clear)) {
					t.Errorf("rule: nothing lies in the clear: %q in %q", clear, key)
				}
			}
		}

		if got, err := one.Renew(ctx, tokenOf(1)); got != tokenOf(2) || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		if got, err := two.Renew(ctx, tokenOf(1)); got != tokenOf(2) || err != nil {
			t.Errorf("rule: what another node has renewed is not renewed again: %q, %v", got, err)
		}
		counts(t, "what another node has renewed is not renewed again", u, "stable", "ticket", "stable")

		time.Sleep(maxLife - renewBefore)
		want(t, "near the end a node gives out the old one", one, 2)
		synctest.Wait()
		want(t, "and fetches, since the other has nothing better", one, 3)
		want(t, "the other gives out the old one", two, 2)
		synctest.Wait()
		want(t, "and finds the new one", two, 3)
		counts(t, "a token's end is one call for all nodes", u, "stable", "ticket", "stable", "stable")

		u.fails(errDown)
		time.Sleep(maxLife - renewBefore)
		want(t, "a node that starts while WeChat is down uses another's old token while it is alive", u.node(t, AccountTokenConfig{Cache: cache}), 3)
		late := u.node(t, AccountTokenConfig{Cache: cache})
		time.Sleep(renewBefore)
		if got, err := late.Token(ctx); !errors.Is(err, errDown) {
			t.Errorf("rule: and not when it is dead: %q, %v", got, err)
		}
	})
}

func TestAShortLifeIsSharedForAMinute(t *testing.T) {
	u, cache := newUpstream(), newShelf()
	u.life = 0
	want(t, "the first node fetches", u.node(t, AccountTokenConfig{Cache: cache}), 1)
	want(t, "the second node finds even a token without a life", u.node(t, AccountTokenConfig{Cache: cache}), 1)
	counts(t, "two nodes are one call", u, "stable")
}

func TestCachesDoNotMix(t *testing.T) {
	u, cache := newUpstream(), newShelf()
	want(t, "stable", u.node(t, AccountTokenConfig{Cache: cache}), 1)
	want(t, "the token of another endpoint is another", u.node(t, AccountTokenConfig{Cache: cache, Classic: true}), 2)
	own := u.node(t, AccountTokenConfig{Cache: cache, Source: func(context.Context, string) (string, time.Duration, error) { return "own", time.Hour, nil }})
	if got, err := own.Token(context.Background()); got != "own" || err != nil {
		t.Errorf("rule: a source's token is its own: %q, %v", got, err)
	}
	key := func(node *AccountToken) string { return node.token.key }
	c := clientAt(t, Config{APIURL: "http://127.0.0.1:1"})
	elsewhere, err := c.AccountToken(AccountTokenConfig{Cache: cache})
	if err != nil || key(elsewhere) == key(u.node(t, AccountTokenConfig{Cache: cache})) {
		t.Errorf("rule: the token of a simulator is not WeChat's: %v", err)
	}
	// A token put in the ticket's place must not be given to pages.
	node := u.node(t, AccountTokenConfig{Cache: cache})
	cache.Store.Commit(node.ticket.key, cache.lies[node.token.key], time.Now().Add(time.Hour))
	if ticket, err := node.JSTicket(context.Background()); ticket != ticketOf || err != nil {
		t.Errorf("rule: what lies in another's place is not there: %q, %v", ticket, err)
	}
}

func TestACacheInTroubleCostsAFetch(t *testing.T) {
	tests := []struct {
		rule string
		cfg  func(*shelf)
		took time.Duration
	}{
		{"a cache that is down costs a fetch", func(s *shelf) { s.err = errors.New("cache is down") }, 0},
		{"a slow cache costs half a second", func(s *shelf) { s.takes = 3 * time.Second }, 500 * time.Millisecond},
		{"a cache that never comes back costs half a second", func(s *shelf) { s.stuck = make(chan struct{}) }, 500 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := &records{}
				u, cache := newUpstream(), newShelf()
				tt.cfg(cache)
				token := u.node(t, AccountTokenConfig{Cache: cache, Logger: log.logger()})
				began := time.Now()
				want(t, tt.rule, token, 1)
				if took := time.Since(began); took != tt.took {
					t.Errorf("rule: %s: %v", tt.rule, took)
				}
				for range 5 {
					if got, err := token.Renew(context.Background(), tokenOf(u.count(""))); err != nil || got != tokenOf(u.count("")) {
						t.Errorf("rule: %s: %q, %v", tt.rule, got, err)
					}
				}
				cache.mu.Lock()
				asked := cache.asked
				cache.mu.Unlock()
				if tt.took > 0 && asked > 2 {
					t.Errorf("rule: a cache that does not come back is not asked again meanwhile: %d", asked)
				}
				if n := strings.Count(log.String(), "level=WARN"); n == 0 || strings.Contains(log.String(), tokenOf(1)) {
					t.Errorf("rule: trouble with the cache is in the log: %s", log)
				}
				if cache.stuck != nil {
					close(cache.stuck)
				}
				time.Sleep(3 * time.Second)
			})
		})
	}
}

func TestOddValuesInTheCache(t *testing.T) {
	now := time.Now()
	in := func(d time.Duration) int64 { return now.Add(d).Unix() }
	tests := []struct {
		rule string
		lies string
		uses bool
	}{
		{"a fresh value is used", `{"value":"other","fresh":` + number(in(time.Hour)) + `,"ends":` + number(in(2*time.Hour)) + `}`, true},
		{"an old value is not, when a new one can be had", `{"value":"other","fresh":` + number(in(-1)) + `,"ends":` + number(in(time.Hour)) + `}`, false},
		{"a dead value is not", `{"value":"other","fresh":` + number(in(time.Hour)) + `,"ends":` + number(in(-time.Hour)) + `}`, false},
		{"a value of no shape is not", `{"value":"a b","fresh":` + number(in(time.Hour)) + `,"ends":` + number(in(2*time.Hour)) + `}`, false},
		{"no value is not", `{"value":"","fresh":` + number(in(time.Hour)) + `,"ends":` + number(in(2*time.Hour)) + `}`, false},
		{"what is no record is not", `[]`, false},
		{"nothing is not", ``, false},
	}
	for _, tt := range tests {
		u, cache := newUpstream(), newShelf()
		token := u.node(t, AccountTokenConfig{Cache: cache})
		if err := token.token.shared.Put(context.Background(), token.token.key, []byte(tt.lies), now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		got, err := token.Token(context.Background())
		if wanted := map[bool]string{true: "other", false: tokenOf(1)}[tt.uses]; got != wanted || err != nil {
			t.Errorf("rule: %s: %q, %v", tt.rule, got, err)
		}
	}
	u, cache := newUpstream(), newShelf()
	token := u.node(t, AccountTokenConfig{Cache: cache})
	lies := `{"value":"other","fresh":` + number(in(1000*time.Hour)) + `,"ends":` + number(in(2000*time.Hour)) + `}`
	_ = token.token.shared.Put(context.Background(), token.token.key, []byte(lies), now.Add(time.Hour))
	_, _ = token.Token(context.Background())
	if h := token.token.current.Load(); h.value != "other" || h.renewAt > time.Now().Add(maxLife-renewBefore).UnixNano() || h.expires > time.Now().Add(maxLife).UnixNano() {
		t.Errorf("rule: a node whose clock is ahead makes no token last longer: %v", time.Unix(0, h.expires))
	}
}
