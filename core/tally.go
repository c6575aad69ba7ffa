package core

import (
	"sync"
	"time"

	"github.com/patrickmn/go-cache"
)

// tally counts the logins of each browser in the last minute. Only a code that
// WeChat took adds to it, so strangers cannot fill it.
type tally struct {
	mu   sync.Mutex
	seen *cache.Cache // binding -> loginCount
}

type loginCount struct {
	since time.Time
	n     int
}

func (t *tally) of(browser string, now time.Time) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count(browser, now).n
}

func (t *tally) add(browser string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.count(browser, now)
	c.n++
	t.seen.SetDefault(browser, c)
}

func (t *tally) count(browser string, now time.Time) loginCount {
	if v, ok := t.seen.Get(browser); ok {
		if c := v.(loginCount); now.Sub(c.since) < loopWindow {
			return c
		}
	}
	return loginCount{since: now}
}
