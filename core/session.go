package core

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
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
	scsKey  any    // by which scs finds a loaded session in a context; nil for private ones
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
	name := s.manager.Cookie.Name
	if s.private {
		name = cookieName(name, https)
	}
	for token := range cookieValues(h, name) {
		if !isToken(token) {
			continue
		}
		b, found, err := s.find(ctx, token)
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

func (s *sessions) loadedIn(ctx context.Context) bool {
	return s.scsKey != nil && ctx.Value(s.scsKey) != nil
}

// isToken holds for what scs hands out: 32 bytes as base64url. Anything else
// never reaches the store.
func isToken(token string) bool { return len(token) == 43 && isWord(token) }

// login puts the user into the session under a new token (session fixation) and
// commits it, before any answer is written. The returned headers carry the
// cookie, unless the app's LoadAndSave writes it. Another person's session is
// emptied first. gone reports a logout that happened meanwhile: it wins.
func (s *sessions) login(ctx context.Context, was stored, u *User, https bool) (h http.Header, gone bool, err error) {
	ctx, cancel, err := s.open(ctx, was)
	if err != nil {
		return nil, false, err
	}
	defer cancel()
	if was.found && was.record.user.OpenID != u.OpenID {
		if err := s.manager.Clear(ctx); err != nil {
			return nil, false, err
		}
	}
	if err := s.manager.RenewToken(ctx); err != nil {
		return nil, false, err
	}
	h, gone, err = s.put(ctx, was, u, https)
	return h, gone, err
}

// touch writes the session anew where it has an idle time and was not written
// lately. It also reports whether a logout happened meanwhile.
func (s *sessions) touch(ctx context.Context, was stored, https bool) (h http.Header, gone bool, err error) {
	idle := s.manager.IdleTimeout
	if idle <= 0 || was.loaded || s.now().Unix()-was.record.touched < int64(min(touchEvery, idle/16)/time.Second) {
		return nil, false, nil
	}
	ctx, cancel, err := s.open(ctx, was)
	if err != nil {
		return nil, false, err
	}
	defer cancel()
	return s.put(ctx, was, &was.record.user, https)
}

// put writes the record, commits and makes the cookie.
func (s *sessions) put(ctx context.Context, was stored, u *User, https bool) (http.Header, bool, error) {
	rec := record{user: *u, touched: s.now().Unix()}
	s.manager.Put(ctx, s.key, rec.encode())
	token, expires, err := s.manager.Commit(ctx)
	if err != nil {
		return nil, false, err
	}
	if was.token != "" {
		// A logout writes its tombstone before it deletes, so one of the two sees
		// the other.
		_, gone, err := s.find(ctx, tombstone(was.token))
		if err == nil && gone {
			err = s.manager.Destroy(ctx)
		}
		if err != nil || gone {
			return nil, gone, err
		}
	}
	h := http.Header{}
	if !was.loaded {
		s.setCookie(ctx, h, token, expires, https)
	}
	return h, false, nil
}

// logout ends the session, with all the app kept in it.
func (s *sessions) logout(ctx context.Context, was stored, https bool) (http.Header, error) {
	h := http.Header{}
	if was.token == "" {
		return h, nil
	}
	open, cancel, err := s.open(ctx, was)
	if err != nil {
		return nil, err
	}
	defer cancel()
	if err := s.commit(open, tombstone(was.token), []byte{recordVersion}, s.now().Add(tombstoneLife)); err != nil {
		return nil, err
	}
	if err := s.manager.Destroy(open); err != nil {
		return nil, err
	}
	if !was.loaded {
		s.setCookie(open, h, "", time.Time{}, https)
	}
	return h, nil
}

// open is the context in which scs works on this session: the request's own where
// the app has loaded it, else one with nothing in it but the session. It does not
// end when the visitor leaves: half a login is worse than one nobody waits for.
func (s *sessions) open(ctx context.Context, was stored) (context.Context, context.CancelFunc, error) {
	if was.loaded {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
		return ctx, cancel, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	loaded, err := s.manager.Load(ctx, was.token)
	if err != nil {
		cancel()
		return nil, nil, err
	}
	return loaded, cancel, nil
}

// tombstone is the store key that remembers a logout. Not a token's shape, so no
// cookie can name it.
func tombstone(token string) string { return "gone." + token }

func (s *sessions) find(ctx context.Context, token string) ([]byte, bool, error) {
	if s.manager.HashTokenInStore {
		token = hashed(token)
	}
	if store, ok := s.manager.Store.(interface {
		FindCtx(context.Context, string) ([]byte, bool, error)
	}); ok {
		ctx, cancel := context.WithTimeout(ctx, storeTimeout)
		defer cancel()
		return store.FindCtx(ctx, token)
	}
	return s.manager.Store.Find(token)
}

func (s *sessions) commit(ctx context.Context, token string, value []byte, expires time.Time) error {
	if s.manager.HashTokenInStore {
		token = hashed(token)
	}
	if store, ok := s.manager.Store.(interface {
		CommitCtx(context.Context, string, []byte, time.Time) error
	}); ok {
		return store.CommitCtx(ctx, token, value, expires)
	}
	return s.manager.Store.Commit(token, value, expires)
}

// hashed is scs's own form of a token in a store with HashTokenInStore.
func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (s *sessions) setCookie(ctx context.Context, h http.Header, token string, expires time.Time, https bool) {
	if !s.private {
		s.manager.WriteSessionCookie(ctx, headerWriter(h), token, expires)
		return
	}
	maxAge := -1
	if token != "" {
		maxAge = int(time.Until(expires) / time.Second)
	}
	addCookie(h, s.manager.Cookie.Name, token, https, maxAge)
}

// headerWriter lets scs write its cookie by its own rules where no response
// writer is.
type headerWriter http.Header

func (w headerWriter) Header() http.Header     { return http.Header(w) }
func (headerWriter) Write([]byte) (int, error) { return 0, http.ErrNotSupported }
func (headerWriter) WriteHeader(int)           {}
