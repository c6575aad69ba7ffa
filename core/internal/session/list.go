package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"
)

// ErrNotListed is about a store that cannot list what it holds.
var ErrNotListed = fmt.Errorf("wechat: the session store cannot list its sessions (it is no scs.IterableStore): %w", errors.ErrUnsupported)

// Listed is a session in the store.
type Listed struct {
	Record  string
	Expires time.Time

	key string // in the store
}

// All returns every session in the store with a record of this account. It reads the whole
// store. The error is [ErrNotListed] where the store cannot list.
func (s *Sessions) All(ctx context.Context) (sessions []Listed, err error) {
	defer recovered(&err)
	var stored map[string][]byte
	switch store := s.manager.Store.(type) {
	case scs.IterableCtxStore:
		stored, err = store.AllCtx(ctx)
	case scs.IterableStore:
		stored, err = store.All()
	default:
		err = ErrNotListed
	}
	if err != nil {
		return nil, err
	}
	for key, b := range stored {
		if !IsToken(key) { // not a session
			continue
		}
		deadline, values, err := s.decodeAll(b)
		if record := s.ownIn(values); err == nil && record != "" {
			sessions = append(sessions, Listed{record, deadline, key})
		}
	}
	return sessions, nil
}

func (s *Sessions) decodeAll(b []byte) (deadline time.Time, values map[string]any, err error) {
	defer recovered(&err)
	return s.manager.Codec.Decode(b)
}

// End deletes a session with all that is in it. Like a logout it wins over requests that
// are still running.
func (s *Sessions) End(ctx context.Context, l Listed) (err error) {
	defer recovered(&err)
	return s.revokeKey(ctx, l.key, "")
}
