package session

import (
	"context"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

// ownerKey is the session key of the store key that a session was written under, so that a
// store that mixes up its answers (a connection that is one reply behind) logs nobody in
// as another visitor. No app id has a dot.
const ownerKey = recordPrefix + ".key"

func ownerIn(values map[string]any) string {
	owner, _ := values[ownerKey].([]byte)
	return string(owner)
}

// checkOwner fails where a session was written under another key than it was read by, and
// is still there: then the store answered with another visitor's session. Where it is no
// longer there, the app has renewed the token itself (scs's RenewToken). A session without
// an owner is of an older release, and is believed.
func (s *Sessions) checkOwner(ctx context.Context, key, owner string) error {
	if owner == "" || owner == key {
		return nil
	}
	if _, found, err := vault.Find(ctx, s.manager.Store, owner); err != nil || !found {
		return err
	}
	return errForeignValue
}
