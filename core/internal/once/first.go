package once

import "time"

// maxFirsts bounds what a First holds: strangers can add to it.
const maxFirsts = 10_000

// First tells the first time of something from every further one within a window. It
// is safe for concurrent use.
type First struct{ seen *counter }

// NewFirst starts no goroutine: the owner calls Sweep.
func NewFirst(window time.Duration) *First { return &First{newCounter(window)} }

// Is reports that key comes for the first time. Where there is no room for more keys it
// is false: what depends on it is then left out.
func (f *First) Is(key string, now time.Time) bool {
	if f.seen.get(key, now).n == 0 && f.seen.counts.ItemCount() >= maxFirsts {
		return false
	}
	return f.seen.add(key, now) == 1
}

// Sweep drops what is older than the window.
func (f *First) Sweep() { f.seen.counts.DeleteExpired() }

// Len is how many names are held.
func (f *First) Len() int { return f.seen.counts.ItemCount() }
