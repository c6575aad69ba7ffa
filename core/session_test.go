package core

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// manager is an app's own, without scs.New's goroutine.
func manager(store scs.Store) *scs.SessionManager {
	m := scs.New()
	m.Store = store
	return m
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
	store := &failing{Store: newMemory()}
	r := newRig(t, func(c *Config) { c.Sessions = manager(store) })
	b, g, optional := r.browser(), r.gate(Require), r.gate(Optional)
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
	if out := b.send(r.gate(Logout), "POST", "/logout", nil); out.Status != 503 {
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
		if out := r.browser().send(r.gate(Require), "GET", "/", with("Cookie", "session="+value, "User-Agent", inWeChat, "Accept", "text/html")); out.Status != 302 {
			t.Errorf("%q reached the store: %d", value, out.Status)
		}
	}
}

type counting struct {
	scs.Store
	commits int
}

func (c *counting) Commit(token string, b []byte, expires time.Time) error {
	c.commits++
	return c.Store.Commit(token, b, expires)
}

func TestWhatTheAppKeepsSurvivesAnUpgrade(t *testing.T) {
	m := manager(newMemory())
	r := newRig(t, func(c *Config) { c.Sessions = m })
	b := r.browser()
	b.login(r.gate(Require), "/")
	ctx, _ := m.Load(context.Background(), b.cookies["session"]) // as a fiber handler does
	m.Put(ctx, "cart", "full")
	m.Commit(ctx)
	old := b.cookies["session"]
	b.login(r.gate(Require, Prompt), "/profile")
	ctx, _ = m.Load(context.Background(), b.cookies["session"])
	if m.GetString(ctx, "cart") != "full" || b.cookies["session"] == old {
		t.Errorf("%q under %q", m.GetString(ctx, "cart"), b.cookies["session"])
	}
}

func TestAnUnreadableRecordIsNoSession(t *testing.T) {
	token := strings.Repeat("t", 43)
	good, _ := scs.GobCodec{}.Encode(time.Now().Add(time.Hour), map[string]any{"wechat:" + testAppID: []byte("future version"), "cart": "kept"})
	for name, stored := range map[string][]byte{"garbage": []byte("garbage"), "a record of another version": good} {
		t.Run(name, func(t *testing.T) {
			store := newMemory()
			store.Commit(token, stored, time.Now().Add(time.Hour))
			r := newRig(t, func(c *Config) { c.Sessions = manager(store) })
			b, g := r.browser(), r.gate(Require)
			b.cookies["session"] = token
			if b.login(g, "/me") != "/me" || b.user(g, "/me") == nil || b.cookies["session"] == token {
				t.Errorf("a login replaces it, under a new token: %v", b.cookies)
			}
		})
	}
}

func TestATokenFromOutsideIsNeverAdopted(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(Require)
	planted := strings.Repeat("p", 43)
	b.cookies["__Host-wechat_session_"+accountTag(testAppID)] = planted
	b.login(g, "/me")
	if b.sessionCookie() == planted {
		t.Error("session fixation")
	}
}

func TestOverHTTPCookiesHaveNoPrefixAndOverHTTPSNoOtherIsRead(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(Require)
	back := b.consent(b.get(g, "/me"))
	name := "__Host-" + r.auth.binding
	b.cookies[r.auth.binding] = b.cookies[name]
	delete(b.cookies, name)
	b.authorize(b.get(g, back))
	if r.exchanges() != 0 {
		t.Error("a cookie that a sibling domain could plant was read")
	}
	plain := newRig(t, func(c *Config) { c.PublicURL = "http://app.example.com" })
	start := plain.browser().get(plain.gate(Require), "/")
	if c := start.Header.Get("Set-Cookie"); !strings.HasPrefix(c, "wechat_login_") || strings.Contains(c, "Secure") {
		t.Errorf("%q", c)
	}
}

