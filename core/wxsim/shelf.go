package wxsim

import "time"

// shelf keeps values until a time, and never more than limit of them: the
// oldest falls off. It is not locked; Sim.mu guards every shelf.
type shelf[V any] struct {
	limit int
	items map[string]*kept[V]
	queue []string // keys, oldest first; may name keys already taken away
}

type kept[V any] struct {
	value V
	until time.Time
}

func newShelf[V any](limit int) *shelf[V] {
	return &shelf[V]{limit: limit, items: map[string]*kept[V]{}}
}

// put adds a value under a new key, after dropping what is past its time.
func (s *shelf[V]) put(now time.Time, key string, value V, until time.Time) {
	for len(s.queue) > 0 {
		oldest, ok := s.items[s.queue[0]]
		if ok && now.Before(oldest.until) && len(s.queue) < s.limit {
			break
		}
		delete(s.items, s.queue[0])
		s.queue = s.queue[1:]
	}
	s.items[key] = &kept[V]{value, until}
	s.queue = append(s.queue, key)
}

// get returns the value under key unless it is past its time. Dropping happens
// on insertion only, so the time decides here, not whether it is still there.
func (s *shelf[V]) get(now time.Time, key string) (V, bool) {
	item, ok := s.items[key]
	if !ok || !now.Before(item.until) {
		var none V
		return none, false
	}
	return item.value, true
}

func (s *shelf[V]) extend(key string, until time.Time) {
	if item, ok := s.items[key]; ok {
		item.until = until
	}
}

func (s *shelf[V]) drop(key string) { delete(s.items, key) }
