package core

import (
	"context"
	"time"

	"github.com/alexedwards/scs/v2"
)

// find, commit and remove go to a store as scs does: with a context, and so with a
// time limit, where it takes one.

func find(ctx context.Context, in scs.Store, key string) ([]byte, bool, error) {
	if store, ok := in.(interface {
		FindCtx(context.Context, string) ([]byte, bool, error)
	}); ok {
		ctx, cancel := context.WithTimeout(ctx, storeTimeout)
		defer cancel()
		return store.FindCtx(ctx, key)
	}
	return in.Find(key)
}

func commit(ctx context.Context, in scs.Store, key string, value []byte, expires time.Time) error {
	if store, ok := in.(interface {
		CommitCtx(context.Context, string, []byte, time.Time) error
	}); ok {
		ctx, cancel := context.WithTimeout(ctx, storeTimeout)
		defer cancel()
		return store.CommitCtx(ctx, key, value, expires)
	}
	return in.Commit(key, value, expires)
}

func remove(ctx context.Context, in scs.Store, key string) error {
	if store, ok := in.(interface {
		DeleteCtx(context.Context, string) error
	}); ok {
		ctx, cancel := context.WithTimeout(ctx, storeTimeout)
		defer cancel()
		return store.DeleteCtx(ctx, key)
	}
	return in.Delete(key)
}
