package adaptertest

import (
	"fmt"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
)

var _ scs.Store = (*retainingStore)(nil)

// retainingStore is a session store that keeps the very strings that it is given, as
// a map does, and a copy of each. So it shows when a key changes later.
type retainingStore struct {
	mu    sync.Mutex
	items map[string][]byte
	kept  []keptString
}

func newRetainingStore() *retainingStore { return &retainingStore{items: map[string][]byte{}} }

// Find implements scs.Store.
func (s *retainingStore) Find(token string) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, found := s.items[token]
	return b, found, nil
}

// Commit implements scs.Store. Sessions do not expire while the suite runs.
func (s *retainingStore) Commit(token string, b []byte, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items[token] = b
	s.kept = append(s.kept, keep("a key of the session store", token))
	return nil
}

// Delete implements scs.Store.
func (s *retainingStore) Delete(token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.items, token)
	return nil
}

// sound returns an error if a key has changed, or if the number of sessions is not
// the expected one.
func (s *retainingStore) sound(sessions int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := changed(s.kept); err != nil {
		return err
	}
	if len(s.items) != sessions {
		return fmt.Errorf("%d sessions in the store, want %d", len(s.items), sessions)
	}
	return nil
}
