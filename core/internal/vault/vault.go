// Package vault keeps values in a store that others can read: sealed with a key made
// from the app secret, so that every node with that secret has the same key. It never
// decides what a value means, and a store that panics is for it a store that fails. Of
// this library it imports nothing.
package vault

import (
	"context"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Vault is a store behind a seal. It is safe for concurrent use where its store is.
type Vault struct {
	store scs.Store
	seal  Seal
}

// New returns a vault in store. For a nil store it returns nil.
func New(store scs.Store, seal Seal) *Vault {
	if store == nil {
		return nil
	}
	return &Vault{store, seal}
}

// Get returns what is kept under key. A value that the seal does not open counts as not
// found. An error means that the store failed.
func (v *Vault) Get(ctx context.Context, key string) (value []byte, found bool, err error) {
	sealed, found, err := Find(ctx, v.store, key)
	if err != nil || !found {
		return nil, false, err
	}
	value, ok := v.seal.Open(key, sealed)
	return value, ok, nil
}

// Put seals value and keeps it under key until expires.
func (v *Vault) Put(ctx context.Context, key string, value []byte, expires time.Time) error {
	return Commit(ctx, v.store, key, v.seal.Close(key, value), expires)
}

// Delete removes key, if it is there.
func (v *Vault) Delete(ctx context.Context, key string) error { return Remove(ctx, v.store, key) }

// Claim marks key until expires, if nothing is kept under it: of several nodes that claim
// at the same instant, claimed is true for one. Where the store is no [Claimer], it looks
// and marks nothing, so claimed can be true for several nodes.
func (v *Vault) Claim(ctx context.Context, key string, expires time.Time) (claimed bool, err error) {
	if store, ok := v.store.(Claimer); ok {
		return Claim(ctx, store, key, expires)
	}
	_, found, err := v.Get(ctx, key)
	return !found, err
}
