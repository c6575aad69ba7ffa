package platform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

const (
	// storeTimeout is how long the store may take for one command. A durable store is
	// slower than a cache.
	storeTimeout = 3 * time.Second
	// maxSwaps bounds how often a record is read again because another node has changed
	// it meanwhile. Each time another node has made progress.
	maxSwaps = 50
)

// errBusy means that other nodes changed one record again and again.
var errBusy = errors.New("wechat: a record of the platform's store changes too fast")

// records are the platform's values in its store, as sealed JSON.
type records struct {
	store Store
	appID string
	seal  vault.Seal
}

// key is what a record is kept under. Two platforms may share a table.
func (r *records) key(name string) string { return r.appID + "/" + name }

// load reads a record into v. raw is what the store has, for swap. A record that the
// seal does not open counts as none: it is of another secret.
func (r *records) load(ctx context.Context, name string, v any) (raw []byte, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	err = guarded(func() (err error) { raw, err = r.store.Load(ctx, r.key(name)); return err })
	if err != nil || raw == nil {
		return nil, false, err
	}
	text, ok := r.seal.Open(r.key(name), raw)
	if !ok || json.Unmarshal(text, v) != nil {
		return raw, false, nil
	}
	return raw, true, nil
}

// swap replaces a record that still is old. v is nil to delete it.
func (r *records) swap(ctx context.Context, name string, old []byte, v any) (swapped bool, err error) {
	var value []byte
	if v != nil {
		text, err := json.Marshal(v)
		if err != nil {
			return false, fmt.Errorf("wechat: %w", err)
		}
		value = r.seal.Close(r.key(name), text)
	}
	// A change that has begun is finished, even if the caller leaves.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	err = guarded(func() (err error) { swapped, err = r.store.Swap(ctx, r.key(name), old, value); return err })
	return swapped, err
}

// update changes a record until no other node interferes. change gets the record as it
// is (the zero value without one) and returns false to leave it so.
func update[T any](ctx context.Context, r *records, name string, change func(v *T, found bool) bool) (T, error) {
	for range maxSwaps {
		var v T
		raw, found, err := r.load(ctx, name, &v)
		if err != nil {
			return v, storeTrouble(err)
		}
		if !found {
			var none T
			v = none
		}
		if !change(&v, found) {
			return v, nil
		}
		if swapped, err := r.swap(ctx, name, raw, v); err != nil {
			return v, storeTrouble(err)
		} else if swapped {
			return v, nil
		}
	}
	var none T
	return none, errBusy
}

func storeTrouble(err error) error { return fmt.Errorf("wechat: the platform's store: %w", err) }

// guarded turns a panic of the app's code into an error. Its value may hold a secret.
func guarded(run func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic of type %T", p)
		}
	}()
	return run()
}

// list returns the names of records that begin with prefix.
func (r *records) list(ctx context.Context, prefix string) (names []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	var keys []string
	if err = guarded(func() (err error) { keys, err = r.store.List(ctx, r.key(prefix)); return err }); err != nil {
		return nil, err
	}
	for _, key := range keys {
		names = append(names, key[len(r.key("")):])
	}
	return names, nil
}

// reseal seals a record anew.
func (r *records) reseal(ctx context.Context, name string) error {
	for range maxSwaps {
		var v json.RawMessage
		raw, found, err := r.load(ctx, name, &v)
		if err != nil || !found {
			return err
		}
		if swapped, err := r.swap(ctx, name, raw, v); err != nil || swapped {
			return err
		}
	}
	return errBusy
}
