package once

import (
	"context"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/patrickmn/go-cache"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

const (
	// Life is how long the result of a code is remembered for the browser that brought
	// the code: as long as WeChat keeps a code alive.
	Life = 5 * time.Minute
	// AwaitLife is how long [Results.Await] waits for another node, which may still be
	// exchanging the code that WeChat calls used.
	AwaitLife = time.Second
)

// Results remembers what a code came to: in this process, and sealed in a shared store
// for the other nodes. A store that is down is as good as none.
type Results struct {
	local  *cache.Cache
	shared *vault.Vault // nil without a shared store
}

// NewResults starts no goroutine: the owner calls Sweep. store may be nil. What another
// node sealed with one of the previous secrets is read too.
func NewResults(store scs.Store, appID, secret string, previous ...string) (*Results, error) {
	seal, err := vault.NewSeal(appID, secret, "remembered logins", previous...)
	if err != nil {
		return nil, err
	}
	// No janitor of go-cache's own: its goroutine has no owner that ends it.
	return &Results{local: cache.New(Life, 0), shared: vault.New(store, seal)}, nil
}

// Key names one code in one browser. By the code alone, a code read in a log would log
// anybody in.
func Key(code, browser, scope string) string { return vault.Key(code, browser, scope) }

// Get returns the record of a login.
func (r *Results) Get(ctx context.Context, key string) (record string, found bool) {
	if v, ok := r.local.Get(key); ok {
		record, found = v.(string)
		return record, found
	}
	if r.shared == nil {
		return "", false
	}
	b, found, err := r.shared.Get(ctx, key)
	if err != nil || !found {
		return "", false
	}
	return string(b), true
}

// Put remembers the record of a login for [Life].
func (r *Results) Put(ctx context.Context, key, record string) {
	r.local.SetDefault(key, record)
	if r.shared != nil {
		_ = r.shared.Put(ctx, key, []byte(record), time.Now().Add(Life))
	}
}

// Await looks for the result of another node for at most [AwaitLife]. Without a shared
// store it looks once.
func (r *Results) Await(ctx context.Context, key string) (record string, found bool) {
	if r.shared == nil {
		return r.Get(ctx, key)
	}
	ctx, cancel := context.WithTimeout(ctx, AwaitLife)
	defer cancel()
	tick := time.NewTicker(AwaitLife / 10)
	defer tick.Stop()
	for {
		if record, found := r.Get(ctx, key); found {
			return record, true
		}
		select {
		case <-ctx.Done():
			return "", false
		case <-tick.C:
		}
	}
}

// Sweep drops what is over.
func (r *Results) Sweep() { r.local.DeleteExpired() }

// Len is how many results are held in this process.
func (r *Results) Len() int { return r.local.ItemCount() }
