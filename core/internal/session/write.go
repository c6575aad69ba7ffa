package session

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// Written is a session as it was written.
type Written struct {
	// Header carries the cookie, unless the app's LoadAndSave writes it.
	Header http.Header
	// Token that the session has now.
	Token string
	// Gone reports that the session was logged out, or moved to another token, while it
	// was being written, or while a login was on its way: the logout wins. Then Header
	// removes the cookie of a session that is logged out, and nothing else counts.
	Gone bool
}

// Login puts a record into a session under a new token (session fixation) and commits
// it, before any answer is written. h is the request's. What else the app keeps in the
// session comes along, unless clear is set: then the session was another person's, or it
// cannot be read.
func (s *Sessions) Login(ctx context.Context, was Stored, record []byte, clear bool, h web.Header, https bool) (Written, error) {
	return s.LoginFor(ctx, s.manager.Lifetime, was, record, clear, h, https)
}

// LoginFor is Login with a session that lives for life, or for as long as the manager
// says where that is less.
func (s *Sessions) LoginFor(ctx context.Context, life time.Duration, was Stored, record []byte, clear bool, h web.Header, https bool) (w Written, err error) {
	defer recovered(&err)
	ctx, cancel, err := s.open(ctx, was)
	if err != nil {
		return Written{}, err
	}
	defer cancel()
	origin, gone, err := s.origin(ctx, was, h, https)
	if err != nil {
		return Written{}, err
	}
	if gone {
		return s.forgetCookie(ctx, was, https)
	}
	var in slot
	if origin != "" {
		// Before RenewToken: with LoadAndSave that deletes the old token, and a logout has
		// to find one of the two.
		var ok bool
		if in, ok, err = s.takeSlot(ctx, origin); err != nil || !ok {
			return Written{Gone: err == nil}, err
		}
	}
	if !was.Loaded && was.Token != "" {
		copied, cancel, err := s.renewed(ctx)
		if err != nil {
			return Written{}, err
		}
		defer cancel()
		ctx = copied
	}
	if clear {
		if err := s.manager.Clear(ctx); err != nil {
			return Written{}, err
		}
	}
	if err := s.manager.RenewToken(ctx); err != nil {
		return Written{}, err
	}
	if life < s.manager.Lifetime {
		s.manager.SetDeadline(ctx, time.Now().Add(life)) // the renewal has set another
	}
	if origin == "" {
		if w, err = s.put(ctx, was, record, https); err != nil {
			return Written{}, err
		}
		s.endTwin(w.Header, h, https)
		return w, nil
	}
	if err := s.putRenewal(ctx, in, s.storeKey(s.manager.Token(ctx))); err != nil {
		return Written{}, err
	}
	if w, err = s.put(ctx, was, record, https); err != nil {
		return Written{}, err
	}
	s.endTwin(w.Header, h, https)
	if was.Token != "" {
		if err := vault.Remove(ctx, s.manager.Store, origin); err != nil {
			return Written{}, err
		}
	}
	if gone, err := s.undoneByLogout(ctx, origin); err != nil || gone {
		return Written{Gone: gone}, err
	}
	return w, nil
}

// forgetCookie removes the cookie of a session that was logged out, so that the browser's
// next login is not taken for one that was on its way at the logout.
func (s *Sessions) forgetCookie(ctx context.Context, was Stored, https bool) (Written, error) {
	w := Written{Gone: true, Header: http.Header{}}
	if was.Loaded {
		return w, s.manager.Destroy(ctx)
	}
	s.setCookie(ctx, w.Header, "", time.Time{}, https)
	return w, nil
}

// renewed is a new session with all that the loaded one holds. scs's RenewToken alone
// would delete the old token before the new one is known, and a logout in between
// would find neither.
func (s *Sessions) renewed(loaded context.Context) (context.Context, context.CancelFunc, error) {
	copied, cancel, err := s.open(loaded, Stored{})
	if err != nil {
		return nil, nil, err
	}
	for _, key := range s.manager.Keys(loaded) {
		s.manager.Put(copied, key, s.manager.Get(loaded, key))
	}
	return copied, cancel, nil
}

// Rewrite writes the session under the token it has.
func (s *Sessions) Rewrite(ctx context.Context, was Stored, record []byte, https bool) (w Written, err error) {
	defer recovered(&err)
	ctx, cancel, err := s.open(ctx, was)
	if err != nil {
		return Written{}, err
	}
	defer cancel()
	if s.manager.Token(ctx) == "" {
		return Written{Gone: true}, nil
	}
	if w, err = s.put(ctx, was, record, https); err != nil {
		return Written{}, err
	}
	if gone, err := s.undone(ctx, was.Token); err != nil || gone {
		return Written{Gone: gone}, err
	}
	return w, nil
}

// put writes the record, commits and makes the cookie.
func (s *Sessions) put(ctx context.Context, was Stored, record []byte, https bool) (Written, error) {
	s.makeRoom(ctx)
	s.manager.Put(ctx, s.key, record)
	if s.memory == nil {
		s.manager.Put(ctx, ownerKey, []byte(s.storeKey(s.manager.Token(ctx))))
	}
	token, expires, err := s.manager.Commit(ctx)
	if err != nil {
		return Written{}, err
	}
	w := Written{Header: http.Header{}, Token: token}
	if !was.Loaded {
		s.setCookie(ctx, w.Header, token, expires, https)
	}
	return w, nil
}

// open is the context in which scs works on this session: the request's own where
// the app has loaded it, else one with nothing in it but the session. It does not
// end when the visitor leaves: half a login is worse than a login without an answer.
func (s *Sessions) open(ctx context.Context, was Stored) (context.Context, context.CancelFunc, error) {
	if was.Loaded {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), vault.Timeout)
		return ctx, cancel, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), vault.Timeout)
	loaded, err := s.manager.Load(ctx, was.Token)
	if err != nil {
		cancel()
		return nil, nil, err
	}
	return loaded, cancel, nil
}

// maxRecords is how many accounts' records a session keeps. The codec could hold 255,
// but a request reads past those of the other accounts.
const maxRecords = 64

// makeRoom drops records of other accounts where this account's would be one too many:
// those visitors log in again.
func (s *Sessions) makeRoom(ctx context.Context) {
	others := s.others(ctx)
	for i := range max(0, len(others)-maxRecords+1) {
		s.manager.Remove(ctx, others[i])
	}
}

// others are the session keys of the other accounts' records, sorted.
func (s *Sessions) others(ctx context.Context) (keys []string) {
	for _, key := range s.manager.Keys(ctx) {
		if strings.HasPrefix(key, recordPrefix) && key != s.key && key != ownerKey {
			keys = append(keys, key)
		}
	}
	return keys
}
