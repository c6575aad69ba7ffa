package core

import (
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// between runs something once, just before a session is written: the moment in
// which another request of the same visitor may log out.
type between struct {
	scs.Store
	run func()
}

func (b *between) Commit(token string, value []byte, expires time.Time) error {
	if run := b.run; run != nil && session.IsToken(token) {
		b.run = nil
		run()
	}
	return b.Store.Commit(token, value, expires)
}

// sessionsIn counts the sessions that hold a user.
func (r *rig) sessionsIn(m *session.Memory) (n int) {
	all, _ := m.All()
	for _, b := range all {
		if _, values, err := r.auth.config.Sessions.Codec.Decode(b); err == nil && values["wechat:"+testAppID] != nil {
			n++
		}
	}
	return n
}

func TestALogoutWinsOverARequestThatIsWritingTheSession(t *testing.T) {
	for name, request := range map[string]func(*rig, *browser) *Outcome{
		"an upgrade": func(r *rig, b *browser) *Outcome {
			prompt := r.gate(ModeRequire, Prompt)
			return b.get(prompt, b.consent(b.get(prompt, "/profile")))
		},
		"the idle time": func(r *rig, b *browser) *Outcome {
			r.advance(6 * time.Minute)
			return b.get(r.gate(ModeOptional), "/")
		},
	} {
		t.Run(name, func(t *testing.T) {
			inner := session.NewMemory()
			store := &between{Store: inner}
			m := manager(store)
			m.IdleTimeout = 2 * time.Hour
			r := newRig(t, func(c *Config) { c.Sessions = m })
			b := r.browser()
			b.login(r.gate(ModeRequire), "/")
			other := *b // the tab in which the visitor logs out
			other.cookies = map[string]string{}
			for k, v := range b.cookies {
				other.cookies[k] = v
			}
			store.run = func() {
				if out := other.send(r.gate(ModeLogout), "POST", "/logout", nil); out.Status != 303 {
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
			if b.user(r.gate(ModeRequire), "/") != nil {
				t.Error("the browser is still logged in")
			}
		})
	}
}

func TestALogoutWithTheTokenFromBeforeAnUpgradeEndsTheNewSession(t *testing.T) {
	r := newRig(t)
	b, silent, prompt := r.browser(), r.gate(ModeRequire), r.gate(ModeRequire, Prompt)
	b.login(silent, "/")
	old := b.sessionCookie()
	b.login(prompt, "/profile")
	tab := r.browser() // its logout was sent before the new cookie arrived
	tab.cookies["__Host-wechat_session_"+web.AccountTag(testAppID, "")] = old
	if out := tab.send(r.gate(ModeLogout), "POST", "/logout", nil); out.Status != 303 {
		t.Fatal(out.Status)
	}
	if b.user(silent, "/") != nil {
		t.Error("the raised session outlived the logout")
	}
}

// A browser may never get the answer to its logout, and keeps the cookies from before.
func TestABrowserThatLostTheAnswerToALogoutLogsInAgain(t *testing.T) {
	store := session.NewMemory()
	r := newRig(t, func(c *Config) { c.Sessions = manager(store) })
	b, g := r.browser(), r.gate(ModeRequire)
	b.login(g, "/")
	if out := b.ask(r.gate(ModeLogout), "POST", "/logout"); out.Status != 303 {
		t.Fatal(out.Status)
	}
	end := b.walkTo(g, "/me", func() {})
	if end.out.Status != 0 || end.redirects > 8 {
		t.Errorf("rule: the next login counts, or the one after it: %d after %d redirects", end.out.Status, end.redirects)
	}
}
