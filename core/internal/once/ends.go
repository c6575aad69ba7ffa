package once

import (
	"context"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

// maxEnds bounds each half of what an Ends holds. Any client can end logins that it
// began. Beyond that the oldest are forgotten.
const maxEnds = 1 << 15

// Ends remembers which logins have ended, so that each end is told once, on nodes with
// the same store too. It is for statistics: a store that is down, a flood of logins, or
// two nodes at the same instant may make an end be told twice. It is safe for
// concurrent use.
type Ends struct {
	life   time.Duration
	shared *vault.Vault // nil without a shared store

	mu          sync.Mutex
	now, before map[string]time.Time // by login; before holds those of the last turn
	turned      time.Time
}

// NewEnds remembers ends for life at least. store may be nil.
func NewEnds(store scs.Store, life time.Duration, appID, secret string, previous ...string) (*Ends, error) {
	seal, err := vault.NewSeal(appID, secret, "ended logins", previous...)
	if err != nil {
		return nil, err
	}
	return &Ends{life: life, shared: vault.New(store, seal), now: map[string]time.Time{}}, nil
}

// Is reports that a login ends for the first time. at is when it ended before, zero if
// this process does not know.
func (e *Ends) Is(ctx context.Context, flow string, now time.Time) (first bool, at time.Time) {
	if first, at = e.isHere(flow, now); !first || e.shared == nil {
		return first, at
	}
	key := vault.Key("ended", flow)
	if _, found, err := e.shared.Get(ctx, key); err == nil && found {
		return false, time.Time{}
	}
	_ = e.shared.Put(ctx, key, nil, time.Now().Add(e.life))
	return true, time.Time{}
}

func (e *Ends) isHere(flow string, now time.Time) (first bool, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if at, found := e.now[flow]; found {
		return false, at
	}
	if at, found := e.before[flow]; found {
		return false, at
	}
	if len(e.now) >= maxEnds {
		e.turn(now)
	}
	e.now[flow] = now
	return true, time.Time{}
}

// Sweep drops what is over.
func (e *Ends) Sweep(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if now.Sub(e.turned) > e.life {
		e.turn(now)
	}
}

func (e *Ends) turn(now time.Time) {
	e.now, e.before, e.turned = map[string]time.Time{}, e.now, now
}

// Len is how many ends are held in this process.
func (e *Ends) Len() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.now) + len(e.before)
}
