package wxsim

import "time"

// boundedMap keeps values until a time, and never more than limit of them: the
// oldest is forgotten first. It is not locked; Sim.mu guards every one.
type boundedMap[V any] struct {
	limit int
	items map[string]*entry[V]
	queue []queued[V] // oldest first; may name entries already dropped
}

type entry[V any] struct {
	value V
	until time.Time
}

type queued[V any] struct {
	key   string
	entry *entry[V]
}

func newBoundedMap[V any](limit int) *boundedMap[V] {
	return &boundedMap[V]{limit: limit, items: map[string]*entry[V]{}}
}

// put adds a value under a key, after dropping what is past its time.
func (m *boundedMap[V]) put(now time.Time, key string, value V, until time.Time) {
	for len(m.queue) > 0 {
		oldest := m.queue[0]
		live := m.items[oldest.key] == oldest.entry
		if live && now.Before(oldest.entry.until) && len(m.queue) < m.limit {
			break
		}
		if live {
			delete(m.items, oldest.key)
		}
		m.queue[0] = queued[V]{}
		m.queue = m.queue[1:]
	}
	e := &entry[V]{value, until}
	m.items[key] = e
	m.queue = append(m.queue, queued[V]{key, e})
}

// get returns the value under key unless it is past its time. Dropping happens
// on insertion only, so the time decides here, not whether it is still there.
func (m *boundedMap[V]) get(now time.Time, key string) (V, bool) {
	item, ok := m.items[key]
	if !ok || !now.Before(item.until) {
		var none V
		return none, false
	}
	return item.value, true
}

func (m *boundedMap[V]) extend(key string, until time.Time) {
	if item, ok := m.items[key]; ok {
		item.until = until
	}
}

func (m *boundedMap[V]) drop(key string) { delete(m.items, key) }
