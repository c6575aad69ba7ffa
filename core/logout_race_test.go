package core

import (
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

func (r *rig) sessionsIn(m *memory) (n int) {
	for i := range m.shards {
		for token := range m.shards[i].items {
			if isToken(token) {
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
