package platform

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
)

// Store keeps what a platform must not lose: a table with a key and a value. It must be
// durable and the same for all nodes; a cache that may be flushed is not enough. Keys
// are at most 160 bytes of ASCII and hold at most an app id. Values are sealed, and
// below 64 KiB. All methods are called from several goroutines.
//
// For SQL:
//
//	CREATE TABLE wechat_platform (key VARCHAR(160) PRIMARY KEY, value BLOB NOT NULL)
type Store interface {
	// Load returns the value under key, nil for none.
	Load(ctx context.Context, key string) ([]byte, error)

	// Swap puts value under key if what is there is still old, byte for byte, and
	// reports whether it did. old is nil for a key without a value, and value is nil
	// to delete the key. It must be atomic: of two calls with the same old one alone
	// succeeds.
	Swap(ctx context.Context, key string, old, value []byte) (swapped bool, err error)

	// List returns the keys that begin with prefix, in any order.
	List(ctx context.Context, prefix string) ([]string, error)
}

// NewMemoryStore returns a store in this process, for tests: with the process, every
// account is lost until [Platform.Recover].
func NewMemoryStore() Store { return &memoryStore{values: map[string][]byte{}} }

type memoryStore struct {
	mu     sync.Mutex
	values map[string][]byte
}

func (m *memoryStore) Load(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.values[key]), nil
}

func (m *memoryStore) Swap(_ context.Context, key string, old, value []byte) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !bytes.Equal(m.values[key], old) {
		return false, nil
	}
	if value == nil {
		delete(m.values, key)
	} else {
		m.values[key] = slices.Clone(value)
	}
	return true, nil
}

func (m *memoryStore) List(_ context.Context, prefix string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var keys []string
	for key := range m.values {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}
