package once

import (
	"context"
	"errors"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/patrickmn/go-cache"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

const (
	// Life is how long the result of a code is remembered for the browser that brought
	// the code: as long as WeChat keeps a code alive.
	Life = 5 * time.Minute
	// WebsiteLife is Life for the codes of website applications, which live longer.
	WebsiteLife = 10 * time.Minute
	// AwaitLife is how long [Results.Await] waits for another node, which may still be
	// exchanging the code that WeChat calls used.
	AwaitLife = time.Second
	// endLife is how long a logout is remembered: longer than any result that was there
	// at the logout, or was under way.
	endLife = WebsiteLife + time.Minute
)

// Results remembers the result of each code: in this process, and sealed in a shared
// store for the other nodes. A store that is down is as good as none. It is safe for
// concurrent use.
type Results struct {
	local    *cache.Cache // key -> record
	browsers *cache.Cache // those with a result in local
	ended    *cache.Cache // browsers that logged out
	shared   *vault.Vault // nil without a shared store
}

// NewResults starts no goroutine: the owner calls Sweep. store may be nil. Results that
// another node sealed with one of the previous secrets are read too.
func NewResults(store scs.Store, appID, secret string, previous ...string) (*Results, error) {
	seal, err := vault.NewSeal(appID, secret, "remembered logins", previous...)
	if err != nil {
		return nil, err
	}
	// No janitor of go-cache's own: its goroutine has no owner that ends it.
	return &Results{
		local: cache.New(Life, 0), browsers: cache.New(Life, 0), ended: cache.New(endLife, 0),
		shared: vault.New(store, seal),
	}, nil
}

// Key names one code in one browser, with the scope that was asked for. By the code
// alone, a code read in a log would log anybody in.
func Key(code, browser, scope string) string { return vault.Key(code, browser, scope) }

// Get returns the record of a login, unless its browser has logged out since.
func (r *Results) Get(ctx context.Context, key, browser string) (record string, found bool) {
	if v, ok := r.local.Get(key); ok {
		record, found = v.(string)
	} else if r.shared != nil {
		b, ok, err := r.shared.Get(ctx, key)
		record, found = string(b), ok && err == nil
	}
	if !found || r.Ended(browser) || r.endedElsewhere(ctx, browser) {
		return "", false
	}
	return record, true
}

// Put remembers the record of a login for life: [Life] or [WebsiteLife].
func (r *Results) Put(ctx context.Context, key, browser, record string, life time.Duration) {
	r.local.Set(key, record, life)
	// Of two results, the one that lives longer counts. until is zero without one.
	if _, until, _ := r.browsers.GetWithExpiration(browser); time.Until(until) < life {
		r.browsers.Set(browser, nil, life)
	}
	if r.shared != nil {
		_ = r.shared.Put(ctx, key, []byte(record), time.Now().Add(life))
	}
}

// Await looks for the result of another node for at most [AwaitLife]. Without a shared
// store it looks once.
func (r *Results) Await(ctx context.Context, key, browser string) (record string, found bool) {
	if r.shared == nil {
		return r.Get(ctx, key, browser)
	}
	ctx, cancel := context.WithTimeout(ctx, AwaitLife)
	defer cancel()
	tick := time.NewTicker(AwaitLife / 10)
	defer tick.Stop()
	for {
		if record, found := r.Get(ctx, key, browser); found {
			return record, true
		}
		select {
		case <-ctx.Done():
			return "", false
		case <-tick.C:
		}
	}
}

// Knows says whether this process remembers a result of a browser.
func (r *Results) Knows(browser string) bool {
	_, known := r.browsers.Get(browser)
	return known
}

// End makes every result of a browser count no more, here and on nodes with the same
// store: who kept a callback's address and the cookies of before a logout is not logged
// in by them. Anybody may send a made-up browser, so call it only for one that
// [Results.Knows], or that ended a session.
func (r *Results) End(ctx context.Context, browser string) {
	r.ended.SetDefault(browser, nil)
	if r.shared != nil {
		_ = r.shared.Put(ctx, endKey(browser), nil, time.Now().Add(endLife))
	}
}

// Forget drops the results that this process remembers and whose record is to be forgotten,
// here and in the shared store. Results that other processes remember alone cannot be
// found; they live for [Life].
func (r *Results) Forget(ctx context.Context, is func(record string) bool) (err error) {
	for key, item := range r.local.Items() {
		if record, ok := item.Object.(string); ok && is(record) {
			r.local.Delete(key)
			if r.shared != nil {
				err = errors.Join(err, r.shared.Delete(ctx, key))
			}
		}
	}
	return err
}

// Ended says whether a browser logged out at this node, within the life of a result.
func (r *Results) Ended(browser string) bool {
	_, ended := r.ended.Get(browser)
	return ended
}

func (r *Results) endedElsewhere(ctx context.Context, browser string) bool {
	if r.shared == nil {
		return false
	}
	_, ended, err := r.shared.Get(ctx, endKey(browser))
	return ended && err == nil
}

func endKey(browser string) string { return vault.Key("logged out", browser) }

// Sweep drops what is over.
func (r *Results) Sweep() {
	r.local.DeleteExpired()
	r.browsers.DeleteExpired()
	r.ended.DeleteExpired()
}

// Len is how many entries are held in this process.
func (r *Results) Len() int {
	return r.local.ItemCount() + r.browsers.ItemCount() + r.ended.ItemCount()
}
