package core

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/wxapi"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// unlisted is a store that cannot list what it holds.
type unlisted struct{ scs.Store }

func TestSessionsListsThoseOfOnePerson(t *testing.T) {
	for name, c := range map[string]func(*Config){
		"private sessions":                  func(*Config) {},
		"the app's, with core.Codec":        func(c *Config) { c.Sessions = manager(session.NewMemory()); c.Sessions.Codec = Codec{} },
		"the app's, with scs's codec":       func(c *Config) { c.Sessions = manager(session.NewMemory()) },
		"the app's, with hashed tokens":     func(c *Config) { c.Sessions = manager(session.NewMemory()); c.Sessions.HashTokenInStore = true },
		"the app's, with LogoutEverywhere":  everywhere(session.NewMemory()),
		"the app's, in a store with values": func(c *Config) { everywhere(session.NewMemory())(c); c.Cache = c.Sessions.Store },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, c)
			g := r.gate(ModeRequire)
			none, err := r.auth.Sessions(t.Context(), r.alice())
			if err != nil || none == nil || len(none) != 0 {
				t.Errorf("rule: somebody without a session has an empty list: %v %v", none, err)
			}
			phone, tablet, other := r.browser(), r.browser(), r.browser()
			other.person = wxsim.DefaultPeople()[1].ID
			phone.login(g, "/")
			r.advance(time.Hour)
			tablet.login(r.gate(ModeRequire, Prompt), "/")
			other.login(g, "/")
			listed, err := r.auth.Sessions(t.Context(), r.alice())
			if err != nil || len(listed) != 2 || listed[0].User.Scope != Prompt || listed[1].User.Scope != Silent {
				t.Fatalf("rule: the person's sessions are listed, the latest first: %v %v", listed, err)
			}
			for _, s := range listed {
				if s.User.OpenID != r.alice() || s.User.AppID != testAppID || !s.Written.Equal(s.User.LoggedInAt) || time.Until(s.Expires) < 23*time.Hour {
					t.Errorf("rule: a listed session has its user and times: %+v", s)
				}
			}
			phone.send(r.gate(ModeLogout), "POST", "/logout", nil)
			if listed, err = r.auth.Sessions(t.Context(), r.alice()); err != nil || len(listed) != 1 {
				t.Errorf("rule: a session that was logged out is not listed: %v %v", listed, err)
			}
			if r.auth.sessions.HasGenerations() {
				r.logoutEverywhere(r.auth)
				if listed, err = r.auth.Sessions(t.Context(), r.alice()); err != nil || len(listed) != 0 {
					t.Errorf("rule: sessions that were ended everywhere are not listed: %v %v", listed, err)
				}
			}
		})
	}
}

func TestSessionsCannotBeListedEverywhere(t *testing.T) {
	inner := session.NewMemory()
	r := newRig(t, func(c *Config) { c.Sessions = manager(unlisted{inner}) })
	if _, err := r.auth.Sessions(t.Context(), r.alice()); !errors.Is(err, errors.ErrUnsupported) || errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "scs.IterableStore") {
		t.Errorf("rule: a store that cannot list is a clear error: %v", err)
	}
	r = newRig(t, func(c *Config) { c.Sessions = manager(listing{err: errors.New("store is down")}) })
	if _, err := r.auth.Sessions(t.Context(), r.alice()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("rule: a store that fails is an error: %v", err)
	}
	r = newRig(t, func(c *Config) { c.Sessions = manager(listing{panics: true}) })
	if _, err := r.auth.Sessions(t.Context(), r.alice()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("rule: a store that panics is an error: %v", err)
	}
	for _, openID := range []string{"", "o x", "../o", strings.Repeat("o", 100)} {
		_, err := r.auth.Sessions(t.Context(), openID)
		if forget := r.auth.Forget(t.Context(), openID); !errors.Is(err, wxapi.ErrToken) || !errors.Is(forget, wxapi.ErrToken) {
			t.Errorf("rule: what is no open id is an error: %q %v %v", openID, err, forget)
		}
	}
}

// listing is a store whose list fails.
type listing struct {
	scs.Store
	err    error
	panics bool
}

func (l listing) AllCtx(context.Context) (map[string][]byte, error) {
	if l.panics {
		panic("a secret of the app's")
	}
	return nil, l.err
}

func (l listing) FindCtx(context.Context, string) ([]byte, bool, error) { return nil, false, nil }
func (l listing) CommitCtx(context.Context, string, []byte, time.Time) error {
	return nil
}
func (l listing) DeleteCtx(context.Context, string) error { return nil }
func (l listing) Find(string) ([]byte, bool, error)       { return nil, false, nil }

