package core

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// lookups counts what is read from a store beside sessions.
type lookups struct {
	scs.Store
	n atomic.Int64
}

func (l *lookups) Find(key string) ([]byte, bool, error) {
	if !session.IsToken(key) {
		l.n.Add(1)
	}
	return l.Store.Find(key)
}

// everywhere switches LogoutEverywhere on, with a store that nodes share.
func everywhere(store scs.Store) func(*Config) {
	return func(c *Config) { c.Sessions, c.LogoutEverywhere = manager(store), true }
}

// alice is the open id of the person whom a rig's browsers are.
func (r *rig) alice() string { return r.sim.OpenID(testAppID, r.browser().person) }

func (r *rig) logoutEverywhere(a *Auth) {
	r.t.Helper()
	if err := a.LogoutEverywhere(context.Background(), r.alice()); err != nil {
		r.t.Fatal(err)
	}
}

func TestLogoutEverywhereEndsEverySessionOnEveryNode(t *testing.T) {
	for name, hashed := range map[string]bool{"tokens as they are": false, "hashed tokens": true} {
		t.Run(name, func(t *testing.T) {
			store := session.NewMemory()
			change := func(c *Config) {
				everywhere(store)(c)
				c.Sessions.HashTokenInStore = hashed
			}
			r := newRig(t, change)
			here, there := r.gate(ModeRequire), NewGate(ModeRequire, r.instance(change))
			phone, tablet, other := r.browser(), r.browser(), r.browser()
			other.person = wxsim.DefaultPeople()[1].ID
			phone.login(here, "/")
			tablet.login(there, "/")
			other.login(there, "/")
			for _, b := range []*browser{phone, tablet} {
				if b.user(here, "/") == nil || b.user(there, "/") == nil {
					t.Fatal("logged in on both nodes")
				}
			}
			r.logoutEverywhere(r.auth)
			if phone.user(here, "/") != nil || here.Known(t.Context(), "/", tablet.cookieLine()) != nil {
				t.Error("rule: on the node itself it counts at once")
			}
			r.advance(session.GenerationLife)
			if tablet.user(there, "/") != nil || phone.user(there, "/") != nil {
				t.Error("rule: on every other node it counts within 5 s")
			}
			if n := r.sessionsIn(store); n != 1 {
				t.Errorf("rule: a session that was ended is deleted when it is met: %d are left, one is another person's", n)
			}
			if other.user(here, "/") == nil || other.user(there, "/") == nil {
				t.Error("rule: another person stays logged in")
			}
			phone.login(there, "/")
			if phone.user(here, "/") == nil || phone.user(there, "/") == nil {
				t.Error("rule: a new login counts on every node")
			}
		})
	}
}

func TestANewLoginCountsAtOnceWhereAnOlderGenerationIsKnown(t *testing.T) {
	store := session.NewMemory()
	r := newRig(t, everywhere(store))
	here, there := r.gate(ModeRequire), NewGate(ModeRequire, r.instance(everywhere(store)))
	b := r.browser()
	for range 3 { // the first time there is no generation, later there is
		b.login(here, "/")
		if b.user(there, "/") == nil {
			t.Fatal("rule: a new login counts on every node at once")
		}
		r.logoutEverywhere(r.auth)
		if b.user(here, "/") != nil {
			t.Fatal("logged out")
		}
	}
}

func TestARememberedLoginEndsWithLogoutEverywhere(t *testing.T) {
	for rule, elsewhere := range map[string]bool{"at the node that remembers it": false, "at another node, through the shared cache": true} {
		store, cache := session.NewMemory(), session.NewMemory()
		change := func(c *Config) {
			everywhere(store)(c)
			c.Cache = cache
		}
		r := newRig(t, change)
		here, there := r.gate(ModeRequire), NewGate(ModeRequire, r.instance(change))
		b := r.browser()
		back := b.consent(b.get(here, "/me"))
		b.arrives(b.get(here, back))
		again := here
		if elsewhere {
			again = there
		}
		b.forget("session")
		if b.arrives(b.get(again, back)) != "/me" {
			t.Fatal("the callback's second delivery logs in")
		}
		r.logoutEverywhere(r.auth)
		r.advance(session.GenerationLife)
		b.forget("session")
		b.authorize(b.get(again, back)) // begins anew
		if n := r.exchanges(); n != 1 {
			t.Errorf("rule: a remembered login ends (%s): %d exchanges", rule, n)
		}
	}
}

