package hostile

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
)

var _ scs.Store = (*countingStore)(nil)

// countingStore is a session store that counts its calls, and can fail or panic.
type countingStore struct {
	mu             sync.Mutex
	items          map[string][]byte
	reads, writes  int
	noRead, noSave bool
	panics         bool // instead of an error
}

var errDown = errors.New("store is down")

func newCountingStore() *countingStore { return &countingStore{items: map[string][]byte{}} }

// Find implements scs.Store.
func (c *countingStore) Find(key string) ([]byte, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads++
	if c.noRead {
		return nil, false, c.down()
	}
	b, found := c.items[key]
	return b, found, nil
}

// Commit implements scs.Store. Sessions do not expire while the suite runs.
func (c *countingStore) Commit(key string, b []byte, _ time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	if c.noSave {
		return c.down()
	}
	c.items[key] = b
	return nil
}

// Delete implements scs.Store.
func (c *countingStore) Delete(key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	delete(c.items, key)
	return nil
}

// counts is zero for a nil store, because calls to core's private store cannot be
// counted.
func (c *countingStore) counts() (reads, writes int) {
	if c == nil {
		return 0, 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reads, c.writes
}

func (c *countingStore) down() error {
	if c.panics {
		panic(errDown)
	}
	return errDown
}

func (c *countingStore) setDown(read, save bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.noRead, c.noSave = read, save
}

// setPanics lets a store that is down panic.
func (c *countingStore) setPanics(yes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.panics = yes
}

// corrupt replaces every session with bytes that no codec can decode.
func (c *countingStore) corrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.items {
		c.items[key] = []byte("\xff of another release")
	}
}

// ownSessions is a session manager of the app's own. The store only sees hashes of
// tokens. It is not made by scs.New, because the default store of scs starts a
// goroutine.
func ownSessions(store scs.Store) *scs.SessionManager {
	return &scs.SessionManager{
		Lifetime: time.Hour, Store: store, Codec: scs.GobCodec{}, HashTokenInStore: true,
		Cookie: scs.SessionCookie{Name: "session", Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode, Persist: true},
	}
}
