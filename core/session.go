package core

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"iter"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

// sessions keeps one record per account in scs sessions: the app's own manager's,
// or private ones. It reads records straight from the store, so that a request
// costs one look-up and leaves nothing behind, and goes through scs to write.
type sessions struct {
	manager *scs.SessionManager
	memory  *memory // of private sessions; nil for the app's own manager
	appID   string
	key     string // of our value in the session
	scsKey  any    // by which scs finds a loaded session in a context
	inPlace bool   // sessions are written by Codec
	plain   string // cookie name over http
	secure  string // cookie name over https
	now     func() time.Time
}

// stored is a session as it was found.
type stored struct {
	token  string // "" where there is none, or none that can be read
	record record
	found  bool
	broken bool // our value is there, but it is no record
	loaded bool // the app's own LoadAndSave is outside and will write the cookie
}

func newSessions(c *Config, now func() time.Time) *sessions {
	s := &sessions{manager: c.Sessions, appID: c.AppID, key: recordPrefix + c.AppID, now: now}
	if s.manager == nil {
		s.memory = newMemory()
		// Not scs.New, which starts a goroutine that nobody can end cleanly.
		s.manager = &scs.SessionManager{
			Lifetime: sessionLife,
			Store:    s.memory,
			Codec:    Codec{},
			Cookie:   scs.SessionCookie{Name: "wechat_session_" + accountTag(c.AppID), Persist: true},
		}
	}
	s.plain, s.secure = s.manager.Cookie.Name, s.manager.Cookie.Name
	if s.memory != nil {
		s.secure = cookieName(s.plain, true)
	}
	s.scsKey = scsContextKey(s.manager)
	_, s.inPlace = s.manager.Codec.(Codec)
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
		value := string(s.manager.GetBytes(ctx, s.key))
		rec, ok := decodeRecord(value, s.appID)
		return stored{token: s.manager.Token(ctx), record: rec, found: ok, broken: value != "" && !ok, loaded: true}, nil
	}
	for token := range s.tokens(h, https) {
		value, found, err := s.record(ctx, token, false)
		if err != nil {
			return stored{}, err
		}
		if found {
			rec, ok := decodeRecord(value, s.appID)
			return stored{token: token, record: rec, found: ok, broken: value != "" && !ok}, nil
		}
	}
	return stored{}, nil
}

// record is our value in the session of a token; "" in a session without one.
// found is false where there is no session, or one that cannot be decoded. buffered
// says that the token lies in a buffer that is used again.
func (s *sessions) record(ctx context.Context, token string, buffered bool) (value string, found bool, err error) {
	if s.memory != nil {
		session, found := s.memory.find(token)
		value, _ := recordIn(session, s.key)
		return value, found, nil
	}
	key := s.storeKey(token)
	if buffered && !s.manager.HashTokenInStore {
		key = strings.Clone(key) // a store may keep the key it is asked for
	}
	b, found, err := vault.Find(ctx, s.manager.Store, key)
	if err != nil || !found {
		return "", false, err
	}
	if s.inPlace {
		value, _ := recordIn(string(b), s.key)
		return value, len(b) > 0 && b[0] == codecVersion, nil
	}
	_, values, err := s.manager.Codec.Decode(b)
	if err != nil {
		return "", false, nil
	}
	own, _ := values[s.key].([]byte)
	return string(own), true, nil
}

// tokens are the values of the session cookie that could be what scs hands out: 32
// bytes as base64url. Nothing else ever reaches the store.
func (s *sessions) tokens(h Header, https bool) iter.Seq[string] {
	name := s.cookieName(https)
	return func(yield func(string) bool) {
		for token := range cookieValues(h, name) {
			if isToken(token) && !yield(token) {
				return
			}
		}
	}
}

func (s *sessions) loadedIn(ctx context.Context) bool {
	return s.memory == nil && ctx.Value(s.scsKey) != nil
}

func (s *sessions) cookieName(https bool) string {
	if https {
		return s.secure
	}
	return s.plain
}

// tokenDigits is the length of a token, and of its hash: 32 bytes as base64url.
const tokenDigits = 43

// isToken says whether the store is to be asked for a token: it is asked for nothing
// but what scs hands out.
func isToken(token string) bool { return len(token) == tokenDigits && isWord(token) }
