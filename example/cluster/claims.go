package main

import (
	"context"
	"time"

	"github.com/alexedwards/scs/goredisstore"
	"github.com/redis/go-redis/v9"
)

// claimingStore is an scs store in Redis that can also put a value only where there is
// none. The library asks it for that when two nodes may not do the same thing twice,
// see core.Config.Cache.
type claimingStore struct {
	*goredisstore.RedisStore
	client *redis.Client
	prefix string
}

func newStore(client *redis.Client, prefix string) claimingStore {
	return claimingStore{goredisstore.NewWithPrefix(client, prefix), client, prefix}
}

// ClaimCtx puts b under key until expiry, if there is nothing.
func (s claimingStore) ClaimCtx(ctx context.Context, key string, b []byte, expiry time.Time) (claimed bool, err error) {
	return s.client.SetNX(ctx, s.prefix+key, b, time.Until(expiry)).Result()
}
