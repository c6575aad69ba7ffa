package wxapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
	"golang.org/x/sync/singleflight"
)

const (
	// WeChat lets the old token and the new one live side by side for 5
	// minutes (getAccessToken, getStableAccessToken), so that is how long
	// before its end a new one can be had without harm to calls under way.
	slack = 300 * time.Second

	// Whatever life WeChat names, a value is used for a minute: stable_token
	// may say 300 s, and fetching again for each call would spend the quota of
	// 2000 a day of /cgi-bin/token, which a fetch a minute (1440) does not.
	shortest = time.Minute

	// The documented life. A longer one is not believed, so that no slip of
	// an answer keeps a value for years.
	longest = 2 * time.Hour

	// How long a failed fetch stands for the ones that come just after it; in
	// calm while the old value still works and nobody has to wait, and after a
	// quota is used up (45009, 45011: "retry next minute").
	failedFor      = time.Second
	failedForCalm  = 15 * time.Second
	failedForQuota = time.Minute
)

var (
	errClosed = errors.New("wechat: the account's token is closed")
	errShape  = errors.New("wechat: what was fetched is no token of WeChat's shape")
)

// keeper keeps one value of the account, its token or its ticket: one copy in
// the process, one sealed in a shared store, and one fetch at a time.
type keeper struct {
	name   string // in errors and logs
	fetch  func(ctx context.Context, refused string) (value string, life time.Duration, err error)
	budget time.Duration // for a whole fetch
	life   context.Context
	log    *slog.Logger

	shared *vault.Vault // nil: this process alone
	key    string

	held              atomic.Pointer[held] // never nil
	failed            atomic.Pointer[failure]
	flights           singleflight.Group
	fetching, sharing atomic.Bool
}

// held is a value and its times, in Unix nanoseconds: on the clock that other
// nodes have too, and that goes on while a machine sleeps.
type held struct {
	value       string // "" for none
	fresh, ends int64  // a new one is due, this one is dead

	// refused is the value that WeChat did not take, kept so that no store and
	// no fetch under way brings it back; only while there is no value.
	refused string
}

func (h *held) alive(now int64) bool { return h.value != "" && now < h.ends }

type failure struct {
	at  int64
	err error
}

func hold(value string, life time.Duration, asked time.Time) *held {
	life = min(max(life, shortest), longest)
	fresh := max(life-slack, shortest)
	return &held{value: value, fresh: asked.Add(fresh).UnixNano(), ends: asked.Add(life).UnixNano()}
}

// get returns the value held, or a new one. rejected is a value that WeChat
// did not take, or "".
func (k *keeper) get(ctx context.Context, rejected string) (string, error) {
	now := time.Now().UnixNano()
	if h := k.held.Load(); now < h.fresh && h.value != rejected {
		return h.value, nil
	}
	return k.renew(ctx, now, rejected)
}

func (k *keeper) renew(ctx context.Context, now int64, rejected string) (string, error) {
	if rejected != "" {
		k.refuse(rejected)
	}
	h := k.held.Load()
	if now < h.fresh {
		return h.value, nil
	}
	if err := k.recent(h, now); err != nil && !h.alive(now) {
		return "", err
	} else if err != nil {
		return h.value, nil
	}
	if err := ctx.Err(); err != nil && !h.alive(now) {
		return "", fmt.Errorf("wechat: %s: %w", k.name, err)
	}
	done := k.flights.DoChan("", func() (any, error) { return k.flight() })
	if h.alive(now) {
		return h.value, nil // nobody waits for the next while this one works
	}
	select {
	case r := <-done:
		value, _ := r.Val.(string)
		return value, r.Err
	case <-ctx.Done():
		return "", fmt.Errorf("wechat: %s: %w", k.name, ctx.Err())
	}
}

// refuse takes a value that WeChat rejected out of use. A late report about an
// older value changes nothing.
func (k *keeper) refuse(rejected string) {
	for {
		h := k.held.Load()
		if h.value != rejected && (h.value != "" || h.refused != "") || k.held.CompareAndSwap(h, &held{refused: rejected}) {
			return
		}
	}
}

// recent returns the failure that stands for another fetch now, or nil.
func (k *keeper) recent(h *held, now int64) error {
	f := k.failed.Load()
	if f == nil {
		return nil
	}
	stands := failedFor
	var e *Error
	switch {
	case errors.As(f.err, &e) && (e.Code == 45009 || e.Code == 45011):
		stands = failedForQuota
	case h.alive(now):
		stands = failedForCalm
	}
	// The wall clock may be set back; then nothing is recent.
	if since := now - f.at; since >= 0 && since < int64(stands) {
		return f.err
	}
	return nil
}

// flight is what only one caller does at a time. It runs on the keeper's own
// context: whoever started it may leave without harm to the others.
func (k *keeper) flight() (string, error) {
	// The flight before may have landed between a caller's look and this one.
	h, now := k.held.Load(), time.Now().UnixNano()
	if now < h.fresh {
		return h.value, nil
	}
	if err := k.recent(h, now); err != nil {
		return "", err
	}
	if k.life.Err() != nil {
		return "", errClosed
	}
	ctx, cancel := context.WithTimeout(k.life, k.budget)
	defer cancel()
	for {
		next, fetched, err := k.obtain(ctx, h.refused)
		if err != nil {
			err = k.report(err, next != nil || h.alive(now))
			k.failed.Store(&failure{time.Now().UnixNano(), err})
			if next != nil && k.held.CompareAndSwap(h, next) {
				return next.value, nil
			}
			return "", err
		}
		if !k.settle(&h, next) {
			continue
		}
		if fetched {
			k.share(ctx, next)
		}
		return next.value, nil
	}
}

// settle makes next the value held. It is false when next was refused while it
// was on its way; h is then what is held instead. Beside a flight only refuse
// stores, and at most twice, so that no flight goes round for ever.
func (k *keeper) settle(h **held, next *held) bool {
	for !k.held.CompareAndSwap(*h, next) {
		if *h = k.held.Load(); (*h).refused == next.value {
			return false
		}
	}
	return true
}

// obtain looks into the shared store, where another node may have put a new
// value, and fetches one if there is none. With an error it may still return
// the old value of another node, if that is alive.
func (k *keeper) obtain(ctx context.Context, refused string) (next *held, fetched bool, err error) {
	asked := time.Now()
	old := k.look(ctx, asked)
	if old != nil && old.value == refused {
		old = nil
	}
	if old != nil && asked.UnixNano() < old.fresh {
		return old, false, nil
	}
	next, err = within(ctx, k.log, &k.fetching, func() (*held, error) {
		value, life, err := k.fetch(ctx, refused)
		switch {
		case err != nil:
			return nil, err
		case !tokenShape.MatchString(value):
			return nil, errShape
		case value == refused:
			return nil, ErrRefused
		}
		return hold(value, life, asked), nil
	})
	switch {
	case err == nil:
		return next, true, nil
	case k.life.Err() != nil:
		return old, false, errClosed
	}
	return old, false, err
}