func TestOnlyABindingCookieThatFitsCounts(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(Require)
	back := b.consent(b.get(g, "/me"))
	name := "__Host-" + r.auth.binding
	own := b.cookies[name]
	for _, planted := range []string{newBinding().String(), "", `"quoted"`, "é", strings.Repeat("x", 4096), own[:10], own + ".!"} {
		out := b.send(g, "GET", back, with("Cookie", name+"="+planted+"; "+name+"="+own, "User-Agent", inWeChat, "Accept", "text/html"))
		if out.Status != 303 {
			t.Errorf("planted %q before the browser's own: %d", planted, out.Status)
		}
	}
}

func TestOnlySoManyCookiesOfOneNameAreTried(t *testing.T) {
	n := 0
	for range cookieValues(with("Cookie", strings.Repeat("a=1; ", 100), "Cookie", "a=2"), "a") {
		n++
	}
	if n != maxSameCookie {
		t.Errorf("%d of them", n)
	}
	for value := range cookieValues(with("Cookie", "ab=0; b=1;a= 2 ;x=a=3"), "a") {
		if value != " 2" {
			t.Errorf("%q is the value of another cookie", value)
		}
	}
}

// appWithLoadAndSave is how an app with sessions of its own is put together.
func appWithLoadAndSave(r *rig, m *scs.SessionManager, g *Gate, handler http.HandlerFunc) http.Handler {
	return m.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		req.Header.Set("X-Forwarded-Proto", "https")
		out := g.Handle(req.Context(), &Request{Method: req.Method, Target: req.RequestURI, Host: req.Host, TLS: true, Header: req.Header})
		for name, values := range out.Header {
			for _, v := range values {
				w.Header().Add(name, v)
			}
		}
		if out.Status != 0 {
			w.WriteHeader(out.Status)
			w.Write(out.Body)
			return
		}
		handler(w, req.WithContext(out.Context))
	}))
}

