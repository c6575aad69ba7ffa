package once

import (
	"sync"
	"time"

	"github.com/patrickmn/go-cache"
)

// LoopGuard counts the logins of each browser within a window. Only a code that WeChat
// accepted adds to it, so strangers cannot fill it.
type LoopGuard struct {
	window time.Duration
	mu     sync.Mutex
	counts *cache.Cache // browser -> count
}

type count struct {
	since time.Time
	n     int
}

// NewLoopGuard starts no goroutine: the owner calls Sweep.
func NewLoopGuard(window time.Duration) *LoopGuard {
	return &LoopGuard{window: window, counts: cache.New(window, 0)}
}

// Count is how many logins a browser made within the window.
func (g *LoopGuard) Count(browser string, now time.Time) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count(browser, now).n
}

// Add counts one login of a browser.
func (g *LoopGuard) Add(browser string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.count(browser, now)
	c.n++
	g.counts.SetDefault(browser, c)
}

// Sweep drops what is older than the window.
func (g *LoopGuard) Sweep() { g.counts.DeleteExpired() }

func (g *LoopGuard) count(browser string, now time.Time) count {
	if v, ok := g.counts.Get(browser); ok {
		if c, ok := v.(count); ok && now.Sub(c.since) < g.window {
			return c
		}
	}
	return count{since: now}
}
