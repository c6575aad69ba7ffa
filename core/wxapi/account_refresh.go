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
	// WeChat accepts the old token and the new one for 5 minutes
	// (getAccessToken, getStableAccessToken). So a new one can be fetched that
	// long before the old one expires, without harm to calls under way.
	renewBefore = 300 * time.Second

	// A value is used for at least a minute, whatever life WeChat names:
	// stable_token may say 300 s, and a fetch for each call would use up the quota
	// of /cgi-bin/token, 2000 a day. One fetch a minute (1440) does not.
	minLife = time.Minute

	// The documented life. A longer one is not believed, so that a wrong number
	// does not keep a value for years.
	maxLife = 2 * time.Hour

	// How long a failed fetch counts for the callers after it: longer while the
	// old value still works and nobody waits, and longer after a quota is used up
	// (45009, 45011: "retry next minute").
	failureLife      = time.Second
	failureLifeCalm  = 15 * time.Second
	failureLifeQuota = time.Minute

	// stable_token gives the same token again for so long after a forced renewal
	// (getStableAccessToken). /cgi-bin/token has no such rule, but a token of it
	// that is rejected again and again would use up 2000 a day within minutes.
	renewalGap = 30 * time.Second
)

var (
	errClosed = errors.New("wechat: the account's token is closed")
	errShape  = errors.New("wechat: what was fetched does not have the shape of a token of WeChat's")
)

// refresher keeps one value of the account, the token or the ticket, and renews
// it: one copy in the process, one sealed in a shared store, one fetch at a time.
type refresher struct {
	name      string // in errors and logs
	fetch     func(ctx context.Context, rejected string) (fetched, error)
	timeout   time.Duration // of a whole fetch
	lifetime  context.Context
	log       *slog.Logger
	onRefresh func(context.Context, Refresh) // may be nil

	shared *vault.Vault // nil: this process alone
	key    string

	current           atomic.Pointer[cached] // never nil
	failed            atomic.Pointer[failure]
	fetches           singleflight.Group
	fetching, sharing atomic.Bool
}

// cached is a value and its times, in Unix nanoseconds of the wall clock: other
// nodes have the same, and it goes on while a machine sleeps.
type cached struct {
	value            string // "" for none
	renewAt, expires int64

	// Until then WeChat gives no other value, so a rejection of this one leads to
	// no fetch.
	finalUntil int64

	// rejected is the value that WeChat did not accept. It is kept so that neither
	// the shared store nor a fetch under way brings it back unnoticed. It is set
	// only while value is "".
	rejected string
}

func (c *cached) alive(now int64) bool { return c.value != "" && now < c.expires }

type failure struct {
	at  int64
	err error
}

func newCached(f fetched, asked time.Time) *cached {
	life := min(max(f.life, minLife), maxLife)
	c := &cached{
		value:   f.value,
		renewAt: asked.Add(max(life-renewBefore, minLife)).UnixNano(),
		expires: asked.Add(life).UnixNano(),
	}
	if f.final {
		c.finalUntil = asked.Add(renewalGap).UnixNano()
	}
	return c
}

// get returns the current value or a new one. rejected is a value that WeChat did
// not accept, or "".
func (r *refresher) get(ctx context.Context, rejected string) (string, error) {
	now := time.Now().UnixNano()
	if c := r.current.Load(); now < c.renewAt && c.value != rejected {
		return c.value, nil
	}
	return r.renew(ctx, now, rejected)
}

func (r *refresher) renew(ctx context.Context, now int64, rejected string) (string, error) {
	if c := r.current.Load(); rejected != "" && c.value == rejected && now < c.finalUntil {
		return c.value, nil // WeChat insists on it, so the rejection may be a mistake
	}
	if rejected != "" {
		r.reject(rejected)
	}
	c := r.current.Load()
	if now < c.renewAt {
		return c.value, nil
	}
	if err := r.recentFailure(c, now); err != nil && !c.alive(now) {
		return "", err
	} else if err != nil {
		return c.value, nil
	}
	if err := ctx.Err(); err != nil && !c.alive(now) {
		return "", fmt.Errorf("wechat: %s: %w", r.name, err)
	}
	done := r.fetches.DoChan("", func() (any, error) { return r.fetchOnce() })
	if c.alive(now) {
		return c.value, nil // nobody waits for the next value while this one works
	}
	select {
	case result := <-done:
		value, _ := result.Val.(string)
		return value, result.Err
	case <-ctx.Done():
		return "", fmt.Errorf("wechat: %s: %w", r.name, ctx.Err())
	}
}

