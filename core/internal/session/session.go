package session

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// sessionLife is the absolute life of a private session: a silent login makes a new
// one cost nothing, so a month.
const sessionLife = 30 * 24 * time.Hour

// Sessions keeps one record for one account in scs sessions: in those of the app's own
// manager, or in private ones. It reads records straight from the store, so that a
// request costs one look-up and leaves nothing behind, and it writes through scs.
type Sessions struct {
	manager *scs.SessionManager
	memory  *Memory // the store of private sessions; nil with the app's own manager
	key     string  // the session key of the record
	scsKey  any     // the key by which scs finds a loaded session in a context
	inPlace bool    // Sessions are written by the codec that can be read in place
	plain   string  // Cookie name over http
	secure  string  // Cookie name over https
	now     func() time.Time
}

// Stored is a session as it was found.
type Stored struct {
	Token  string // "" where there is none, or none that can be read
	Record string // as it was written; "" where the session holds none
	Loaded bool   // the app's own LoadAndSave is outside and will write the cookie
}

// Config are what New needs.
type Config struct {
	Manager *scs.SessionManager // nil for private sessions in memory
	InPlace bool                // Manager writes sessions by the codec that can be read in place
	AppID   string              // names the record
	Cookie  string              // name of the cookie of private sessions, without prefix
	Now     func() time.Time
}

// New starts no goroutine: the owner calls Sweep.
func New(c Config) *Sessions {
	s := &Sessions{manager: c.Manager, inPlace: c.InPlace, key: recordPrefix + c.AppID, now: c.Now}
	if s.manager == nil {
		s.inPlace = true
		s.memory = NewMemory()
		// Not scs.New, which starts a goroutine that nobody can end cleanly.
		s.manager = &scs.SessionManager{
			Lifetime: sessionLife,
			Store:    s.memory,
			Codec:    Codec{},
			Cookie:   scs.SessionCookie{Name: c.Cookie, Persist: true},
		}
	}
	s.plain, s.secure = s.manager.Cookie.Name, s.manager.Cookie.Name
	if s.memory != nil {
		s.secure = web.CookieName(s.plain, true)
	}
	s.scsKey = scsContextKey(s.manager)
	return s
}

// PrivateStore is the store of private sessions; nil with the app's own manager.
func (s *Sessions) PrivateStore() *Memory { return s.memory }

// Sweep drops private sessions that have expired.
func (s *Sessions) Sweep(now time.Time) {
	if s.memory != nil {
		s.memory.Sweep(now)
	}
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

// Read finds the visitor's session. An error means that the store cannot tell: the
// visitor is then neither logged in nor logged out.
func (s *Sessions) Read(ctx context.Context, h web.Header, https bool) (Stored, error) {
	if s.LoadedIn(ctx) {
		return Stored{Token: s.manager.Token(ctx), Record: string(s.manager.GetBytes(ctx, s.key)), Loaded: true}, nil
	}
	for token := range s.tokens(h, https) {
		value, found, err := s.RecordOf(ctx, token, false)
		if err != nil {
			return Stored{}, err
		}
		if found {
			return Stored{Token: token, Record: value}, nil
		}
	}
	return Stored{}, nil
}

// RecordOf is the record in the session of a token; "" in a session without one.
// found is false where there is no session, or one that cannot be decoded. buffered
// says that the token lies in a buffer that is used again.
func (s *Sessions) RecordOf(ctx context.Context, token string, buffered bool) (value string, found bool, err error) {
	if s.memory != nil {
		session, found := s.memory.findLive(token)
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

func (s *Sessions) LoadedIn(ctx context.Context) bool {
	return s.memory == nil && ctx.Value(s.scsKey) != nil
}

func (s *Sessions) CookieName(https bool) string {
	if https {
		return s.secure
	}
	return s.plain
}

// tokenDigits is the length of a token, and of its hash: 32 bytes as base64url.
const tokenDigits = 43

// IsToken says whether the store is to be asked for a token: it is asked for nothing
// but what scs hands out.
func IsToken(token string) bool { return len(token) == tokenDigits && web.IsWord(token) }
