package session

import (
	"context"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

// noteKind says what a note tells of the session that it is about.
type noteKind string

const (
	loggedOut noteKind = "wechat logged out" // a tombstone; its text is empty
	renewedAs noteKind = "wechat renewed as" // its text is the session's new keys in the store, one behind the other
)

// noteLife is how long a logout is remembered against requests that were still running.
const noteLife = 10 * time.Minute

// putNote writes a note about a session into the session store. Its text is sealed,
// because a session's new key is a live token where the manager does not hash tokens. It
// lies under a name that nobody can work out without the app secret, so no cookie can
// ask for it. It has the form of a session without a user, because an app may iterate
// over all of its store.
func (s *Sessions) putNote(ctx context.Context, kind noteKind, key, text string) error {
	name := s.notes.Names(string(kind), key)[0]
	expires := time.Now().Add(noteLife)
	sealed := s.notes.Close(name, []byte(text))
	b, err := s.manager.Codec.Encode(expires, map[string]any{string(kind): sealed})
	if err != nil {
		return err
	}
	return vault.Commit(ctx, s.manager.Store, name, b, expires)
}

// note reads a note. One that cannot be decoded, or that was not sealed for this place,
// is none.
func (s *Sessions) note(ctx context.Context, kind noteKind, key string) (text string, found bool, err error) {
	for _, name := range s.notes.Names(string(kind), key) {
		b, found, err := vault.Find(ctx, s.manager.Store, name)
		if err != nil {
			return "", false, err
		}
		if !found {
			continue
		}
		values, err := s.decode(b)
		if err != nil {
			continue
		}
		sealed, _ := values[string(kind)].([]byte)
		if text, ok := s.notes.Open(name, sealed); ok {
			return string(text), true, nil
		}
	}
	return "", false, nil
}