func TestWhoeverLoadedTheSessionWritesItsCookie(t *testing.T) {
	m := manager(memstore.NewWithCleanupInterval(0))
	r := newRig(t, func(c *Config) { c.Sessions = m })
	g := r.gate(Require)
	app := appWithLoadAndSave(r, m, g, func(w http.ResponseWriter, req *http.Request) {
		m.Put(req.Context(), "cart", m.GetString(req.Context(), "cart")+"x")
		u, _ := FromContext(req.Context())
		io.WriteString(w, u.OpenID+" "+m.GetString(req.Context(), "cart"))
	})
	b := r.browser()
	send := func(target string) *Outcome {
		req := httptest.NewRequest("GET", target, nil)
		req.Header = with("User-Agent", inWeChat, "Accept", "text/html")
		for name, value := range b.cookies {
			req.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := httptest.NewRecorder()
		app.ServeHTTP(w, req)
		out := &Outcome{Status: w.Code, Header: w.Header(), Body: w.Body.Bytes()}
		b.keep(out)
		return out
	}
	out := send(b.consent(send("/me")))
	var sessions int
	for _, c := range out.Header.Values("Set-Cookie") {
		if strings.HasPrefix(c, "session=") {
			sessions++
		}
	}
	if b.arrives(out) != "/me" || sessions != 1 {
		t.Errorf("one session cookie, written by LoadAndSave: %v", out.Header)
	}
	send("/me")
	if out := send("/me"); !strings.HasSuffix(string(out.Body), " xx") {
		t.Errorf("the app's own values live beside the user: %s", out.Body)
	}
	m.IdleTimeout = time.Hour
	r.advance(10 * time.Minute)
	counted := &counting{Store: m.Store}
	m.Store = counted
	if out := send("/me"); len(out.Header.Values("Set-Cookie")) != 1 || counted.commits != 1 {
		t.Errorf("the idle time is LoadAndSave's to write, once: %d commits, %v", counted.commits, out.Header)
	}
	m.IdleTimeout = 0
	// Another person in the same browser finds nothing of the first one's.
	r.advance(2 * time.Second)
	fresh := r.browser()
	fresh.cookies = map[string]string{"__Host-" + r.auth.binding: b.cookies["__Host-"+r.auth.binding]}
	fresh.person = wxsim.DefaultPeople()[1].ID
	send(fresh.consent(fresh.get(g, "/me")))
	if out := send("/me"); string(out.Body) != r.sim.OpenID(testAppID, fresh.person)+" x" {
		t.Errorf("the first person's values are gone: %s", out.Body)
	}
	// A store that fails at login is a 503, though LoadAndSave would have written
	// a page under a 500.
	broken := &failing{Store: m.Store}
	m.Store = broken
	b.cookies = map[string]string{}
	start := send("/me")
	back := b.consent(start)
	broken.commit = true
	if out := send(back); out.Status != 503 && out.Status != 500 || out.Header.Get("Location") != "" {
		t.Errorf("%d %v", out.Status, out.Header)
	}
}

func TestIdleTimeIsWrittenRarely(t *testing.T) {
	m := manager(newMemory())
	m.IdleTimeout = 2 * time.Hour
	r := newRig(t, func(c *Config) { c.Sessions = m })
	b, g := r.browser(), r.gate(Require)
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

func TestHashedTokensAndContextStores(t *testing.T) {
	store := &ctxStore{memory: newMemory()}
	m := manager(store)
	m.HashTokenInStore = true
	r := newRig(t, func(c *Config) { c.Sessions = m })
	b, g := r.browser(), r.gate(Require)
	b.login(g, "/")
	if b.user(g, "/") == nil || store.finds == 0 || !store.limited {
		t.Errorf("read through the context's store, with a time limit: %+v", store)
	}
	if _, found, _ := store.memory.Find(b.cookies["session"]); found {
		t.Error("the token itself is in the store")
	}
	if out := b.send(r.gate(Logout), "POST", "/logout", nil); out.Status != 303 || b.user(g, "/") != nil {
		t.Error("logged out")
	}
}

type ctxStore struct {
	*memory
	finds   int
	limited bool
}

func (s *ctxStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	s.finds++
	_, s.limited = ctx.Deadline()
	return s.memory.Find(token)
}
func (s *ctxStore) CommitCtx(_ context.Context, token string, b []byte, e time.Time) error {
	return s.memory.Commit(token, b, e)
}
func (s *ctxStore) DeleteCtx(_ context.Context, token string) error { return s.memory.Delete(token) }

func TestScsStillFindsItsSessionsByTheKeyThatLoadAsksFor(t *testing.T) {
	m := manager(newMemory())
	key := scsContextKey(m)
	ctx, _ := m.Load(context.Background(), "")
	if key == nil || ctx.Value(key) == nil || context.Background().Value(key) != nil {
		t.Error("scs keeps its sessions elsewhere now")
	}
	other, _ := manager(newMemory()).Load(context.Background(), "")
	if other.Value(key) != nil {
		t.Error("two managers share a key")
	}
}

func TestMemorySweepsWhatHasExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		for i := range 5000 {
			m.Commit(string(rune('a'+i%26))+strings.Repeat("x", i%7)+time.Duration(i).String(), []byte{1}, time.Now().Add(time.Duration(1+i%2)*time.Minute))
		}
		m.Commit("kept", []byte("v"), time.Now().Add(time.Hour))
		time.Sleep(90 * time.Second)
		m.sweep(time.Now())
		left := 0
		for i := range m.shards {
			left += len(m.shards[i].items)
		}
		if left != 2501 {
			t.Errorf("half expired: %d left", left)
		}
		time.Sleep(time.Minute)
		m.Commit("brief", []byte("v"), time.Now().Add(time.Second))
		time.Sleep(2 * time.Second)
		if _, found, _ := m.Find("brief"); found {
			t.Error("expired, though not swept yet")
		}
		m.shard("kept").drop([]string{"kept"}, time.Now())
		if b, found, _ := m.Find("kept"); !found || !bytes.Equal(b, []byte("v")) {
			t.Error("lost")
		}
	})
}

func TestCloseEndsTheSweeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, err := New(Config{AppID: testAppID, AppSecret: testSecret})
		if err != nil {
			t.Fatal(err)
		}
		a.sessions.manager.Store.Commit("x", []byte{1}, time.Now().Add(time.Second))
		time.Sleep(2 * sweepEvery)
		synctest.Wait()
		m := a.sessions.memory
		if _, left := m.shard("x").items["x"]; left {
			t.Error("the sweeper sweeps")
		}
		for range 2 { // it may be called twice
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
	}) // a goroutine left over fails the test
}
