package adaptertest

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
)

var _ scs.Store = (*ledger)(nil)

// ledger is a session store that counts its calls and can be down.
type ledger struct {
	mu             sync.Mutex
	items          map[string][]byte
	reads, writes  int
	noRead, noSave bool
}

var errDown = errors.New("store is down")

func newLedger() *ledger { return &ledger{items: map[string][]byte{}} }

// Find implements scs.Store.
func (l *ledger) Find(key string) ([]byte, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	if l.noRead {
		return nil, false, errDown
	}
	b, found := l.items[key]
	return b, found, nil
}

// Commit implements scs.Store. Nothing expires while a suite runs.
func (l *ledger) Commit(key string, b []byte, _ time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes++
	if l.noSave {
		return errDown
	}
	l.items[key] = b
	return nil
}

// Delete implements scs.Store.
func (l *ledger) Delete(key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes++
	delete(l.items, key)
	return nil
}

// counts is safe to ask for without a store: private sessions have none to count.
func (l *ledger) counts() (reads, writes int) {
	if l == nil {
		return 0, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reads, l.writes
}

func (l *ledger) down(read, save bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.noRead, l.noSave = read, save
}

// spoil replaces every session by what no codec reads.
func (l *ledger) spoil() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key := range l.items {
		l.items[key] = []byte("\xff of another release")
	}
}

// ownSessions are an app's own, with scs's own codec over a store that only sees
// hashes of tokens. Not scs.New, whose own store starts a goroutine.
func ownSessions(store scs.Store) *scs.SessionManager {
	return &scs.SessionManager{
		Lifetime: time.Hour, Store: store, Codec: scs.GobCodec{}, HashTokenInStore: true,
		Cookie: scs.SessionCookie{Name: "session", Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode, Persist: true},
	}
}
