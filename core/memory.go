package core

import (
	"hash/maphash"
	"math"
	"slices"
	"sync"
	"time"
)

// memory is the session store of one process: an scs.Store in 256 shards, so
// that a sweep of many expired sessions never holds up a reader for long. Sessions
// are kept as strings, which nobody can change: a user's fields can share their
// bytes and a logged-in request copies nothing. Who owns it calls sweep; it starts
// no goroutine.
type memory struct {
	seed   maphash.Seed
	began  time.Time // what expiry is counted from
	shards [256]shard
}

type shard struct {
	mu    sync.RWMutex
	items map[string]item
}

type item struct {
	value   string
	expires time.Duration // after memory.began
}

func newMemory() *memory {
	m := &memory{seed: maphash.MakeSeed(), began: time.Now()}
	for i := range m.shards {
		m.shards[i].items = map[string]item{}
	}
	return m
}

func (m *memory) shard(token string) *shard {
	return &m.shards[byte(maphash.String(m.seed, token))]
}

// Find implements scs.Store.
func (m *memory) Find(token string) ([]byte, bool, error) {
	value, found := m.find(token)
	if !found {
		return nil, false, nil
	}
	return []byte(value), true, nil
}

// find is Find without a copy. It does not keep token. What is past is told by the
// monotonic clock, which takes half as long to read as the time of day: it is the
// only clock that a logged-in request reads (BenchmarkKnown).
func (m *memory) find(token string) (string, bool) {
	s := m.shard(token)
	s.mu.RLock()
	it, found := s.items[token]
	s.mu.RUnlock()
	if !found || it.expires <= time.Since(m.began) {
		return "", false
	}
	return it.value, true
}

// Commit implements scs.Store.
func (m *memory) Commit(token string, value []byte, expires time.Time) error {
	s := m.shard(token)
	it := item{string(value), time.Since(m.began) + min(time.Until(expires), farOff)}
	s.mu.Lock()
	s.items[token] = it
	s.mu.Unlock()
	return nil
}

// farOff is no date that a sum with it overflows: 146 years.
const farOff = math.MaxInt64 / 2

// Delete implements scs.Store.
func (m *memory) Delete(token string) error {
	s := m.shard(token)
	s.mu.Lock()
	delete(s.items, token)
	s.mu.Unlock()
	return nil
}

// sweep drops what has expired: collected under the read lock, dropped 64 at a
// time, so that a writer or reader waits microseconds and not for the whole map.
func (m *memory) sweep(now time.Time) {
	var expired []string
	past := now.Sub(m.began)
	for i := range m.shards {
		s := &m.shards[i]
		expired = expired[:0]
		s.mu.RLock()
		for token, it := range s.items {
			if it.expires <= past {
				expired = append(expired, token)
			}
		}
		s.mu.RUnlock()
		for tokens := range slices.Chunk(expired, 64) {
			s.drop(tokens, past)
		}
	}
}

// drop deletes those that are still expired: one may have been written anew.
func (s *shard) drop(tokens []string, past time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, token := range tokens {
		if s.items[token].expires <= past {
			delete(s.items, token)
		}
	}
}
