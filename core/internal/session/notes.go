package session

import (
	"context"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

// noteKind says what a note tells of the session that it is about.
type noteKind string

// The prefix spares gob (see Codec); no app id has a dot.
const (
	loggedOut noteKind = recordPrefix + ".logged out" // a tombstone; its text is empty

	// These three are about a slot, see takeSlot.
	slotWanted noteKind = recordPrefix + ".slot wanted" // its text is the renewal that wrote it last
	slotTaken  noteKind = recordPrefix + ".slot taken"  // its text is empty
	renewedAs  noteKind = recordPrefix + ".renewed as"  // its text is the store key of the session's renewal
)

// noteLife is how long a logout is remembered against requests that were still running.
const noteLife = 10 * time.Minute

// putNote writes a note about a session, or a slot of it, into the session store. Its text is sealed,
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
		if text, found, err := s.noteNamed(ctx, kind, name); err != nil || found {
			return text, found, err
		}
	}
	return "", false, nil
}

// texts are those of all notes of a kind: nodes with a former secret write under names of
// their own.
func (s *Sessions) texts(ctx context.Context, kind noteKind, key string) (texts []string, err error) {
	for _, name := range s.notes.Names(string(kind), key) {
		text, found, err := s.noteNamed(ctx, kind, name)
		if err != nil {
			return nil, err
		}
		if found {
			texts = append(texts, text)
		}
	}
	return texts, nil
}

func (s *Sessions) noteNamed(ctx context.Context, kind noteKind, name string) (text string, found bool, err error) {
	b, found, err := vault.Find(ctx, s.manager.Store, name)
	if err != nil || !found {
		return "", false, err
	}
	values, err := s.decode(b)
	if err != nil {
		return "", false, nil
	}
	sealed, _ := values[string(kind)].([]byte)
	opened, ok := s.notes.Open(name, sealed)
	return string(opened), ok, nil
}
