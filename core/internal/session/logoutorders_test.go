package session

import (
	"bytes"
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

const (
	oneApp     = "wx0000000000000001"
	anotherApp = "wx0000000000000002"
)

// crowd are requests of one browser, each at a node of its own.
type crowd struct {
	*testing.T
	orders
	token string // of the session that the browser has at first
}

// nodeOn is the sessions of an account at a node. Not scs.New, which starts a goroutine.
func nodeOn(t testing.TB, store scs.Store, appID string) *Sessions {
	m := &scs.SessionManager{Lifetime: privateLife, Store: store, Codec: Codec{}, Cookie: scs.SessionCookie{Name: "session"}}
	s := New(Config{Manager: m, Codec: &Codec{}, AppID: appID, Notes: testSeal(t, "of the site"), Now: time.Now})
	s.slots = 2
	return s
}

// sends adds a request, which has read the session.
func (c *crowd) sends(appID string, request func(*Sessions, context.Context, Stored, http.Header)) {
	p := &party{}
	s := nodeOn(c, &p.store, appID)
	p.run = func() {
		request(s, context.Background(), Stored{Token: c.token, Record: "record"}, cookies(s, c.token))
	}
	c.parties = append(c.parties, p)
}

// callback is a login at an account that renews the token, and more of them with the cookie
// of the one before.
func (c *crowd) callback(appID string, more int) {
	c.sends(appID, func(s *Sessions, ctx context.Context, found Stored, h http.Header) {
		for range 1 + more {
			w, err := s.Login(ctx, found, []byte("renewed"), false, h, true)
			if err != nil || w.Gone {
				return
			}
			found, h = Stored{Token: w.Token, Record: "renewed"}, cookies(s, w.Token)
		}
	})
}

// lateCallback has not read the session yet.
func (c *crowd) lateCallback(appID string) {
	c.sends(appID, func(s *Sessions, ctx context.Context, _ Stored, h http.Header) {
		if found, err := s.Read(ctx, h, true); err == nil {
			_, _ = s.Login(ctx, found, []byte("renewed"), false, h, true)
		}
	})
}

// loadedCallback is a login where the app's LoadAndSave has loaded the session.
func (c *crowd) loadedCallback(appID string) {
	c.sends(appID, func(s *Sessions, ctx context.Context, found Stored, h http.Header) {
		if ctx, err := s.manager.Load(ctx, c.token); err == nil {
			found.Token, found.Loaded = s.manager.Token(ctx), true
			_, _ = s.Login(ctx, found, []byte("renewed"), false, h, true)
		}
	})
}

// page writes the idle time of the session.
func (c *crowd) page(appID string) {
	c.sends(appID, func(s *Sessions, ctx context.Context, found Stored, _ http.Header) {
		_, _ = s.Rewrite(ctx, found, []byte("touched"), true)
	})
}

func (c *crowd) logout(appID string, all bool) {
	c.sends(appID, func(s *Sessions, ctx context.Context, found Stored, h http.Header) {
		_, _ = s.Logout(ctx, found, all, h, true)
	})
}

// left counts the sessions with a record of an account.
func left(store *Memory, appID string) (n int) {
	all, _ := store.All()
	for _, b := range all {
		if _, values, err := (Codec{}).Decode(b); err == nil && values[recordPrefix+appID] != nil {
			n++
		}
	}
	return n
}

// loggedInAt begins with a session that has records of accounts.
func (c *crowd) loggedInAt(appIDs ...string) {
	var nodes []*Sessions
	for _, appID := range appIDs {
		nodes = append(nodes, nodeOn(c, NewMemory(), appID))
	}
	c.same = func(b []byte) bool {
		return bytes.Contains(b, []byte(slotTaken)) || bytes.Contains(b, []byte(loggedOut))
	}
	c.reset = func(store *Memory) {
		c.token = ""
		for _, s := range nodes {
			s.manager.Store = store
			was := Stored{Token: c.token}
			w, err := s.Login(context.Background(), was, []byte("record"), false, http.Header{}, true)
			if err != nil || w.Gone {
				c.Fatal(w, err)
			}
			c.token = w.Token
		}
	}
}

func TestALogoutWinsInEveryOrder(t *testing.T) {
	for rule, c := range map[string]struct {
		accounts []string // that the browser is logged in at
		requests func(*crowd)
	}{
		"callbacks of two tabs": {[]string{oneApp}, func(c *crowd) {
			c.callback(oneApp, 0)
			c.callback(oneApp, 0)
			c.logout(oneApp, true)
		}},
		"a callback and a page": {[]string{oneApp}, func(c *crowd) {
			c.callback(oneApp, 0)
			c.page(oneApp)
			c.logout(oneApp, true)
		}},
		"a callback, and one with the cookie of the first": {[]string{oneApp}, func(c *crowd) {
			c.callback(oneApp, 1)
			c.logout(oneApp, true)
		}},
		"three callbacks one after the other": {[]string{oneApp}, func(c *crowd) {
			c.callback(oneApp, 2)
			c.logout(oneApp, true)
		}},
		"a callback under LoadAndSave": {[]string{oneApp}, func(c *crowd) {
			c.loadedCallback(oneApp)
			c.logout(oneApp, true)
		}},
		"a callback under LoadAndSave, and another": {[]string{oneApp}, func(c *crowd) {
			c.loadedCallback(oneApp)
			c.callback(oneApp, 0)
			c.logout(oneApp, true)
		}},
		"a late callback": {[]string{oneApp}, func(c *crowd) {
			c.lateCallback(oneApp)
			c.logout(oneApp, true)
		}},
		"a callback and a late one": {[]string{oneApp}, func(c *crowd) {
			c.callback(oneApp, 0)
			c.lateCallback(oneApp)
			c.logout(oneApp, true)
		}},
		"a second logout": {[]string{oneApp}, func(c *crowd) {
			c.callback(oneApp, 0)
			c.logout(oneApp, true)
			c.logout(oneApp, true)
		}},
		"a callback of another account": {[]string{oneApp, anotherApp}, func(c *crowd) {
			c.callback(anotherApp, 0)
			c.logout(oneApp, false)
		}},
		"a callback of the same account": {[]string{oneApp, anotherApp}, func(c *crowd) {
			c.callback(oneApp, 0)
			c.logout(oneApp, false)
		}},
		"a logout of another account": {[]string{oneApp, anotherApp}, func(c *crowd) {
			c.logout(anotherApp, false)
			c.logout(oneApp, false)
		}},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			crowd := &crowd{T: t}
			crowd.loggedInAt(c.accounts...)
			c.requests(crowd)
			crowd.check = func(store *Memory) string {
				if n := left(store, oneApp); n > 0 {
					return "a session is left"
				}
				if n := left(store, anotherApp); n > 0 && rule == "a logout of another account" {
					return "a session of the other account is left"
				}
				return ""
			}
			if wrong := crowd.all(); wrong != "" {
				t.Errorf("rule: after a logout that races %s no session is alive, in whatever order their commands reach the store: %s", rule, wrong)
			}
			t.Logf("%d states, %d ends", len(crowd.states), crowd.ends)
		})
	}
}