func TestForgetErasesWhatIsHeldOfAPerson(t *testing.T) {
	for name, shared := range map[string]bool{"in a shared cache": true, "in this process": false} {
		t.Run(name, func(t *testing.T) {
			store, cache := session.NewMemory(), session.NewMemory()
			r := newRig(t, func(c *Config) {
				c.Sessions, c.KeepTokens = manager(store), true
				if shared {
					c.Cache = cache
				}
			})
			g := r.gate(ModeRequire, Prompt)
			b, other := r.browser(), r.browser()
			other.person = wxsim.DefaultPeople()[1].ID
			other.login(g, "/")
			if _, err := r.auth.Follows(t.Context(), other.openID()); err != nil {
				t.Fatal(err)
			}
			heldBefore, cachedBefore := r.held(), len(all(t, cache))
			back := b.consent(b.get(g, "/me"))
			b.arrives(b.get(g, back))
			if _, err := r.auth.Follows(t.Context(), b.openID()); err != nil {
				t.Fatal(err)
			}
			if r.held() == heldBefore || shared && len(all(t, cache)) == cachedBefore {
				t.Fatal("something is held")
			}
			if err := r.auth.Forget(t.Context(), b.openID()); err != nil {
				t.Fatal(err)
			}
			if b.user(r.gate(ModeRequire), "/me") != nil {
				t.Error("rule: the person's sessions are erased")
			}
			if got := r.held(); got != heldBefore {
				t.Errorf("rule: what this process knows of the person is erased: %d, before %d", got, heldBefore)
			}
			if got := len(all(t, cache)); got != cachedBefore {
				t.Errorf("rule: what the cache holds of the person is erased: %d, before %d", got, cachedBefore)
			}
			if _, err := r.auth.RefreshProfile(t.Context(), &User{AppID: testAppID, OpenID: b.openID()}); !errors.Is(err, ErrNoToken) {
				t.Errorf("rule: the refresh token is erased: %v", err)
			}
			n := r.exchanges()
			b.forget("session")
			if b.get(g, back); r.exchanges() != n+1 {
				t.Error("rule: a remembered login is erased, so WeChat is asked again (and calls the code used)")
			}
			if other.user(g, "/") == nil {
				t.Error("rule: another person keeps everything")
			}
		})
	}
}

// held is how much this process knows of people.
func (r *rig) held() int {
	n := r.auth.followers.Len() + r.auth.tokens.held()
	results := 0
	r.auth.logins.results.Forget(context.Background(), func(string) bool { results++; return false })
	return n + results
}

func TestForgetSaysWhatItCouldNotErase(t *testing.T) {
	inner := session.NewMemory()
	for rule, on := range map[string]bool{"with LogoutEverywhere they log no one in": true, "without it they live on": false} {
		r := newRig(t, everywhere(unlisted{inner}), func(c *Config) { c.LogoutEverywhere, c.KeepTokens = on, true })
		b, g := r.browser(), r.gate(ModeRequire, Prompt)
		b.login(g, "/")
		if err := r.auth.Forget(t.Context(), r.alice()); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("rule: sessions that cannot be listed are an error: %v", err)
		}
		if (b.user(g, "/") == nil) != on {
			t.Errorf("rule: %s", rule)
		}
		if _, err := r.auth.RefreshProfile(t.Context(), &User{AppID: testAppID, OpenID: r.alice()}); !errors.Is(err, ErrNoToken) {
			t.Errorf("rule: everything else is erased all the same: %v", err)
		}
	}
	store := &failing{Store: session.NewMemory()}
	r := newRig(t, func(c *Config) { c.Cache, c.KeepTokens = store, true })
	store.remove = true
	if err := r.auth.Forget(t.Context(), r.alice()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("rule: a cache that fails is an error: %v", err)
	}
}

func TestForgetWinsOverARequestThatIsWritingTheSession(t *testing.T) {
	inner := session.NewMemory()
	store := &between{Store: inner}
	var r *rig
	m := manager(listed{store, inner})
	m.IdleTimeout = 2 * time.Hour
	r = newRig(t, func(c *Config) { c.Sessions = m })
	b, g := r.browser(), r.gate(ModeRequire)
	b.login(g, "/")
	r.advance(6 * time.Minute)
	store.run = func() {
		if err := r.auth.Forget(context.Background(), r.alice()); err != nil {
			t.Error(err)
		}
	}
	b.get(g, "/") // writes the idle time
	if store.run != nil || r.sessionsIn(inner) != 0 {
		t.Errorf("rule: a request that is still running does not bring a session back: %d", r.sessionsIn(inner))
	}
}

// listed lists what lies in the inner store.
type listed struct {
	scs.Store
	inner *session.Memory
}

func (l listed) All() (map[string][]byte, error) { return l.inner.All() }
