package core

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
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
	return commit(ctx, s.manager.Store, successor+s.storeKey(from), []byte(s.storeKey(to)), s.now().Add(tombstoneLife))
}

// loggedOut reports a logout of the session that was just written, and takes the
// writing back.
func (s *sessions) loggedOut(ctx context.Context, token string) (bool, error) {
	_, gone, err := find(ctx, s.manager.Store, tombstone+s.storeKey(token))
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
			if err := commit(ctx, s.manager.Store, tombstone+key, []byte{recordVersion}, s.now().Add(tombstoneLife)); err != nil {
				return err
			}
			if err := remove(ctx, s.manager.Store, key); err != nil {
				return err
			}
		}
		next, found, err := find(ctx, s.manager.Store, successor+key)
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
