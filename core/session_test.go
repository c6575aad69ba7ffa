package core

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// manager is an app's own, without scs.New's goroutine.
func manager(store scs.Store) *scs.SessionManager {
	m := scs.New()
	m.Store = store
	return m
}

func TestNoCookieButATokenReachesAnyStore(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	b.login(g, "/me")
	name := r.auth.sessions.CookieName(true)
	session, _, _ := r.auth.sessions.PrivateStore().Find(b.cookies[name])
	odd := "." + b.cookies[name][1:] // as long as a token, and what other things are kept under
	if err := r.auth.sessions.PrivateStore().Commit(odd, session, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	b.cookies[name] = odd
	if b.user(g, "/me") != nil {
		t.Error("rule: what cannot be a token is not looked for, not even in our own store")
	}
}

type brokenStore struct{ scs.Store }

func (brokenStore) Find(string) ([]byte, bool, error)      { return nil, false, errors.New("store is down") }
func (brokenStore) Commit(string, []byte, time.Time) error { return errors.New("store is down") }
func (brokenStore) Delete(string) error                    { return errors.New("store is down") }
func brokenManager() *scs.SessionManager                   { return manager(brokenStore{}) }

// failing fails on command.
type failing struct {
	scs.Store
	find, commit, remove bool
}

func (f *failing) Find(token string) ([]byte, bool, error) {
	if f.find {
		return nil, false, errors.New("store is down")
	}
	return f.Store.Find(token)
}

func (f *failing) Commit(token string, b []byte, expires time.Time) error {
	if f.commit {
		return errors.New("store is down")
	}
	return f.Store.Commit(token, b, expires)
}

func (f *failing) Delete(token string) error {
	if f.remove {
		return errors.New("store is down")
	}
	return f.Store.Delete(token)
}

func TestAStoreThatFailsIsA503AndNeverALogin(t *testing.T) {
	store := &failing{Store: session.NewMemory()}
	r := newRig(t, func(c *Config) { c.Sessions = manager(store) })
	b, g, optional := r.browser(), r.gate(ModeRequire), r.gate(ModeOptional)
	back := b.consent(b.get(g, "/me"))
	store.commit = true
	out := b.get(g, back)
	if out.Status != 503 || out.Header.Get("Location") != "" || len(b.cookies) != 1 {
		t.Errorf("saving fails: 503, no Location, no session cookie: %d %v", out.Status, out.Header)
	}
	store.commit = false
	b.arrives(b.get(g, back)) // the same callback works afterwards
	store.find = true
	for _, gate := range []*Gate{g, optional} {
		if out := b.get(gate, "/me"); out.Status != 503 || out.Header.Get("Set-Cookie") != "" {
			t.Errorf("unknown is neither logged in nor logged out: %d", out.Status)
		}
	}
	if out := r.browser().get(g, "/me"); out.Status != 302 {
		t.Errorf("without a session cookie the store is not asked: %d", out.Status)
	}
	store.find = false
	store.remove = true
	if out := b.send(r.gate(ModeLogout), "POST", "/logout", nil); out.Status != 503 {
		t.Errorf("a logout that could not be done says so: %d", out.Status)
	}
	store.remove = false
	if !strings.Contains(r.log.String(), "store is down") {
		t.Error("the log says why")
	}
}

func TestCookiesThatCannotBeTokensNeverReachTheStore(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Sessions = brokenManager() })
	for _, value := range []string{"", "x", strings.Repeat("a", 42), strings.Repeat("a", 44), strings.Repeat("a", 42) + "!", `"` + strings.Repeat("a", 41) + `"`} {
		if out := r.browser().send(r.gate(ModeRequire), "GET", "/", with("Cookie", "session="+value, "User-Agent", inWeChat, "Accept", "text/html")); out.Status != 302 {
			t.Errorf("%q reached the store: %d", value, out.Status)
		}
	}
}

func TestAnUnreadableRecordIsNoSession(t *testing.T) {
	token := strings.Repeat("t", 43)
	good, _ := scs.GobCodec{}.Encode(time.Now().Add(time.Hour), map[string]any{"wechat:" + testAppID: []byte("future version"), "cart": "kept"})
	for name, stored := range map[string][]byte{"garbage": []byte("garbage"), "a record of another version": good} {
		t.Run(name, func(t *testing.T) {
			store := session.NewMemory()
			store.Commit(token, stored, time.Now().Add(time.Hour))
			r := newRig(t, func(c *Config) { c.Sessions = manager(store) })
			b, g := r.browser(), r.gate(ModeRequire)
			b.cookies["session"] = token
			if b.login(g, "/me") != "/me" || b.user(g, "/me") == nil || b.cookies["session"] == token {
				t.Errorf("a login replaces it, under a new token: %v", b.cookies)
			}
		})
	}
}

