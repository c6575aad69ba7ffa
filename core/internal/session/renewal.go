package session

import (
	"context"
	"hash/maphash"
	"slices"
	"sync"

	"github.com/seed467724c4/wechat/core/internal/web"
)

// stripes serialise the renewals of one token in this process. It is safe for concurrent
// use.
type stripes struct {
	seed  maphash.Seed
	locks [64]sync.Mutex
}

func (s *stripes) of(key string) *sync.Mutex {
	return &s.locks[maphash.String(s.seed, key)%uint64(len(s.locks))]
}

// origin is the store key of the session that a login renews: the one that was found, or
// one that the request still names and that was logged out or renewed while the request
// was on its way. It is "" for any other login. gone reports a logout: the login does not
// count then.
func (s *Sessions) origin(ctx context.Context, was Stored, h web.Header, https bool) (key string, gone bool, err error) {
	if was.Token != "" {
		return s.storeKey(was.Token), false, nil
	}
	for token := range s.tokens(h, https) {
		key := s.storeKey(token)
		if _, gone, err := s.note(ctx, loggedOut, key); err != nil || gone {
			return "", gone, err
		}
		if renewals, err := s.renewals(ctx, key); err != nil || len(renewals) > 0 {
			return key, false, err
		}
	}
	return "", false, nil
}

// renewals are the store keys of the sessions that came of the one with a store key.
func (s *Sessions) renewals(ctx context.Context, key string) (renewals []string, err error) {
	text, _, err := s.note(ctx, renewedAs, key)
	for chunk := range slices.Chunk([]byte(text), tokenDigits) {
		renewals = append(renewals, string(chunk))
	}
	return renewals, err
}

// addRenewal notes that a session moves to another token, whose store key is to. full
// reports that it moved too often.
func (s *Sessions) addRenewal(ctx context.Context, from, to string) (full bool, err error) {
	lock := s.renewing.of(from)
	lock.Lock()
	defer lock.Unlock()
	text, _, err := s.note(ctx, renewedAs, from)
	if err != nil {
		return false, err
	}
	if len(text) >= maxRenewals*tokenDigits {
		return true, nil
	}
	return false, s.putNote(ctx, renewedAs, from, text+to)
}

// keepRenewal notes a renewal again if another node has overwritten it in the meantime.
func (s *Sessions) keepRenewal(ctx context.Context, from, to string) (full bool, err error) {
	renewals, err := s.renewals(ctx, from)
	if err != nil || slices.Contains(renewals, to) {
		return false, err
	}
	return s.addRenewal(ctx, from, to)
}
