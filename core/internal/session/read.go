package session

import (
	"context"
	"iter"
	"strings"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// scsContextKey learns the unexported key under which a manager keeps a loaded
// session in a context: Load asks its context for just that before anything else.
// So a session that the app's LoadAndSave has loaded is seen without loading one.
func scsContextKey(m *scs.SessionManager) any {
	probe := &keyProbe{Context: context.Background()}
	_, _ = m.Load(probe, "")
	return probe.key
}

type keyProbe struct {
	context.Context
	key any
}

func (p *keyProbe) Value(key any) any {
	if p.key == nil {
		p.key = key
	}
	return nil
}

// Read finds the visitor's session among the cookies of the request. An error means
// that the store cannot tell: the visitor is then neither logged in nor logged out.
func (s *Sessions) Read(ctx context.Context, h web.Header, https bool) (found Stored, err error) {
	defer recovered(&err)
	if s.LoadedIn(ctx) {
		token := s.manager.Token(ctx)
		if token != "" {
			if err := s.checkOwner(ctx, s.storeKey(token), string(s.manager.GetBytes(ctx, ownerKey))); err != nil {
				return Stored{}, err
			}
		}
		return Stored{Token: token, Record: string(s.manager.GetBytes(ctx, s.key)), Loaded: true}, nil
	}
	for token := range s.tokens(h, https) {
		stored, found, err := s.readOne(ctx, token)
		if err != nil {
			return Stored{}, err
		}
		if found {
			return stored, nil
		}
	}
	return Stored{}, nil
}

// readOne is RecordOf, and reads sessions that scs's default codec wrote as well.
func (s *Sessions) readOne(ctx context.Context, token string) (stored Stored, found bool, err error) {
	stored.Token = token
	if s.memory != nil {
		stored.Record, found, err = s.RecordOf(ctx, token, false)
		return stored, found, err
	}
	key := s.storeKey(token)
	b, found, err := vault.Find(ctx, s.manager.Store, key)
	if err != nil || !found {
		return stored, false, err
	}
	record, owner, found := s.recordOf(b)
	if !found && s.inPlace {
		_, values, err := decodeGob(b)
		if err != nil {
			return stored, false, nil
		}
		record, owner, found = s.ownIn(values), ownerIn(values), true
		stored.Outdated = s.rewrite
	}
	if stored.Record = record; !found {
		return stored, false, nil
	}
	return stored, true, s.checkOwner(ctx, key, owner)
}

// RecordOf is the record in the session of a token; "" in a session without one. found
// is false where there is no session, where none can be decoded, and where Codec reads
// one that scs's default codec wrote, or a session that was written under another token:
// Read finds those. buffered says that the token
// lies in a buffer that is used again.
func (s *Sessions) RecordOf(ctx context.Context, token string, buffered bool) (record string, found bool, err error) {
	if s.memory != nil {
		session, found := s.memory.findLive(token)
		record, _ := recordIn(session, s.key)
		return record, found, nil
	}
	key := s.storeKey(token)
	if buffered && !s.manager.HashTokenInStore {
		key = strings.Clone(key) // a store may keep the key it is asked for
	}
	b, found, err := vault.Find(ctx, s.manager.Store, key)
	if err != nil || !found {
		return "", false, err
	}
	record, owner, found := s.recordOf(b)
	if !found || owner != "" && owner != key {
		return "", false, nil // Read asks whose session it is
	}
	return record, true, nil
}

// Exists says whether a session is in the store, whatever it holds.
func (s *Sessions) Exists(ctx context.Context, token string) (bool, error) {
	_, found, err := vault.Find(ctx, s.manager.Store, s.storeKey(token))
	return found, err
}

// recordOf is the record in an encoded session, and the store key that the session was
// written under; "" where that is not known.
func (s *Sessions) recordOf(b []byte) (record, owner string, found bool) {
	if s.inPlace {
		session := string(b)
		record, _ = recordIn(session, s.key)
		owner, _ = recordIn(session, ownerKey)
		return record, owner, len(b) > 0 && b[0] == codecVersion
	}
	values, err := s.decode(b)
	if err != nil {
		return "", "", false
	}
	return s.ownIn(values), ownerIn(values), true
}

// decode asks the app's codec, which may panic.
func (s *Sessions) decode(b []byte) (values map[string]any, err error) {
	defer recovered(&err)
	_, values, err = s.manager.Codec.Decode(b)
	return values, err
}

func (s *Sessions) ownIn(values map[string]any) string {
	own, _ := values[s.key].([]byte)
	return string(own)
}

// tokens are the values of the session cookie that could be what scs hands out: 32
// bytes as base64url. Nothing else ever reaches the store.
func (s *Sessions) tokens(h web.Header, https bool) iter.Seq[string] {
	name := s.CookieName(https)
	return func(yield func(string) bool) {
		for token := range web.CookieValues(h, name) {
			if IsToken(token) && !yield(token) {
				return
			}
		}
	}
}

// LoadedIn says whether the app's own LoadAndSave has loaded the session of a request.
func (s *Sessions) LoadedIn(ctx context.Context) bool {
	return s.memory == nil && ctx.Value(s.scsKey) != nil
}

// tokenDigits is the length of a token, and of its hash: 32 bytes as base64url.
const tokenDigits = 43

// IsToken says whether a text has the form of what scs hands out.
func IsToken(token string) bool { return len(token) == tokenDigits && web.IsWord(token) }
