package core

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/seed467724c4/wechat/core/internal/session"
)

func TestACallbackHasTenSeconds(t *testing.T) {
	var login, profile time.Duration
	left := func(ctx context.Context) time.Duration {
		deadline, limited := ctx.Deadline()
		if !limited {
			return time.Hour
		}
		return time.Until(deadline)
	}
	r := newRig(t, func(c *Config) {
		c.OnLogin = func(ctx context.Context, _ *User) error { login = left(ctx); return nil }
		c.Profile = func(ctx context.Context, _ string) (*User, error) { profile = left(ctx); return nil, nil }
	})
	b := r.browser()
	b.login(r.gate(ModeRequire), "/me")
	b.get(r.gate(ModeRequire, Prompt), "/profile")
	for hook, left := range map[string]time.Duration{"OnLogin": login, "Profile": profile} {
		if left <= 0 || left > callbackTimeout || callbackTimeout != 10*time.Second {
			t.Errorf("rule: %s gets a context that ends with the callback's 10 s: %v", hook, left)
		}
	}
}

func TestWhatAPassageKeepsIsACopy(t *testing.T) {
	r := newRig(t, func(c *Config) { c.KeepTokens = true })
	b := r.browser()
	g := r.gate(ModeRequire)
	b.login(g, "/me")
	buffer := []byte(b.cookieLine()) // as fasthttp has it
	out := g.Known(t.Context(), "/me", unsafe.String(&buffer[0], len(buffer)))
	if out == nil {
		t.Fatal("the visitor is known")
	}
	p := r.auth.passageIn(out.Context)
	if p == nil || p.info == nil || !session.IsToken(p.info.token) {
		t.Fatalf("the passage has the session's token: %+v", p)
	}
	before := strings.Clone(p.info.token)
	copy(buffer, strings.Repeat("x", len(buffer))) // the next request
	if p.info.token != before {
		t.Errorf("rule: no string is kept that lies in the server's buffer: %q", p.info.token)
	}
}

func TestASessionThatTheAppHasLoadedIsTheOneThatCounts(t *testing.T) {
	m := manager(session.NewMemory())
	r := newRig(t, func(c *Config) { c.Sessions = m })
	b := r.browser()
	g := r.gate(ModeRequire)
	b.login(g, "/me")
	empty, err := m.Load(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	if out := g.Known(empty, "/me", b.cookieLine()); out != nil {
		t.Error("rule: where LoadAndSave has loaded a session, the cookie is not read beside it")
	}
	request := &Request{Method: "GET", Target: "/me", Host: b.host, TLS: true, Header: with("User-Agent", b.ua, "Accept", "text/html", "Cookie", b.cookieLine())}
	if out := g.Handle(empty, request); out.Status != http.StatusFound {
		t.Errorf("rule: a session that the app has emptied logs nobody in: %d", out.Status)
	}
}

func TestABrokenRecordInALoadedSessionTakesItsNeighboursAlong(t *testing.T) {
	m := manager(session.NewMemory())
	r := newRig(t, func(c *Config) { c.Sessions = m })
	b := r.browser()
	g := r.gate(ModeRequire)
	b.login(g, "/me")
	ctx, _ := m.Load(context.Background(), b.cookies["session"])
	m.Put(ctx, "cart", "of whom?")
	for _, key := range m.Keys(ctx) {
		if own, ok := m.Get(ctx, key).([]byte); ok && len(own) > 0 {
			m.Put(ctx, key, []byte("broken"))
		}
	}
	m.Commit(ctx)
	app := appWithLoadAndSave(r, m, g, func(http.ResponseWriter, *http.Request) {})
	send := func(target string) *http.Response {
		request := httptest.NewRequest("GET", target, nil)
		request.Host = b.host
		request.Header = with("User-Agent", b.ua, "Accept", "text/html", "Cookie", b.cookieLine())
		w := httptest.NewRecorder()
		app.ServeHTTP(w, request)
		b.keep(&Outcome{Header: w.Header()})
		return w.Result()
	}
	start := send("/me")
	if start.StatusCode != http.StatusFound {
		t.Fatalf("a broken record is no login: %d", start.StatusCode)
	}
	if end := send(b.consent(&Outcome{Status: start.StatusCode, Header: start.Header})); end.StatusCode != http.StatusSeeOther {
		t.Fatalf("the login ends: %d", end.StatusCode)
	}
	ctx, _ = m.Load(context.Background(), b.cookies["session"])
	if cart := m.GetString(ctx, "cart"); cart != "" || len(m.Keys(ctx)) == 0 {
		t.Errorf("rule: a session of nobody knows whom leaves nothing to the next visitor: %q", cart)
	}
}

func TestASecondSessionCookieIsTriedBehindOptional(t *testing.T) {
	r := newRig(t)
	b := r.browser()
	require, optional := r.gate(ModeRequire), r.gate(ModeOptional)
	b.login(require, "/me")
	name := "__Host-" + r.auth.sessions.CookieName(false)
	for _, first := range []string{"garbage", "", strings.Repeat("A", 43), strings.Repeat("A", 42), strings.Repeat("!", 43), strings.Repeat("A", 5000)} {
		line := name + "=" + first + "; " + b.cookieLine()
		for mode, g := range map[string]*Gate{"Require": require, "Optional": optional} {
			out := g.Handle(t.Context(), &Request{Method: "GET", Target: "/me", Host: b.host, TLS: true, Header: with("User-Agent", b.ua, "Cookie", line)})
			if u, ok := FromContext(orEmpty(out)); !ok || u == nil {
				t.Errorf("rule: a cookie that a sibling domain has planted in front hides nobody's session: %s, %.20q", mode, first)
			}
			if out := g.Known(t.Context(), "/me", line); out != nil {
				if u, _ := FromContext(out.Context); u == nil {
					t.Errorf("rule: the quick way calls nobody anonymous who may be somebody: %s, %.20q", mode, first)
				}
			}
		}
	}
}
