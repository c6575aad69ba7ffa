package once

import (
	"sync"
	"time"

	"github.com/patrickmn/go-cache"
)

// counter counts by key within a window that begins with the first count.
type counter struct {
	window time.Duration
	mu     sync.Mutex
	counts *cache.Cache // key -> count
}

type count struct {
	since  time.Time
	n      int
	tokens []string // see LoopGuard
}

func newCounter(window time.Duration) *counter {
	return &counter{window: window, counts: cache.New(window, 0)}
}

func (c *counter) get(key string, now time.Time) count {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current(key, now)
}

// change applies a change to a key's count and returns the count.
func (c *counter) change(key string, now time.Time, change func(*count)) count {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.current(key, now)
	change(&n)
	c.counts.SetDefault(key, n)
	return n
}

func (c *counter) add(key string, now time.Time) int {
	return c.change(key, now, func(n *count) { n.n++ }).n
}

func (c *counter) current(key string, now time.Time) count {
	if v, ok := c.counts.Get(key); ok {
		if n, ok := v.(count); ok && now.Sub(n.since) < c.window {
			return n
		}
	}
	return count{since: now}
}
