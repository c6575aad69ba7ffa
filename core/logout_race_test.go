package core

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

// between runs something once, just before a session is written: the moment in
// which another request of the same visitor may log out.
type between struct {
	scs.Store
	run func()
}

func (b *between) Commit(token string, value []byte, expires time.Time) error {
	if run := b.run; run != nil && isToken(token) {
		b.run = nil
		run()
	}
	return b.Store.Commit(token, value, expires)
}

// sessionsIn counts the sessions that hold a user.
func (r *rig) sessionsIn(m *memory) (n int) {
	for i := range m.shards {
		for _, it := range m.shards[i].items {
			if _, values, err := r.auth.sessions.manager.Codec.Decode([]byte(it.value)); err == nil && values[r.auth.sessions.key] != nil {
				n++
			}
		}
	}
	return n
}

func TestALogoutWinsOverARequestThatIsWritingTheSession(t *testing.T) {
	for name, request := range map[string]func(*rig, *browser) *Outcome{
		"an upgrade": func(r *rig, b *browser) *Outcome {
			prompt := r.gate(Require, Prompt)
			return b.get(prompt, b.consent(b.get(prompt, "/profile")))
		},
		"the idle time": func(r *rig, b *browser) *Outcome {
			r.advance(6 * time.Minute)
			return b.get(r.gate(Optional), "/")
		},
	} {
		t.Run(name, func(t *testing.T) {
			inner := newMemory()
			store := &between{Store: inner}
			m := manager(store)
			m.IdleTimeout = 2 * time.Hour
			r := newRig(t, func(c *Config) { c.Sessions = m })
			b := r.browser()
			b.login(r.gate(Require), "/")
			other := *b // the tab in which the visitor logs out
			other.cookies = map[string]string{}
			for k, v := range b.cookies {
				other.cookies[k] = v
			}
			store.run = func() {
				if out := other.send(r.gate(Logout), "POST", "/logout", nil); out.Status != 303 {
					t.Errorf("the logout itself: %d", out.Status)
				}
			}
			out := request(r, b)
			if store.run != nil {
				t.Fatal("nothing was written, so nothing was tested")
			}
			if n := r.sessionsIn(inner); n != 0 {
				t.Errorf("%d sessions are left after the logout", n)
			}
			if u, _ := FromContext(orEmpty(out)); u != nil {
				t.Errorf("the handler still sees %v", u)
			}
			if b.user(r.gate(Require), "/") != nil {
				t.Error("the browser is still logged in")
			}
		})
	}
}

func TestALogoutWithTheTokenFromBeforeAnUpgradeEndsTheNewSession(t *testing.T) {
	r := newRig(t)
	b, silent, prompt := r.browser(), r.gate(Require), r.gate(Require, Prompt)
	b.login(silent, "/")
	old := b.sessionCookie()
	b.login(prompt, "/profile")
	tab := r.browser() // its logout was sent before the new cookie arrived
	tab.cookies["__Host-wechat_session_"+accountTag(testAppID)] = old
	if out := tab.send(r.gate(Logout), "POST", "/logout", nil); out.Status != 303 {
		t.Fatal(out.Status)
	}
	if b.user(silent, "/") != nil {
		t.Error("the raised session outlived the logout")
	}
}

func TestAVanishedSessionIsNotWrittenBack(t *testing.T) {
	inner := newMemory()
	m := manager(inner)
	m.IdleTimeout = 2 * time.Hour
	r := newRig(t, func(c *Config) { c.Sessions = m })
	b := r.browser()
	b.login(r.gate(Require), "/")
	was, err := r.auth.sessions.read(context.Background(), with("Cookie", "session="+b.cookies["session"]), true)
	if err != nil || !was.found {
		t.Fatal(was, err)
	}
	inner.Delete(was.token) // deleted by the app itself, without a tombstone
	r.advance(6 * time.Minute)
	if h, gone, err := r.auth.sessions.touch(context.Background(), was, true); !gone || h != nil || err != nil {
		t.Errorf("gone %v, %v, %v", gone, h, err)
	}
	if n := r.sessionsIn(inner); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func TestAnUnknownTokenLeavesNothingBehindAtLogout(t *testing.T) {
	inner := newMemory()
	r := newRig(t, func(c *Config) { c.Sessions = manager(inner) })
	b := r.browser()
	b.cookies["session"] = strings.Repeat("u", 43)
	if out := b.send(r.gate(Logout), "POST", "/logout", nil); out.Status != 303 || b.cookies["session"] != "" {
		t.Errorf("%d %v", out.Status, b.cookies)
	}
	for i := range inner.shards {
		if n := len(inner.shards[i].items); n != 0 {
			t.Errorf("%d entries", n)
		}
	}
}
