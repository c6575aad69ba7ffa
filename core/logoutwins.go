package core

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// A logout wins over requests that are still running. Two notes in the session
// store see to it, each kept for tombstoneLife under the key of a session that is
// no more:
//
//   - a logout leaves a tombstone before it deletes, and whoever wrote the session
//     looks for one afterwards;
//   - a login that moves a session to a new token leaves the way to it before it
//     deletes the old one, and a logout goes that way.
//
// Both write first and look afterwards, so that at least one sees the other. Only
// where the app's own LoadAndSave writes the session, scs's rule stands that the
// last writer wins.
const (
	tombstone = "gone."
	successor = "next."
)

// maxSuccessors bounds the way a logout goes.
const maxSuccessors = 8

// succeed notes that the session moves to another token.
func (s *sessions) succeed(ctx context.Context, from, to string) error {
	return s.commit(ctx, successor+s.storeKey(from), []byte(s.storeKey(to)), s.now().Add(tombstoneLife))
}

// loggedOut reports a logout of the session that was just written, and takes the
// writing back.
func (s *sessions) loggedOut(ctx context.Context, token string) (bool, error) {
	_, gone, err := s.find(ctx, tombstone+s.storeKey(token))
	if err != nil || !gone {
		return false, err
	}
	return true, s.manager.Destroy(ctx)
}

// bury deletes the session of a token and all that came of it. A token that leads
// nowhere leaves nothing in the store: anybody may send one.
func (s *sessions) bury(ctx context.Context, token string, known bool) error {
	key := s.storeKey(token)
	for range maxSuccessors {
		if known {
			if err := s.commit(ctx, tombstone+key, []byte{recordVersion}, s.now().Add(tombstoneLife)); err != nil {
				return err
			}
			if err := s.remove(ctx, key); err != nil {
				return err
			}
		}
		next, found, err := s.find(ctx, successor+key)
		if err != nil || !found {
			return err
		}
		key, known = string(next), true
	}
	return nil
}

// storeKey is a token as the store knows it: with HashTokenInStore, scs's hash.
func (s *sessions) storeKey(token string) string {
	if !s.manager.HashTokenInStore {
		return token
	}
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// find, commit and remove go to the store as scs does, with a time limit where it
// takes a context.
func (s *sessions) find(ctx context.Context, key string) ([]byte, bool, error) {
	if store, ok := s.manager.Store.(interface {
		FindCtx(context.Context, string) ([]byte, bool, error)
	}); ok {
		ctx, cancel := context.WithTimeout(ctx, storeTimeout)
		defer cancel()
		return store.FindCtx(ctx, key)
	}
	return s.manager.Store.Find(key)
}

func (s *sessions) commit(ctx context.Context, key string, value []byte, expires time.Time) error {
	if store, ok := s.manager.Store.(interface {
		CommitCtx(context.Context, string, []byte, time.Time) error
	}); ok {
		return store.CommitCtx(ctx, key, value, expires)
	}
	return s.manager.Store.Commit(key, value, expires)
}

func (s *sessions) remove(ctx context.Context, key string) error {
	if store, ok := s.manager.Store.(interface {
		DeleteCtx(context.Context, string) error
	}); ok {
		return store.DeleteCtx(ctx, key)
	}
	return s.manager.Store.Delete(key)
}