// prefetch begins a fetch if the value is missing or due, and does not wait.
func (r *refresher) prefetch() {
	now := time.Now().UnixNano()
	if c := r.current.Load(); now >= c.renewAt && r.recentFailure(c, now) == nil {
		r.fetches.DoChan("", func() (any, error) { return r.fetchOnce() })
	}
}

// reject takes a value that WeChat did not accept out of use. A late report about
// an older value changes nothing.
func (r *refresher) reject(rejected string) {
	for {
		c := r.current.Load()
		if c.value != rejected && (c.value != "" || c.rejected != "") || r.current.CompareAndSwap(c, &cached{rejected: rejected}) {
			return
		}
	}
}

// recentFailure returns the failure that counts instead of another fetch now, or
// nil.
func (r *refresher) recentFailure(c *cached, now int64) error {
	f := r.failed.Load()
	if f == nil {
		return nil
	}
	life := failureLife
	switch {
	case isQuotaError(f.err):
		life = failureLifeQuota
	case c.alive(now):
		life = failureLifeCalm
	}
	// If the wall clock is set back, no failure is recent.
	if since := now - f.at; since >= 0 && since < int64(life) {
		return f.err
	}
	return nil
}

// fetchOnce runs for one caller at a time. It uses the refresher's own context,
// so the caller that began it may leave without harm to the others.
func (r *refresher) fetchOnce() (string, error) {
	// Another fetch may have ended between a caller's check and this one.
	c, now := r.current.Load(), time.Now().UnixNano()
	if now < c.renewAt {
		return c.value, nil
	}
	if err := r.recentFailure(c, now); err != nil {
		return "", err
	}
	if r.lifetime.Err() != nil {
		return "", errClosed
	}
	ctx, cancel := context.WithTimeout(r.lifetime, r.timeout)
	defer cancel()
	for {
		began := time.Now()
		next, isNew, err := r.loadOrFetch(ctx, c.rejected)
		err = r.report(ctx, c, next, isNew, time.Since(began), err)
		if err != nil {
			r.failed.Store(&failure{time.Now().UnixNano(), err})
			if next != nil && r.current.CompareAndSwap(c, next) {
				return next.value, nil
			}
			return "", err
		}
		if !r.replace(&c, next) {
			continue
		}
		if isNew {
			r.saveShared(ctx, next)
		}
		return next.value, nil
	}
}

// replace makes next the current value. It is false if next was rejected while it
// was fetched; c is then what is current instead. During a fetch only reject
// stores anything, and at most twice, so the loop in fetchOnce ends.
func (r *refresher) replace(c **cached, next *cached) bool {
	for !r.current.CompareAndSwap(*c, next) {
		if *c = r.current.Load(); (*c).rejected == next.value {
			return false
		}
	}
	return true
}

// loadOrFetch looks into the shared store, where another node may have put a new
// value, and fetches one if there is none. With an error it may still return the
// old value of another node, if that has not expired.
func (r *refresher) loadOrFetch(ctx context.Context, rejected string) (next *cached, isNew bool, err error) {
	asked := time.Now()
	old := r.loadShared(ctx, asked)
	if old != nil && old.value == rejected {
		old = nil
	}
	if old != nil && asked.UnixNano() < old.renewAt {
		return old, false, nil
	}
	next, err = runBounded(ctx, r.log, &r.fetching, func() (*cached, error) {
		f, err := r.fetch(ctx, rejected)
		switch {
		case err != nil:
			return nil, err
		case !tokenShape.MatchString(f.value):
			return nil, errShape
		case f.value == rejected:
			// Nothing better is to be had, and the rejection may be a mistake. Giving
			// out no token would certainly fail every caller.
			f.final = true
			r.log.WarnContext(ctx, "wechat: WeChat rejected a value and gave the same again, so it stays in use", "value", r.name)
		}
		return newCached(f, asked), nil
	})
	switch {
	case err == nil:
		return next, true, nil
	case r.lifetime.Err() != nil:
		return old, false, errClosed
	}
	return old, false, err
}
