package session

import (
	"context"

	"github.com/seed467724c4/wechat/core/internal/web"
)

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
		if renewed, err := s.isRenewed(ctx, key); err != nil || renewed {
			return key, false, err
		}
	}
	return "", false, nil
}

// isRenewed says whether a renewal of the session with a store key has begun.
func (s *Sessions) isRenewed(ctx context.Context, key string) (bool, error) {
	_, taken, err := s.note(ctx, slotTaken, slot{key, 0}.name())
	return taken, err
}

// renewals are the store keys of the sessions that came of the one with a store key.
func (s *Sessions) renewals(ctx context.Context, key string) (renewals []string, err error) {
	for number := range s.slots {
		name := slot{key, number}.name()
		if _, taken, err := s.note(ctx, slotTaken, name); err != nil || !taken {
			return renewals, err
		}
		found, err := s.texts(ctx, renewedAs, name)
		if err != nil {
			return nil, err
		}
		renewals = append(renewals, found...)
	}
	return renewals, nil
}
