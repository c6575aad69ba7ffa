package core

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"iter"
	"time"

	"github.com/alexedwards/scs/v2"
)

// sessions keeps one record per account in scs sessions: the app's own manager's,
// or private ones. It reads records straight from the store, so that a request
// costs one look-up and leaves nothing behind, and goes through scs to write.
type sessions struct {
	manager *scs.SessionManager
	private bool
	appID   string
	key     string // of our value in the session
	scsKey  any    // by which scs finds a loaded session in a context
	now     func() time.Time
}

// stored is a session as it was found.
type stored struct {
	token  string // "" where there is none, or none that can be read
	record record
	found  bool
	loaded bool // the app's own LoadAndSave is outside and will write the cookie
}

func newSessions(c *Config, now func() time.Time, memory scs.Store) *sessions {
	s := &sessions{manager: c.Sessions, appID: c.AppID, key: "wechat:" + c.AppID, now: now}
	if s.manager != nil {
		s.scsKey = scsContextKey(s.manager)
		return s
	}
	s.private = true
	// Not scs.New, which starts a goroutine that nobody can end cleanly.
	s.manager = &scs.SessionManager{
		Lifetime: sessionLife,
		Store:    memory,
		Codec:    scs.GobCodec{},
		Cookie:   scs.SessionCookie{Name: "wechat_session_" + accountTag(c.AppID), Persist: true},
	}
	s.scsKey = scsContextKey(s.manager)
	return s
}

// accountTag keeps the cookies of two accounts on one site apart.
func accountTag(appID string) string {
	sum := sha256.Sum256([]byte(appID))
	return base64.RawURLEncoding.EncodeToString(sum[:3])
}

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

// read finds the visitor's session. An error means that the store cannot tell: a
// visitor is then neither logged in nor logged out. A record that cannot be
// decoded is no session.
func (s *sessions) read(ctx context.Context, h Header, https bool) (stored, error) {
	if s.loadedIn(ctx) {
		rec, ok := decodeRecord(s.manager.GetBytes(ctx, s.key), s.appID)
		return stored{token: s.manager.Token(ctx), record: rec, found: ok, loaded: true}, nil
	}
	for token := range s.tokens(h, https) {
		b, found, err := s.find(ctx, s.storeKey(token))
		if err != nil {
			return stored{}, err
		}
		if !found {
			continue
		}
		_, values, err := s.manager.Codec.Decode(b)
		if err != nil {
			continue
		}
		value, _ := values[s.key].([]byte)
		rec, ok := decodeRecord(value, s.appID)
		return stored{token: token, record: rec, found: ok}, nil
	}
	return stored{}, nil
}

// tokens are the values of the session cookie that could be what scs hands out: 32
// bytes as base64url. Nothing else ever reaches the store.
func (s *sessions) tokens(h Header, https bool) iter.Seq[string] {
	name := s.manager.Cookie.Name
	if s.private {
		name = cookieName(name, https)
	}
	return func(yield func(string) bool) {
		for token := range cookieValues(h, name) {
			if isToken(token) && !yield(token) {
				return
			}
		}
	}
}

func (s *sessions) loadedIn(ctx context.Context) bool {
	return !s.private && ctx.Value(s.scsKey) != nil
}

func isToken(token string) bool { return len(token) == 43 && isWord(token) }
