package core

import (
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/internal/session"
)

func TestALogoutOfABrowserThatLostItsSessionEndsItsOldCallback(t *testing.T) {
	r := newRig(t)
	g, b := r.gate(ModeRequire), r.browser()
	back := b.consent(b.get(g, "/me"))
	kept := copyOf(b)
	b.arrives(b.get(g, back))
	delete(b.cookies, r.auth.sessions.CookieName(true))
	b.send(r.gate(ModeLogout), "POST", "/logout", nil)
	if out := kept.get(g, back); out.Status != 302 || kept.sessionCookie() != "" {
		t.Errorf("rule: what is remembered of a browser ends with its logout, also where the session cookie was lost before: %d", out.Status)
	}
}

func TestALogoutNeedsAHost(t *testing.T) {
	r := newRig(t, func(c *Config) { c.PublicURL = "" })
	out := r.gate(ModeLogout).Handle(t.Context(), &Request{Method: "POST", Target: "/logout", TLS: true, Header: with("Accept", "text/html")})
	if out.Status != 400 {
		t.Errorf("rule: a logout without a host answers 400, because it cannot tell its own site: %d", out.Status)
	}
}

func TestASessionThatCannotBeDeletedCountsNoMore(t *testing.T) {
	seen, store := &recorder{}, &failing{Store: session.NewMemory()}
	r := newRig(t, everywhere(store), observed(seen))
	b, g := r.browser(), r.gate(ModeRequire)
	b.login(g, "/me")
	r.logoutEverywhere(r.auth)
	store.remove = true
	for range 3 {
		if out := b.get(g, "/me"); out.Status != 302 {
			t.Errorf("rule: a session that was logged out everywhere counts no more, also where it cannot be deleted: %d", out.Status)
		}
	}
	if n := strings.Count(r.log.String(), "could not be deleted"); n != 1 {
		t.Errorf("rule: the log says so once a minute: %d lines", n)
	}
	if e := seen.all(SessionEnd); len(e) == 0 || e[0].Reason != "logout_all" {
		t.Errorf("rule: its end is told: %v", e)
	}
}
