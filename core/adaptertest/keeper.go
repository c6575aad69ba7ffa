package adaptertest

import (
	"fmt"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
)

var _ scs.Store = (*keeper)(nil)

// keeper is a session store that keeps the very strings it is handed, as every
// map does: as keys, and beside what they were.
type keeper struct {
	mu    sync.Mutex
	items map[string][]byte
	kept  []keptString
}

func newKeeper() *keeper { return &keeper{items: map[string][]byte{}} }

// Find implements scs.Store.
func (k *keeper) Find(token string) ([]byte, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	b, found := k.items[token]
	return b, found, nil
}

// Commit implements scs.Store. Nothing expires while a suite runs.
func (k *keeper) Commit(token string, b []byte, _ time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.items[token] = b
	k.kept = append(k.kept, keep("a key of the session store", token))
	return nil
}

// Delete implements scs.Store.
func (k *keeper) Delete(token string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.items, token)
	return nil
}

// sound says whether every key is what it was, and there are as many as sessions.
func (k *keeper) sound(sessions int) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := changed(k.kept); err != nil {
		return err
	}
	if len(k.items) != sessions {
		return fmt.Errorf("%d sessions in the store, want %d", len(k.items), sessions)
	}
	return nil
}
