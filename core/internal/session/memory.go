package session

import (
	"hash/maphash"
	"slices"
	"sync"
	"time"
)

// Memory is the session store of one process: an scs.Store in 256 shards, so
// that a sweep of many expired sessions never holds up a reader for long. It keeps
// sessions as strings, which cannot change: a user's fields share their bytes, and a
// logged-in request copies nothing. It starts no goroutine: the owner calls Sweep. It is
// safe for concurrent use.
type Memory struct {
	seed   maphash.Seed
	shards [256]shard
}

type shard struct {
	mu    sync.RWMutex
	items map[string]item
}

type item struct {
	value   string
	expires int64 // Unix seconds
}

// NewMemory is an empty store.
func NewMemory() *Memory {
	return &Memory{seed: maphash.MakeSeed()} // the shards' maps come with the first session
}

func (m *Memory) shard(token string) *shard {
	return &m.shards[byte(maphash.String(m.seed, token))]
}

// Find implements scs.Store.
func (m *Memory) Find(token string) ([]byte, bool, error) {
	it, found := m.item(token)
	if !found || it.expires <= time.Now().Unix() {
		return nil, false, nil
	}
	return []byte(it.value), true, nil
}

// findLive is Find without a copy and without reading the clock. A session that has
// expired is found until the next sweep, a minute later at most: the clock would be a
// tenth of the time of a logged-in request (BenchmarkKnown). It does not keep token.
func (m *Memory) findLive(token string) (string, bool) {
	it, found := m.item(token)
	return it.value, found
}

func (m *Memory) item(token string) (item, bool) {
	s := m.shard(token)
	s.mu.RLock()
	it, found := s.items[token]
	s.mu.RUnlock()
	return it, found
}

// Commit implements scs.Store.
func (m *Memory) Commit(token string, value []byte, expires time.Time) error {
	s := m.shard(token)
	it := item{string(value), expires.Unix()}
	s.mu.Lock()
	if s.items == nil {
		s.items = map[string]item{}
	}
	s.items[token] = it
	s.mu.Unlock()
	return nil
}

// All implements scs.IterableStore: what has not expired.
func (m *Memory) All() (map[string][]byte, error) {
	all, now := map[string][]byte{}, time.Now().Unix()
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.RLock()
		for token, it := range s.items {
			if it.expires > now {
				all[token] = []byte(it.value)
			}
		}
		s.mu.RUnlock()
	}
	return all, nil
}

// Held is how many values there are, expired ones that were not swept yet among them.
func (m *Memory) Held() (n int) {
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.RLock()
		n += len(s.items)
		s.mu.RUnlock()
	}
	return n
}

// Delete implements scs.Store.
func (m *Memory) Delete(token string) error {
	s := m.shard(token)
	s.mu.Lock()
	delete(s.items, token)
	s.mu.Unlock()
	return nil
}

// Sweep drops what has expired. It collects under the read lock and drops 64 at a time,
// so that readers and writers wait microseconds and not for the whole map.
func (m *Memory) Sweep(now time.Time) {
	var expired []string
	past := now.Unix()
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
func (s *shard) drop(tokens []string, past int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, token := range tokens {
		if s.items[token].expires <= past {
			delete(s.items, token)
		}
	}
}
