package vault

import (
	"context"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Timeout is what any store gets for one command, and any command of a visitor's
// request that goes to one.
const Timeout = 500 * time.Millisecond

// Find, Commit and Remove go to a store as scs does: with a context, and so with a
// time limit, where it takes one. A store that panics is a store that fails: the store
// is the app's, and a panic in a handler of fiber, or in a goroutine of this library,
// would end the process.

// Find returns the value under key, and whether there is one.
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

// Commit puts value under key until it expires.
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

// Remove takes key away, if it is there.
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
