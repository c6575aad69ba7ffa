package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/nethttp"
)

// world is what contestants share: a WeChat in this process, and a Redis that is
// started when the first one needs it.
type world struct {
	sim   *wxsim.Sim
	redis *redisServer
}

// unlimited lets a million sessions be made at any speed: WeChat's own limit is 50 000
// logins a minute, and a fast machine makes more.
var unlimited = map[string]int{"/sns/oauth2/access_token": math.MaxInt, "/sns/userinfo": math.MaxInt}

func newWorld() (*world, error) {
	sim, err := wxsim.New(wxsim.Config{Accounts: []wxsim.Account{{AppID: appID, Secret: secret, Domain: host, MinuteQuotas: unlimited}}})
	if err != nil {
		return nil, err
	}
	return &world{sim: sim}, nil
}

func (w *world) close() {
	if w.redis != nil {
		w.redis.stop()
	}
}

func (w *world) openID() string { return w.sim.OpenID(appID, person) }

// auth is an instance as a site in production has it, but for WeChat.
func (w *world) auth(sessions *scs.SessionManager) (*core.Auth, error) {
	return core.New(core.Config{
		AppID: appID, AppSecret: secret, PublicURL: "https://" + host,
		Sessions: sessions, HTTPClient: &http.Client{Transport: inProcess{w.sim}},
		Logger:  slog.New(slog.DiscardHandler),
		OnLogin: func(_ context.Context, u *core.User) error { complete(u); return nil },
	})
}

// inProcess calls the simulator without a network.
type inProcess struct{ sim http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Body = http.NoBody
	w := recorder{header: http.Header{}}
	t.sim.ServeHTTP(&w, r)
	return &http.Response{StatusCode: w.status, Header: w.header, Request: r, Body: io.NopCloser(bytes.NewReader(w.body))}, nil
}

// login is a login that has gone to WeChat and come back with a code.
type login struct {
	handler http.Handler
	binding string // the cookie of the login in progress
	state   string
	target  string // the way back, with code and state
}

// begin opens the guarded page as nobody and lets the visitor consent.
func (w *world) begin(auth *core.Auth) (*login, error) {
	l := &login{handler: nethttp.Require(auth, core.Prompt)(http.NotFoundHandler())}
	away := recorder{header: http.Header{}}
	l.handler.ServeHTTP(&away, httpRequest(page, browserHeaders(), cookieLine("")))
	to, err := url.Parse(away.header.Get("Location"))
	if err != nil {
		return nil, err
	}
	if l.state, l.binding = to.Query().Get("state"), cookieOf(away.header); l.state == "" || l.binding == "" {
		return nil, fmt.Errorf("no login starts: %d to %q", away.status, to)
	}
	return l, w.consent(l)
}

// consent brings the login a new code.
func (w *world) consent(l *login) error {
	code, err := w.sim.Code(appID, person, string(core.Prompt))
	l.target = page + "?code=" + code + "&state=" + l.state
	return err
}

// finish delivers the callback and returns the session's cookie. Each session takes a
// code of its own, because one code may log in only a few times: that is how a million
// sessions are made by nothing but the public surface.
func (l *login) finish() (string, error) {
	w := recorder{header: http.Header{}}
	l.handler.ServeHTTP(&w, httpRequest(l.target, browserHeaders(), cookieLine(l.binding)))
	for _, line := range w.header["Set-Cookie"] {
		if name, _, _ := strings.Cut(line, "="); !strings.Contains(name, "_login_") {
			session, _, _ := strings.Cut(line, ";")
			return session, nil
		}
	}
	return "", fmt.Errorf("no session comes of a login: %d %s", w.status, w.body)
}

// deliveries of callbacks in one browser stay below what a browser is allowed in a
// minute.
const deliveries = 90

// logins makes sessions by the callback and hands each one's cookie over.
func (w *world) logins(auth *core.Auth, n int, keep func(i int, session string)) error {
	var l *login
	for i := range n {
		var err error
		if i%deliveries == 0 {
			l, err = w.begin(auth)
		} else {
			err = w.consent(l)
		}
		if err != nil {
			return err
		}
		session, err := l.finish()
		if err != nil {
			return err
		}
		keep(i, session)
	}
	return nil
}

// settle logs n sessions in and returns their Cookie headers. In an app's own
// store only the first is a login; the others are its record under new tokens, each with
// its own key in it, because a session names the key that it belongs to.
func (w *world) settle(auth *core.Auth, m *scs.SessionManager, n int) ([]string, error) {
	lines := make([]string, n)
	if m == nil {
		return lines, w.logins(auth, n, func(i int, session string) { lines[i] = cookieLine(session) })
	}
	if err := w.logins(auth, 1, func(i int, session string) { lines[i] = cookieLine(session) }); err != nil {
		return nil, err
	}
	ctx := context.Background()
	first := scanCookie(lines[0], m.Cookie.Name)
	record, found, err := findIn(ctx, m, first)
	if err != nil || !found {
		return nil, errors.Join(err, errors.New("the session of a login is not in the store"))
	}
	for i := 1; i < n; i++ {
		token := newToken()
		lines[i] = cookieLine(m.Cookie.Name + "=" + token)
		if err := commitTo(ctx, m, token, bytes.ReplaceAll(record, []byte(storeKey(m, first)), []byte(storeKey(m, token)))); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// newToken is a token as scs makes them.
func newToken() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func storeKey(m *scs.SessionManager, token string) string {
	if !m.HashTokenInStore {
		return token
	}
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func findIn(ctx context.Context, m *scs.SessionManager, token string) ([]byte, bool, error) {
	if s, ok := m.Store.(scs.CtxStore); ok {
		return s.FindCtx(ctx, storeKey(m, token))
	}
	return m.Store.Find(storeKey(m, token))
}

func commitTo(ctx context.Context, m *scs.SessionManager, token string, b []byte) error {
	expires := time.Now().Add(m.Lifetime)
	if s, ok := m.Store.(scs.CtxStore); ok {
		return s.CommitCtx(ctx, storeKey(m, token), b, expires)
	}
	return m.Store.Commit(storeKey(m, token), b, expires)
}

// cookieOf is the first cookie that an answer sets, as a browser sends it back.
func cookieOf(h http.Header) string {
	pair, _, _ := strings.Cut(h.Get("Set-Cookie"), ";")
	return pair
}
