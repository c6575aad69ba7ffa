package core

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/patrickmn/go-cache"
)

// remembered keeps what a code came to, for as long as WeChat keeps the code: in
// this process, and sealed in Config.Cache for the other nodes. A cache that is
// down is as good as none.
type remembered struct {
	appID  string
	local  *cache.Cache
	shared scs.Store // nil without Config.Cache
	seal   cipher.AEAD
}

func newRemembered(c *Config) (*remembered, error) {
	key, err := derive(c.AppID, c.AppSecret, "remembered logins")
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	// No janitor of go-cache's own: its goroutine has no owner that ends it.
	return &remembered{appID: c.AppID, local: cache.New(rememberFor, 0), shared: c.Cache, seal: seal}, nil
}

// rememberKey is for one code in one browser: by the code alone, a code read in a
// log would log anybody in. It holds neither in the clear, since operators list
// keys, and is no longer than a session's token, since stores may take no more.
func rememberKey(code, browser string, asked Scope) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{code, browser, string(asked)}, "\x00")))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (m *remembered) get(ctx context.Context, key string) (*User, bool) {
	if u, ok := m.local.Get(key); ok {
		return u.(*User), true
	}
	if m.shared == nil {
		return nil, false
	}
	b, found, err := find(ctx, m.shared, key)
	n := m.seal.NonceSize()
	if err != nil || !found || len(b) < n {
		return nil, false
	}
	plain, err := m.seal.Open(nil, b[:n], b[n:], []byte(key))
	if err != nil {
		return nil, false
	}
	r, ok := decodeRecord(string(plain), m.appID)
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
	nonce := make([]byte, m.seal.NonceSize(), 256)
	rand.Read(nonce)
	_ = commit(ctx, m.shared, key, m.seal.Seal(nonce, nonce, b, []byte(key)), time.Now().Add(rememberFor))
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
