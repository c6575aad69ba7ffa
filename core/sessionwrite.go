package core

import (
	"context"
	"net/http"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

// login puts the user into a session under a new token (session fixation) and
// commits it, before any answer is written. What else the app keeps in the session
// comes along, unless the session was another person's. The returned headers carry
// the cookie, unless the app's LoadAndSave writes it. gone reports a logout that
// happened meanwhile: it wins.
func (s *sessions) login(ctx context.Context, was stored, u *User, https bool) (h http.Header, gone bool, err error) {
	ctx, cancel, err := s.open(ctx, was)
	if err != nil {
		return nil, false, err
	}
	defer cancel()
	if !was.loaded && was.token != "" {
		heir, cancel, err := s.heir(ctx)
		if err != nil {
			return nil, false, err
		}
		defer cancel()
		ctx = heir
	}
	if was.broken || was.found && was.record.user.OpenID != u.OpenID {
		if err := s.manager.Clear(ctx); err != nil {
			return nil, false, err
		}
	}
	if err := s.manager.RenewToken(ctx); err != nil {
		return nil, false, err
	}
	if was.token != "" {
		if err := s.succeed(ctx, was.token, s.manager.Token(ctx)); err != nil {
			return nil, false, err
		}
	}
	h, err = s.put(ctx, was, u, https)
	if err != nil || was.token == "" {
		return h, false, err
	}
	if err := vault.Remove(ctx, s.manager.Store, s.storeKey(was.token)); err != nil {
		return nil, false, err
	}
	if gone, err := s.loggedOut(ctx, was.token); err != nil || gone {
		return nil, gone, err
	}
	return h, false, nil
}

// heir is a new session with all that the loaded one holds. scs's RenewToken alone
// would delete the old token before the new one is known, and a logout in between
// would find neither.
func (s *sessions) heir(loaded context.Context) (context.Context, context.CancelFunc, error) {
	heir, cancel, err := s.open(loaded, stored{})
	if err != nil {
		return nil, nil, err
	}
	for _, key := range s.manager.Keys(loaded) {
		s.manager.Put(heir, key, s.manager.Get(loaded, key))
	}
	return heir, cancel, nil
}

// touch writes the session anew where it has an idle time and was not written
// lately.
func (s *sessions) touch(ctx context.Context, was stored, https bool) (h http.Header, gone bool, err error) {
	if was.loaded || !s.idleIsDue(was.record.touched) {
		return nil, false, nil
	}
	return s.rewrite(ctx, was, &was.record.user, https)
}

// rewrite writes the session under the token it has. gone reports that it ended or
// moved to another token meanwhile.
func (s *sessions) rewrite(ctx context.Context, was stored, u *User, https bool) (h http.Header, gone bool, err error) {
	ctx, cancel, err := s.open(ctx, was)
	if err != nil {
		return nil, false, err
	}
	defer cancel()
	if s.manager.Token(ctx) == "" {
		return nil, true, nil
	}
	h, err = s.put(ctx, was, u, https)
	if err != nil {
		return nil, false, err
	}
	if gone, err := s.isOver(ctx, was.token); err != nil || gone {
		return nil, gone, err
	}
	return h, false, nil
}

// put writes the record, commits and makes the cookie.
func (s *sessions) put(ctx context.Context, was stored, u *User, https bool) (http.Header, error) {
	rec := record{user: *u, touched: s.now().Unix()}
	b, err := rec.encode()
	if err != nil {
		return nil, err
	}
	s.manager.Put(ctx, s.key, b)
	token, expires, err := s.manager.Commit(ctx)
	if err != nil {
		return nil, err
	}
	h := http.Header{}
	if !was.loaded {
		s.setCookie(ctx, h, token, expires, https)
	}
	return h, nil
}

// logout ends the session, with all the app kept in it, and whatever a request
// that is still running has made of it.
func (s *sessions) logout(ctx context.Context, was stored, h Header, https bool) (http.Header, error) {
	open, cancel, err := s.open(ctx, was)
	if err != nil {
		return nil, err
	}
	defer cancel()
	answer := http.Header{}
	if was.loaded {
		if err := s.bury(open, was.token); err != nil {
			return nil, err
		}
		return answer, s.manager.Destroy(open)
	}
	sent := false
	for token := range s.tokens(h, https) {
		sent = true
		if err := s.bury(open, token); err != nil {
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
func (s *sessions) open(ctx context.Context, was stored) (context.Context, context.CancelFunc, error) {
	if was.loaded {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), vault.Timeout)
		return ctx, cancel, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), vault.Timeout)
	loaded, err := s.manager.Load(ctx, was.token)
	if err != nil {
		cancel()
		return nil, nil, err
	}
	return loaded, cancel, nil
}

func (s *sessions) setCookie(ctx context.Context, h http.Header, token string, expires time.Time, https bool) {
	if s.memory == nil {
		s.manager.WriteSessionCookie(ctx, headerWriter(h), token, expires)
		return
	}
	maxAge := -1
	if token != "" {
		maxAge = int(time.Until(expires) / time.Second)
	}
	h.Add("Set-Cookie", setCookie(s.manager.Cookie.Name, token, https, maxAge))
}

// headerWriter lets scs write its cookie by its own rules where no response
// writer is.
type headerWriter http.Header

func (w headerWriter) Header() http.Header     { return http.Header(w) }
func (headerWriter) Write([]byte) (int, error) { return 0, http.ErrNotSupported }
func (headerWriter) WriteHeader(int)           {}