func TestLogoutEverywhereAtAGateThatChooses(t *testing.T) {
	r := newRig(t, everywhere(session.NewMemory()))
	g := NewGate(ModeRequire, Choose(func(context.Context, *Request) (*Auth, error) { return r.auth, nil }))
	b := r.browser()
	if b.login(g, "/"); b.user(g, "/") == nil {
		t.Fatal("logged in")
	}
	r.logoutEverywhere(r.auth)
	if b.user(g, "/") != nil {
		t.Error("rule: gates that choose their account compare generations as well")
	}
}

func TestALoginUnderWayEndsWithLogoutEverywhere(t *testing.T) {
	store := session.NewMemory()
	var r *rig
	banned := false
	r = newRig(t, everywhere(store), func(c *Config) {
		c.OnLogin = func(ctx context.Context, u *User) error {
			if !banned { // the app bans the person just after OnLogin has looked
				banned = true
				r.logoutEverywhere(r.auth)
			}
			return nil
		}
	})
	b, g := r.browser(), r.gate(ModeRequire)
	b.arrives(b.get(g, b.consent(b.get(g, "/me"))))
	if b.user(g, "/me") != nil {
		t.Error("rule: a login whose OnLogin began before LogoutEverywhere does not count")
	}
}

func TestAnEndedSessionLeavesNothingOfTheAppsBehind(t *testing.T) {
	store := session.NewMemory()
	r := newRig(t, everywhere(store))
	m := r.auth.config.Sessions
	b, g := r.browser(), r.gate(ModeRequire)
	b.login(g, "/")
	ctx, _ := m.Load(t.Context(), b.cookies["session"])
	m.Put(ctx, "cart", "Alice's")
	if _, _, err := m.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	r.logoutEverywhere(r.auth)
	b.person = wxsim.DefaultPeople()[1].ID
	b.login(g, "/")
	if ctx, _ = m.Load(t.Context(), b.cookies["session"]); m.Exists(ctx, "cart") {
		t.Error("rule: what the app kept in an ended session is gone")
	}
	if u := b.user(g, "/"); u == nil || u.OpenID == r.alice() {
		t.Errorf("the next person is logged in: %v", u)
	}
}

func TestAnEndedSessionBehindLoadAndSave(t *testing.T) {
	store := session.NewMemory()
	r := newRig(t, everywhere(store))
	m := r.auth.config.Sessions
	app := appWithLoadAndSave(r, m, r.gate(ModeRequire), func(w http.ResponseWriter, req *http.Request) {
		u, _ := FromContext(req.Context())
		io.WriteString(w, u.OpenID)
	})
	b := r.browser()
	serve := func(target string) *http.Response {
		req := httptest.NewRequest("GET", target, nil)
		req.Host = b.host
		req.Header = with("User-Agent", b.ua, "Accept", "text/html", "Cookie", b.cookieLine())
		w := httptest.NewRecorder()
		app.ServeHTTP(w, req)
		b.keep(&Outcome{Header: w.Result().Header})
		return w.Result()
	}
	login := func() {
		start := serve("/me")
		if end := serve(b.consent(&Outcome{Status: start.StatusCode, Header: start.Header})); end.StatusCode != 303 {
			t.Fatalf("the login ends: %d", end.StatusCode)
		}
	}
	login()
	if serve("/me").StatusCode != 200 {
		t.Fatal("logged in")
	}
	r.logoutEverywhere(r.auth)
	out := serve("/me")
	if out.StatusCode != 302 || b.cookies["session"] != "" || r.sessionsIn(store) != 0 {
		t.Errorf("rule: LoadAndSave removes the cookie of a session that was ended: %d %v", out.StatusCode, out.Header)
	}
	login()
	if serve("/me").StatusCode != 200 {
		t.Error("rule: a new login counts behind LoadAndSave")
	}
	// A callback may arrive with the ended session.
	start := serve("/me?again=1")
	if start.StatusCode != 200 {
		t.Fatal(start.StatusCode)
	}
	tab := r.browser()
	back := tab.consent(tab.get(r.gate(ModeRequire), "/me"))
	for name, value := range tab.cookies {
		b.cookies[name] = value
	}
	r.logoutEverywhere(r.auth)
	if end := serve(back); end.StatusCode != 303 || b.cookies["session"] != "" {
		t.Errorf("rule: a login that was under way in an ended session ends with it: %d", end.StatusCode)
	}
	if login(); serve("/me").StatusCode != 200 {
		t.Error("rule: the next login counts")
	}
}
