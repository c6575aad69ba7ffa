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

// A logout wins over requests that are still running. Notes in the session store see to
// it:
//
//   - A logout notes that the session is logged out before it deletes it, and a request
//     that wrote the session looks for that note afterwards.
//   - A login that renews a token notes the new session in a slot before it writes it, and
//     afterwards looks for the logout of the old one. A logout reads the slots after it has
//     written its own note, and ends each session that it finds there.
//
// Both write first and look afterwards, so at least one sees the other, in whatever order
// the commands of any number of nodes reach the store (TestALogoutWinsInEveryOrder tries
// all of them). Who sees the other undoes the login. The new token is not known to any
// browser before the login has looked, so nothing can be made of it until then.
//
// A login whose request brought the token of a session that is gone does the same: it was
// on its way when the session was logged out or renewed.
//
// What remains:
//   - Where the app's own LoadAndSave writes the session, scs's rule stands that the last
//     writer wins.
//   - A process that is killed between writing a session and looking for a logout leaves
//     that session in the store. No browser was told the token of a new one; an old one
//     (Rewrite) is alive until the browser's cookie is gone, which the logout removes.
//   - One logout ends maxEnded sessions.

// maxEnded is how many sessions one logout ends.
const maxEnded = 32

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
	if !all && was.Token != "" && len(s.others(open)) > 0 {
		if answer, kept, err := s.logoutOne(open, was, h, https); err != nil || kept {
			return answer, err
		}
	}
	return s.logoutAll(open, was, h, https)
}

// logoutAll ends the session with all that is in it.
func (s *Sessions) logoutAll(ctx context.Context, was Stored, h web.Header, https bool) (http.Header, error) {
	answer := http.Header{}
	if was.Loaded {
		if err := s.revoke(ctx, was.Token); err != nil {
			return nil, err
		}
		return answer, s.manager.Destroy(ctx)
	}
	sent := false
	for token := range s.tokens(h, https) {
		sent = true
		if err := s.revoke(ctx, token); err != nil {
			return nil, err
		}
	}
	if sent {
		s.setCookie(ctx, answer, "", time.Time{}, https)
	}
	return answer, nil
}

// logoutOne moves what the loaded session holds, without this account's record, into a
// new session, and ends the loaded one as Logout does: whatever a request that is still
// running makes of the old session is undone, for the other accounts too. The new session
// is a renewal of the old one, so that a logout of another account at the same time finds
// it. kept is false where the session was logged out meanwhile, or cannot be renewed:
// then nothing is kept.
func (s *Sessions) logoutOne(loaded context.Context, was Stored, h web.Header, https bool) (answer http.Header, kept bool, err error) {
	old := s.storeKey(was.Token)
	in, ok, err := s.takeSlot(loaded, old)
	if err != nil || !ok {
		return nil, false, err
	}
	ctx := loaded
	if !was.Loaded {
		copied, cancel, err := s.renewed(loaded)
		if err != nil {
			return nil, false, err
		}
		defer cancel()
		ctx = copied
	}
	s.manager.Remove(ctx, s.key)
	if err := s.manager.RenewToken(ctx); err != nil {
		return nil, false, err
	}
	renewal := s.storeKey(s.manager.Token(ctx))
	if err := s.putRenewal(ctx, in, renewal); err != nil {
		return nil, false, err
	}
	// A logout of another account wrote this note, and may have read the slots before.
	if _, gone, err := s.note(ctx, loggedOut, old); err != nil || gone {
		return nil, false, err
	}
	if err := s.revokeKey(ctx, old, renewal); err != nil {
		return nil, false, err
	}
	if !was.Loaded {
		for token := range s.tokens(h, https) {
			if token == was.Token {
				continue
			}
			if err := s.revoke(ctx, token); err != nil {
				return nil, false, err
			}
		}
	}
	if s.memory == nil {
		s.manager.Put(ctx, ownerKey, []byte(renewal))
	}
	token, expires, err := s.manager.Commit(ctx)
	if err != nil {
		return nil, false, err
	}
	// Or it wrote its note later, and has found the slot.
	if gone, err := s.undoneByLogout(ctx, renewal); err != nil || gone {
		return nil, false, err
	}
	answer = http.Header{}
	if !was.Loaded {
		s.setCookie(ctx, answer, token, expires, https)
	}
	return answer, true, nil
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
		if renewed, err := s.isRenewed(ctx, first); err != nil || !renewed {
			return err
		}
	}
	return s.revokeKey(ctx, first, "")
}

// revokeKey deletes the session with a store key and all that came of it, but for the
// session that is to be kept.
func (s *Sessions) revokeKey(ctx context.Context, key, kept string) error {
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
		for _, renewal := range renewals {
			if renewal != kept {
				ended = append(ended, renewal)
			}
		}
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
	moved, err := s.isRenewed(ctx, key)
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
