package screen

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

// store is shared by the nodes of a test. It may be down, and may be able to claim.
type store struct {
	mu      sync.Mutex
	items   map[string][]byte
	down    error
	commits int
}

func newStore() *store { return &store{items: map[string][]byte{}} }

func (s *store) Find(key string) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, found := s.items[key]
	return b, found, s.down
}

func (s *store) Commit(key string, b []byte, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down == nil {
		s.items[key] = b
		s.commits++
	}
	return s.down
}

func (s *store) Delete(key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.items, key)
	return s.down
}

func (s *store) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = err
}

// claimer is a store as Redis is one.
type claimer struct{ *store }

func (c claimer) ClaimCtx(_ context.Context, key string, b []byte, _ time.Time) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, taken := c.items[key]; taken || c.down != nil {
		return false, c.down
	}
	c.items[key] = b
	return true, nil
}

var errDown = errors.New("down")

// clock is what all nodes of a test read.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newClock() *clock { return &clock{at: time.Unix(1_700_000_000, 0)} }

const (
	site = "https://app.example.com"
	mei  = "o-mei"
	jun  = "o-jun"
)

func node(t testing.TB, in interface {
	Find(string) ([]byte, bool, error)
	Commit(string, []byte, time.Time) error
	Delete(string) error
}, c *clock) *Codes {
	t.Helper()
	codes, err := New(Config{AppID: "wx0123456789abcdef", AppSecret: "secret", Store: in, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return codes
}

// allowed is a code that Mei has allowed, and the note about it.
func allowed(t testing.TB, c *Codes, name string) Note {
	t.Helper()
	if _, err := c.Scan(t.Context(), name, mei, site); err != nil {
		t.Fatal(err)
	}
	n, err := c.Allow(t.Context(), name, mei, Answer{"record", "session"})
	if err != nil || n.State != Allowed {
		t.Fatalf("%+v, %v", n, err)
	}
	return n
}

// wrong is a number that is not the note's.
func wrong(n Note) string {
	if n.Number == "0000" {
		return "0001"
	}
	return "0000"
}