func TestATokenFromOutsideIsNeverAdopted(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	planted := strings.Repeat("p", 43)
	b.cookies["__Host-wechat_session_"+web.AccountTag(testAppID, "")] = planted
	b.login(g, "/me")
	if b.sessionCookie() == planted {
		t.Error("session fixation")
	}
}

func TestOverHTTPCookiesHaveNoPrefixAndOverHTTPSNoOtherIsRead(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	back := b.consent(b.get(g, "/me"))
	name := "__Host-" + r.auth.binding
	b.cookies[r.auth.binding] = b.cookies[name]
	delete(b.cookies, name)
	b.authorize(b.get(g, back))
	if r.exchanges() != 0 {
		t.Error("a cookie that a sibling domain could plant was read")
	}
	plain := newRig(t, func(c *Config) { c.PublicURL = "http://app.example.com" })
	start := plain.browser().get(plain.gate(ModeRequire), "/")
	if c := start.Header.Get("Set-Cookie"); !strings.HasPrefix(c, "wechat_login_") || strings.Contains(c, "Secure") {
		t.Errorf("%q", c)
	}
}

func TestOnlyABindingCookieThatFitsCounts(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	back := b.consent(b.get(g, "/me"))
	name := "__Host-" + r.auth.binding
	own := b.cookies[name]
	for _, planted := range []string{proof.NewBinding().String(), "", `"quoted"`, "é", strings.Repeat("x", 4096), own[:10], own + ".!"} {
		out := b.send(g, "GET", back, with("Cookie", name+"="+planted+"; "+name+"="+own, "User-Agent", inWeChat, "Accept", "text/html"))
		if out.Status != 303 {
			t.Errorf("planted %q before the browser's own: %d", planted, out.Status)
		}
	}
}

func TestOnlySoManyCookiesOfOneNameAreTried(t *testing.T) {
	n := 0
	for range web.CookieValues(with("Cookie", strings.Repeat("a=1; ", 100), "Cookie", "a=2"), "a") {
		n++
	}
	if n != web.MaxSameCookie {
		t.Errorf("%d of them", n)
	}
	for value := range web.CookieValues(with("Cookie", "ab=0; b=1;a= 2 ;x=a=3"), "a") {
		if value != " 2" {
			t.Errorf("%q is the value of another cookie", value)
		}
	}
}

// appWithLoadAndSave is how an app with sessions of its own is put together.
func TestIdleTimeIsWrittenRarely(t *testing.T) {
	m := manager(session.NewMemory())
	m.IdleTimeout = 2 * time.Hour
	r := newRig(t, func(c *Config) { c.Sessions = m })
	b, g := r.browser(), r.gate(ModeRequire)
	b.login(g, "/")
	if out := b.get(g, "/"); out.Status != 0 || out.Header.Get("Set-Cookie") != "" {
		t.Errorf("a busy page writes nothing: %v", out.Header)
	}
	r.advance(6 * time.Minute)
	if out := b.get(g, "/"); out.Status != 0 || !strings.HasPrefix(out.Header.Get("Set-Cookie"), "session=") {
		t.Errorf("after five minutes the idle time is written: %v", out.Header)
	}
	if out := b.get(g, "/"); out.Header.Get("Set-Cookie") != "" {
		t.Error("and then not again")
	}
}

func TestASessionOfNobodyKnowsWhomLeavesNothingToTheNext(t *testing.T) {
	store := session.NewMemory()
	m := manager(store)
	r := newRig(t, func(c *Config) { c.Sessions = m })
	b, g := r.browser(), r.gate(ModeRequire)
	token := strings.Repeat("t", 43)
	value, _ := m.Codec.Encode(time.Now().Add(time.Hour), map[string]any{"wechat:" + testAppID: []byte("another version"), "cart": "somebody's"})
	store.Commit(token, value, time.Now().Add(time.Hour))
	b.cookies["session"] = token
	b.login(g, "/")
	ctx, _ := m.Load(context.Background(), b.cookies["session"])
	if m.Exists(ctx, "cart") {
		t.Error("the cart was inherited")
	}
}

func TestACallbackSetsOneSessionCookieAlsoWhenTheIdleTimeIsDue(t *testing.T) {
	m := manager(session.NewMemory())
	m.IdleTimeout = 32 * time.Minute // due after 2 minutes
	r := newRig(t, func(c *Config) { c.Sessions = m })
	b, prompt := r.browser(), r.gate(ModeRequire, Prompt)
	b.login(r.gate(ModeRequire), "/")
	back := b.consent(b.get(prompt, "/profile"))
	r.advance(3 * time.Minute)
	out := b.get(prompt, back)
	sessions := 0
	for _, line := range out.Header.Values("Set-Cookie") {
		if strings.HasPrefix(line, "session=") {
			sessions++
		}
	}
	if b.arrives(out) != "/profile" || sessions != 1 || len(out.Header.Values("Set-Cookie")) != 2 {
		t.Errorf("%v", out.Header.Values("Set-Cookie"))
	}
}
