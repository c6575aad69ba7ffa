package session

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
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

// tombstoneLife is how long a logout is remembered against requests that were still
// running.
const tombstoneLife = 10 * time.Minute

// maxSuccessors bounds the way a logout goes.
const maxSuccessors = 8

// noteKey is what a note about a session is kept under. It has a token's length,
// because there are stores that take no longer key.
func noteKey(kind, key string) string {
	sum := sha256.Sum256([]byte(kind + key))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// putNote writes a note, in the form of a session, because an app may iterate over
// all of its store. It holds no user, so a cookie that names it is nobody's.
func (s *Sessions) putNote(ctx context.Context, kind, key, text string) error {
	expires := time.Now().Add(tombstoneLife)
	b, err := s.manager.Codec.Encode(expires, map[string]any{kind: text})
	if err != nil {
		return err
	}
	return vault.Commit(ctx, s.manager.Store, noteKey(kind, key), b, expires)
}

func (s *Sessions) note(ctx context.Context, kind, key string) (text string, found bool, err error) {
	b, found, err := vault.Find(ctx, s.manager.Store, noteKey(kind, key))
	if err != nil || !found {
		return "", false, err
	}
	_, values, err := s.manager.Codec.Decode(b)
	if err != nil {
		return "", false, nil
	}
	text, found = values[kind].(string)
	return text, found, nil
}

// putSuccessor notes that the session moves to another token.
func (s *Sessions) putSuccessor(ctx context.Context, from, to string) error {
	return s.putNote(ctx, successor, s.storeKey(from), s.storeKey(to))
}

// revoked reports a logout of the session that was just written, and takes the
// writing back.
func (s *Sessions) revoked(ctx context.Context, token string) (bool, error) {
	_, gone, err := s.note(ctx, tombstone, s.storeKey(token))
	if err != nil || !gone {
		return false, err
	}
	return true, s.manager.Destroy(ctx)
}

// hasEnded reports that the session that was just written under its old token was
// logged out or has moved on, and takes the writing back.
func (s *Sessions) hasEnded(ctx context.Context, token string) (bool, error) {
	if gone, err := s.revoked(ctx, token); err != nil || gone {
		return gone, err
	}
	_, moved, err := s.note(ctx, successor, s.storeKey(token))
	if err != nil || !moved {
		return false, err
	}
	return true, s.manager.Destroy(ctx)
}

// revoke deletes the session of a token and all that came of it. A token that leads
// nowhere leaves nothing in the store: anybody may send one.
func (s *Sessions) revoke(ctx context.Context, token string) error {
	if token == "" {
		return nil
	}
	key := s.storeKey(token)
	_, known, err := vault.Find(ctx, s.manager.Store, key)
	if err != nil {
		return err
	}
	for range maxSuccessors {
		if known {
			if err := s.putNote(ctx, tombstone, key, "1"); err != nil {
				return err
			}
			if err := vault.Remove(ctx, s.manager.Store, key); err != nil {
				return err
			}
		}
		next, found, err := s.note(ctx, successor, key)
		if err != nil || !found {
			return err
		}
		key, known = next, true
	}
	return nil
}

// storeKey is a token as the store knows it: with HashTokenInStore, scs's hash. The
// text alone is allocated: BenchmarkKnownHashed pays no more for a hashed token
// than for the copy of one that is not.
func (s *Sessions) storeKey(token string) string {
	if !s.manager.HashTokenInStore {
		return token
	}
	var text [tokenDigits]byte
	sum := sha256.Sum256(append(make([]byte, 0, tokenDigits), token...))
	base64.RawURLEncoding.Encode(text[:], sum[:])
	return string(text[:])
}
