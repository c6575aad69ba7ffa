package core

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed467724c4/wechat/core/internal/session"
)

func TestHashedTokensAndContextStores(t *testing.T) {
	store := &ctxStore{Memory: session.NewMemory()}
	m := manager(store)
	m.HashTokenInStore = true
	r := newRig(t, func(c *Config) { c.Sessions = m })
	b, g := r.browser(), r.gate(ModeRequire)
	b.login(g, "/")
	if b.user(g, "/") == nil || store.finds == 0 || !store.limited {
		t.Errorf("read through the context's store, with a time limit: %+v", store)
	}
	if _, found, _ := store.Memory.Find(b.cookies["session"]); found {
		t.Error("the token itself is in the store")
	}
	if out := b.send(r.gate(ModeLogout), "POST", "/logout", nil); out.Status != 303 || b.user(g, "/") != nil {
		t.Error("logged out")
	}
}

type ctxStore struct {
	*session.Memory
	finds   int
	limited bool
}

func (s *ctxStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	s.finds++
	_, s.limited = ctx.Deadline()
	return s.Memory.Find(token)
}
func (s *ctxStore) CommitCtx(_ context.Context, token string, b []byte, e time.Time) error {
	return s.Memory.Commit(token, b, e)
}
func (s *ctxStore) DeleteCtx(_ context.Context, token string) error { return s.Memory.Delete(token) }

func TestCloseEndsTheSweeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, err := New(Config{AppID: testAppID, AppSecret: testSecret})
		if err != nil {
			t.Fatal(err)
		}
		a.sessions.PrivateStore().Commit("x", []byte{1}, time.Now().Add(time.Second))
		NewGate(ModeRequire, a).Handle(t.Context(), &Request{Method: "GET", Target: "/", Host: "app.example.com", Header: with("Accept", "text/html")})
		time.Sleep(2 * sweepEvery)
		synctest.Wait()
		if a.sessions.PrivateStore().Held() != 0 {
			t.Error("rule: after a request, what has expired is swept")
		}
		if a.sweeper.awake.Load() {
			t.Error("rule: an instance that holds nothing has no timer")
		}
		a.sessions.PrivateStore().Commit("y", []byte{1}, time.Now().Add(time.Hour))
		a.sweeper.wake()
		time.Sleep(time.Hour - 2*sweepEvery)
		synctest.Wait()
		if !a.sweeper.awake.Load() {
			t.Error("rule: an instance that holds something has a timer until it has expired")
		}
		for range 2 { // it may be called twice
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
	}) // a goroutine left over fails the test
}
