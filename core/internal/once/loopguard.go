package once

import (
	"slices"
	"time"
)

// maxTokens is how many sessions of a browser a LoopGuard keeps.
const maxTokens = 8

// LoopGuard counts the logins of each browser within a window, and keeps the tokens of
// the sessions that they made: a login whose session is still there, and did not come
// back, tells of a lost cookie, and one whose session was ended does not. Only a code
// that WeChat accepted adds to it, so strangers cannot fill it. It is safe for concurrent
// use.
type LoopGuard struct{ browsers *counter }

// NewLoopGuard starts no goroutine: the owner calls Sweep.
func NewLoopGuard(window time.Duration) *LoopGuard { return &LoopGuard{newCounter(window)} }

// Count is how many logins a browser made within the window.
func (g *LoopGuard) Count(browser string, now time.Time) int {
	return g.browsers.get(browser, now).n
}

// Sessions are the tokens of the latest sessions that these logins made.
func (g *LoopGuard) Sessions(browser string, now time.Time) []string {
	return slices.Clone(g.browsers.get(browser, now).tokens)
}

// Add counts one login of a browser.
func (g *LoopGuard) Add(browser string, now time.Time) { g.browsers.add(browser, now) }

// AddSession keeps the token of the session that a login made.
func (g *LoopGuard) AddSession(browser, token string, now time.Time) {
	g.browsers.change(browser, now, func(c *count) {
		kept := c.tokens[max(0, len(c.tokens)-maxTokens+1):]
		c.tokens = append(slices.Clone(kept), token)
	})
}

// Sweep drops what is older than the window.
func (g *LoopGuard) Sweep() { g.browsers.counts.DeleteExpired() }

// Len is how many browsers are counted.
func (g *LoopGuard) Len() int { return g.browsers.counts.ItemCount() }
