package session

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// A logout wins over requests that are still running. Two notes in the session store
// see to it, each about a session that is no more:
//
//   - a logout notes that the session is logged out before it deletes it, and a request
//     that wrote the session looks for that note afterwards;
//   - a login that renews a token notes the new one before it deletes the old one, and
//     a logout with the old token ends the new session too. Several callbacks may renew
//     one token at the same time, so a note lists all that came of it.
//
// Both write first and look afterwards, so that at least one sees the other. A login whose
// request brought the token of a session that is gone does the same: it was on its way
// when the session was logged out or renewed. Only where the app's own LoadAndSave writes
// the session, scs's rule stands that the last writer wins.
//
// What remains: two nodes that renew one token in the same moment may each miss the
// other's entry, because a store has no atomic change. Each looks for its own entry after
// it has written its session, so the moment is one round trip to the store.

const (
	// maxEnded is how many sessions one logout ends.
	maxEnded = 32
	// maxRenewals is how often one token may be renewed while it is remembered.
	maxRenewals = 16
)

// Logout ends the session, with all the app kept in it, and whatever a request that is
// still running has made of it. Where the session has records of other accounts and all
// is not set, they and what the app keeps live on under a new token. The returned header
// removes or replaces the cookie, unless the request brought none or the app's
// LoadAndSave does it.
func (s *Sessions) Logout(ctx context.Context, was Stored, all bool, h web.Header, https bool) (answer http.Header, err error) {
	defer recovered(&err)
	open, cancel, err := s.open(ctx, was)
	if err != nil {
		return nil, err
	}
	defer cancel()
	answer = http.Header{}
	keeps := !all && was.Token != "" && len(s.others(open)) > 0
	if was.Loaded {
		if err := s.revoke(open, was.Token); err != nil {
			return nil, err
		}
		if keeps {
			s.manager.Remove(open, s.key)
			return answer, s.manager.RenewToken(open)
		}
		return answer, s.manager.Destroy(open)
	}
	if keeps {
		return s.logoutOne(open, h, https)
	}
	sent := false
	for token := range s.tokens(h, https) {
		sent = true
		if err := s.revoke(open, token); err != nil {
			return nil, err
		}
	}
	if sent {
		s.setCookie(open, answer, "", time.Time{}, https)
	}
	return answer, nil
}

// logoutOne moves what the loaded session holds, without this account's record, into a
// new session, and ends the loaded one as Logout does: whatever a request that is still
// running makes of the old session is undone, for the other accounts too.
func (s *Sessions) logoutOne(loaded context.Context, h web.Header, https bool) (http.Header, error) {
	kept, cancel, err := s.renewed(loaded)
	if err != nil {
		return nil, err
	}
	defer cancel()
	s.manager.Remove(kept, s.key)
	for token := range s.tokens(h, https) {
		if err := s.revoke(loaded, token); err != nil {
			return nil, err
		}
	}
	token, expires, err := s.manager.Commit(kept)
	if err != nil {
		return nil, err
	}
	answer := http.Header{}
	s.setCookie(kept, answer, token, expires, https)
	return answer, nil
}

// revoke deletes the session of a token and all that came of it. A token that leads
// nowhere leaves nothing in the store: anybody may send one.
func (s *Sessions) revoke(ctx context.Context, token string) error {
	if token == "" {
		return nil
	}
	first := s.storeKey(token)
	_, known, err := vault.Find(ctx, s.manager.Store, first)
	if err != nil {
		return err
	}
	if !known {
		if renewals, err := s.renewals(ctx, first); err != nil || len(renewals) == 0 {
			return err
		}
	}
	return s.revokeKey(ctx, first)
}

// revokeKey deletes the session with a store key and all that came of it.
func (s *Sessions) revokeKey(ctx context.Context, key string) error {
	ended := []string{key}
	for i := 0; i < len(ended) && i < maxEnded; i++ {
		if err := s.putNote(ctx, loggedOut, ended[i], ""); err != nil {
			return err
		}
		if err := vault.Remove(ctx, s.manager.Store, ended[i]); err != nil {
			return err
		}
		renewals, err := s.renewals(ctx, ended[i]) // after the note that says logged out
		if err != nil {
			return err
		}
		ended = append(ended, renewals...)
	}
	return nil
}

// RecordAfter returns this account's record in the session that had a token, perhaps
// under another token by now; "" where that session was logged out.
func (s *Sessions) RecordAfter(ctx context.Context, token string) (record string, err error) {
	defer recovered(&err)
	if token == "" {
		return "", nil
	}
	keys := []string{s.storeKey(token)}
	for i := 0; i < len(keys) && i < maxEnded; i++ {
		if _, gone, err := s.note(ctx, loggedOut, keys[i]); err != nil || gone {
			return "", err
		}
		b, found, err := vault.Find(ctx, s.manager.Store, keys[i])
		if err != nil {
			return "", err
		}
		if found {
			return s.anyRecordOf(b), nil
		}
		renewals, err := s.renewals(ctx, keys[i])
		if err != nil {
			return "", err
		}
		keys = append(keys, renewals...)
	}
	return "", nil
}

// anyRecordOf reads sessions that scs's default codec wrote as well.
func (s *Sessions) anyRecordOf(b []byte) string {
	record, _, found := s.recordOf(b)
	if found || !s.inPlace {
		return record
	}
	if _, values, err := decodeGob(b); err == nil {
		return s.ownIn(values)
	}
	return ""
}

// undoneByLogout reports a logout of the session, whose store key is given, from which
// the one was made that was just written. It takes the writing back.
func (s *Sessions) undoneByLogout(ctx context.Context, key string) (bool, error) {
	_, gone, err := s.note(ctx, loggedOut, key)
	if err != nil || !gone {
		return false, err
	}
	return true, s.manager.Destroy(ctx)
}

// undone reports that the session that was just written under its old token was logged
// out or has a new token, and takes the writing back.
func (s *Sessions) undone(ctx context.Context, token string) (bool, error) {
	key := s.storeKey(token)
	if gone, err := s.undoneByLogout(ctx, key); err != nil || gone {
		return gone, err
	}
	_, moved, err := s.note(ctx, renewedAs, key)
	if err != nil || !moved {
		return false, err
	}
	return true, s.manager.Destroy(ctx)
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
