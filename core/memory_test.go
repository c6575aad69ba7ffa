package core

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestHashedTokensAndContextStores(t *testing.T) {
	store := &ctxStore{memory: newMemory()}
	m := manager(store)
	m.HashTokenInStore = true
	r := newRig(t, func(c *Config) { c.Sessions = m })
	b, g := r.browser(), r.gate(Require)
	b.login(g, "/")
	if b.user(g, "/") == nil || store.finds == 0 || !store.limited {
		t.Errorf("read through the context's store, with a time limit: %+v", store)
	}
	if _, found, _ := store.memory.Find(b.cookies["session"]); found {
		t.Error("the token itself is in the store")
	}
	if out := b.send(r.gate(Logout), "POST", "/logout", nil); out.Status != 303 || b.user(g, "/") != nil {
		t.Error("logged out")
	}
}

type ctxStore struct {
	*memory
	finds   int
	limited bool
}

func (s *ctxStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	s.finds++
	_, s.limited = ctx.Deadline()
	return s.memory.Find(token)
}
func (s *ctxStore) CommitCtx(_ context.Context, token string, b []byte, e time.Time) error {
	return s.memory.Commit(token, b, e)
}
func (s *ctxStore) DeleteCtx(_ context.Context, token string) error { return s.memory.Delete(token) }

func TestScsStillFindsItsSessionsByTheKeyThatLoadAsksFor(t *testing.T) {
	m := manager(newMemory())
	key := scsContextKey(m)
	ctx, _ := m.Load(context.Background(), "")
	if key == nil || ctx.Value(key) == nil || context.Background().Value(key) != nil {
		t.Error("scs keeps its sessions elsewhere now")
	}
	other, _ := manager(newMemory()).Load(context.Background(), "")
	if other.Value(key) != nil {
		t.Error("two managers share a key")
	}
}

func TestMemorySweepsWhatHasExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		for i := range 5000 {
			m.Commit(string(rune('a'+i%26))+strings.Repeat("x", i%7)+time.Duration(i).String(), []byte{1}, time.Now().Add(time.Duration(1+i%2)*time.Minute))
		}
		m.Commit("kept", []byte("v"), time.Now().Add(time.Hour))
		time.Sleep(90 * time.Second)
		m.sweep(time.Now())
		left := 0
		for i := range m.shards {
			left += len(m.shards[i].items)
		}
		if left != 2501 {
			t.Errorf("half expired: %d left", left)
		}
		time.Sleep(time.Minute)
		m.Commit("brief", []byte("v"), time.Now().Add(time.Second))
		time.Sleep(2 * time.Second)
		if _, found, _ := m.Find("brief"); found {
			t.Error("expired, though not swept yet")
		}
		m.sweep(time.Now())
		if _, found := m.find("brief"); found {
			t.Error("rule: after a sweep nobody finds what has expired")
		}
		m.shard("kept").drop([]string{"kept"}, time.Now().Unix())
		if b, found, _ := m.Find("kept"); !found || !bytes.Equal(b, []byte("v")) {
			t.Error("lost")
		}
	})
}

func TestASessionMayLastForAges(t *testing.T) {
	m := newMemory()
	for rule, c := range map[string]struct {
		expires time.Time
		found   bool
	}{
		"what expires when nobody lives any more is there": {time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), true},
		"what expired long ago is not":                     {time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), false},
		"a time of day without a monotonic reading counts": {time.Now().Add(time.Hour).Round(0), true},
	} {
		m.Commit("x", []byte("v"), c.expires)
		if _, found, _ := m.Find("x"); found != c.found {
			t.Errorf("rule: %s: %v", rule, found)
		}
	}
}

func TestCloseEndsTheSweeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, err := New(Config{AppID: testAppID, AppSecret: testSecret})
		if err != nil {
			t.Fatal(err)
		}
		a.sessions.manager.Store.Commit("x", []byte{1}, time.Now().Add(time.Second))
		time.Sleep(2 * sweepEvery)
		synctest.Wait()
		m := a.sessions.memory
		if _, left := m.shard("x").items["x"]; left {
			t.Error("the sweeper sweeps")
		}
		for range 2 { // it may be called twice
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
	}) // a goroutine left over fails the test
}
