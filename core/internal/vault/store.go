package vault

import (
	"context"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Timeout is how long a store may take for one command. It also bounds all commands
// together that write one session.
const Timeout = 500 * time.Millisecond

// Find, Commit and Remove call a store as scs does: with a context, and so with a time
// limit, where the store takes one. A store that panics counts as one that fails,
// because a panic in a handler of fiber, or in a goroutine of this library, would end
// the process.

// Find returns the value under key, and whether there is one. An error means that the
// store failed.
func Find(ctx context.Context, in scs.Store, key string) (value []byte, found bool, err error) {
	defer failed(&err)
	if store, ok := in.(interface {
		FindCtx(context.Context, string) ([]byte, bool, error)
	}); ok {
		ctx, cancel := context.WithTimeout(ctx, Timeout)
		defer cancel()
		return store.FindCtx(ctx, key)
	}
	return in.Find(key)
}

// Commit puts value under key until expires.
func Commit(ctx context.Context, in scs.Store, key string, value []byte, expires time.Time) (err error) {
	defer failed(&err)
	if store, ok := in.(interface {
		CommitCtx(context.Context, string, []byte, time.Time) error
	}); ok {
		ctx, cancel := context.WithTimeout(ctx, Timeout)
		defer cancel()
		return store.CommitCtx(ctx, key, value, expires)
	}
	return in.Commit(key, value, expires)
}

// Remove deletes key, if it is there.
func Remove(ctx context.Context, in scs.Store, key string) (err error) {
	defer failed(&err)
	if store, ok := in.(interface {
		DeleteCtx(context.Context, string) error
	}); ok {
		ctx, cancel := context.WithTimeout(ctx, Timeout)
		defer cancel()
		return store.DeleteCtx(ctx, key)
	}
	return in.Delete(key)
}

// failed turns a panic into an error. The panic's value may hold anything, so only its
// type is told.
func failed(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("store: panic of type %T", p)
	}
}

// Claimer is a store that can put a value only where there is none, in one step.
type Claimer interface {
	ClaimCtx(ctx context.Context, key string, b []byte, expiry time.Time) (claimed bool, err error)
}

// Claim puts a mark under key until expires, if there is none. claimed is true for one
// caller only.
func Claim(ctx context.Context, in Claimer, key string, expires time.Time) (claimed bool, err error) {
	defer failed(&err)
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	return in.ClaimCtx(ctx, key, []byte{1}, expires)
}
