package core

import (
	"context"
	"time"

	"github.com/patrickmn/go-cache"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

// remembered keeps what a code came to, for as long as WeChat keeps the code: in
// this process, and sealed in Config.Cache for the other nodes. A cache that is
// down is as good as none.
type remembered struct {
	appID  string
	local  *cache.Cache
	shared *vault.Vault // nil without Config.Cache
}

func newRemembered(c *Config) (*remembered, error) {
	seal, err := vault.NewSeal(c.AppID, c.AppSecret, "remembered logins")
	if err != nil {
		return nil, err
	}
	// No janitor of go-cache's own: its goroutine has no owner that ends it.
	return &remembered{appID: c.AppID, local: cache.New(rememberFor, 0), shared: vault.New(c.Cache, seal)}, nil
}

// rememberKey is for one code in one browser: by the code alone, a code read in a
// log would log anybody in.
func rememberKey(code, browser string, asked Scope) string {
	return vault.Key(code, browser, string(asked))
}

func (m *remembered) get(ctx context.Context, key string) (*User, bool) {
	if u, ok := m.local.Get(key); ok {
		return u.(*User), true
	}
	if m.shared == nil {
		return nil, false
	}
	b, found, err := m.shared.Get(ctx, key)
	if err != nil || !found {
		return nil, false
	}
	r, ok := decodeRecord(string(b), m.appID)
	return &r.user, ok
}

func (m *remembered) put(ctx context.Context, key string, u *User) {
	m.local.SetDefault(key, u)
	if m.shared == nil {
		return
	}
	r := record{user: *u}
	b, err := r.encode()
	if err != nil {
		return
	}
	_ = m.shared.Put(ctx, key, b, time.Now().Add(rememberFor))
}

// await looks for the result of another node, which may be in the middle of the
// exchange that used the code up.
func (m *remembered) await(ctx context.Context, key string) (*User, bool) {
	if m.shared == nil {
		return m.get(ctx, key)
	}
	ctx, cancel := context.WithTimeout(ctx, awaitNode)
	defer cancel()
	tick := time.NewTicker(awaitNode / 10)
	defer tick.Stop()
	for {
		if u, ok := m.get(ctx, key); ok {
			return u, true
		}
		select {
		case <-ctx.Done():
			return nil, false
		case <-tick.C:
		}
	}
}
