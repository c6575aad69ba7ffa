package adaptertest

import (
	"fmt"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
)

var _ scs.Store = (*retainingStore)(nil)

// retainingStore is a session store that keeps the very strings it is handed, as every
// map does: as keys, and beside what they were.
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

// Commit implements scs.Store. Nothing expires while a suite runs.
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

// sound says whether every key is what it was, and there are as many as sessions.
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
