package session

import (
	"context"
	"net/http"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// Login puts a record into a session under a new token (session fixation) and commits
// it, before any answer is written. What else the app keeps in the session comes along,
// unless clear is set: then the session was another person's, or it cannot be read. The
// returned headers carry the cookie, unless the app's LoadAndSave writes it. gone
// reports a logout that happened meanwhile: the logout wins.
func (s *Sessions) Login(ctx context.Context, was Stored, record []byte, clear, https bool) (h http.Header, gone bool, err error) {
	ctx, cancel, err := s.open(ctx, was)
	if err != nil {
		return nil, false, err
	}
	defer cancel()
	if !was.Loaded && was.Token != "" {
		copied, cancel, err := s.renewed(ctx)
		if err != nil {
			return nil, false, err
		}
		defer cancel()
		ctx = copied
	}
	if clear {
		if err := s.manager.Clear(ctx); err != nil {
			return nil, false, err
		}
	}
	if err := s.manager.RenewToken(ctx); err != nil {
		return nil, false, err
	}
	if was.Token != "" {
		if err := s.putSuccessor(ctx, was.Token, s.manager.Token(ctx)); err != nil {
			return nil, false, err
		}
	}
	h, err = s.put(ctx, was, record, https)
	if err != nil || was.Token == "" {
		return h, false, err
	}
	if err := vault.Remove(ctx, s.manager.Store, s.storeKey(was.Token)); err != nil {
		return nil, false, err
	}
	if gone, err := s.revoked(ctx, was.Token); err != nil || gone {
		return nil, gone, err
	}
	return h, false, nil
}

// renewed is a new session with all that the loaded one holds. scs's RenewToken alone
// would delete the old token before the new one is known, and a logout in between
// would find neither.
func (s *Sessions) renewed(loaded context.Context) (context.Context, context.CancelFunc, error) {
	copied, cancel, err := s.open(loaded, Stored{})
	if err != nil {
		return nil, nil, err
	}
	for _, key := range s.manager.Keys(loaded) {
		s.manager.Put(copied, key, s.manager.Get(loaded, key))
	}
	return copied, cancel, nil
}

// touchEvery is how often the idle time of a session is written at most, so that a busy
// page does not turn every read into a write.
const touchEvery = 5 * time.Minute

// IdleIsDue says whether the idle time of a session that was last written at touched
// (Unix seconds) is to be written again. Without an idle time it asks no clock.
func (s *Sessions) IdleIsDue(touched int64) bool {
	idle := s.manager.IdleTimeout
	return idle > 0 && s.now().Unix()-touched >= int64(min(touchEvery, idle/16)/time.Second)
}

// Rewrite writes the session under the token it has. gone reports that it ended or
// moved to another token meanwhile.
func (s *Sessions) Rewrite(ctx context.Context, was Stored, record []byte, https bool) (h http.Header, gone bool, err error) {
	ctx, cancel, err := s.open(ctx, was)
	if err != nil {
		return nil, false, err
	}
	defer cancel()
	if s.manager.Token(ctx) == "" {
		return nil, true, nil
	}
	h, err = s.put(ctx, was, record, https)
	if err != nil {
		return nil, false, err
	}
	if gone, err := s.hasEnded(ctx, was.Token); err != nil || gone {
		return nil, gone, err
	}
	return h, false, nil
}

// put writes the record, commits and makes the cookie.
func (s *Sessions) put(ctx context.Context, was Stored, record []byte, https bool) (http.Header, error) {
	s.manager.Put(ctx, s.key, record)
	token, expires, err := s.manager.Commit(ctx)
	if err != nil {
		return nil, err
	}
	h := http.Header{}
	if !was.Loaded {
		s.setCookie(ctx, h, token, expires, https)
	}
	return h, nil
}

// Logout ends the session, with all the app kept in it, and whatever a request
// that is still running has made of it.
func (s *Sessions) Logout(ctx context.Context, was Stored, h web.Header, https bool) (http.Header, error) {
	open, cancel, err := s.open(ctx, was)
	if err != nil {
		return nil, err
	}
	defer cancel()
	answer := http.Header{}
	if was.Loaded {
		if err := s.revoke(open, was.Token); err != nil {
			return nil, err
		}
		return answer, s.manager.Destroy(open)
	}
	sent := false
	for token := range s.tokens(h, https) {
		sent = true
		if err := s.revoke(open, token); err != nil {
			return nil, err
		}
	}
	if sent {
		s.setCookie(open, answer, "", time.Time{}, https)
	}
	return answer, nil
}

// open is the context in which scs works on this session: the request's own where
// the app has loaded it, else one with nothing in it but the session. It does not
// end when the visitor leaves: half a login is worse than one nobody waits for.
func (s *Sessions) open(ctx context.Context, was Stored) (context.Context, context.CancelFunc, error) {
	if was.Loaded {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), vault.Timeout)
		return ctx, cancel, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), vault.Timeout)
	loaded, err := s.manager.Load(ctx, was.Token)
	if err != nil {
		cancel()
		return nil, nil, err
	}
	return loaded, cancel, nil
}

func (s *Sessions) setCookie(ctx context.Context, h http.Header, token string, expires time.Time, https bool) {
	if s.memory == nil {
		s.manager.WriteSessionCookie(ctx, headerWriter(h), token, expires)
		return
	}
	maxAge := -1
	if token != "" {
		maxAge = int(time.Until(expires) / time.Second)
	}
	h.Add("Set-Cookie", web.SetCookie(s.manager.Cookie.Name, token, https, maxAge))
}

// headerWriter lets scs write its cookie by its own rules where no response
// writer is.
type headerWriter http.Header

func (w headerWriter) Header() http.Header     { return http.Header(w) }
func (headerWriter) Write([]byte) (int, error) { return 0, http.ErrNotSupported }
func (headerWriter) WriteHeader(int)           {}
