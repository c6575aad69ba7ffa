package core

import (
	"strings"
	"testing"
)

func TestWhatIsNoLoginIsNotToldAsOne(t *testing.T) {
	for rule, c := range map[string]struct {
		do   func(r *rig, b *browser)
		want string // the names of the events
	}{
		"a logged-in visitor who opens the login path has not come back": {func(r *rig, b *browser) {
			if out := b.get(r.gate(ModeLogin), "/login?to=/me"); out.Status != 303 {
				r.t.Fatal(out.Status)
			}
		}, ""},
		"a logged-in visitor's pages, scripts and forms are no logins": {func(r *rig, b *browser) {
			b.get(r.gate(ModeRequire), "/me")
			b.send(r.gate(ModeOptional), "POST", "/me", with("Content-Type", "text/plain"))
			b.send(r.gate(ModeRequire), "GET", "/me", with("Accept", "application/json"))
		}, ""},
		"a script that asks for a callback's address has not come back": {func(r *rig, b *browser) {
			stranger := r.browser()
			q := r.browser().authorize(r.browser().get(r.gate(ModeRequire), "/me"))
			r.auth.watch.observer.(*recorder).forget()
			stranger.send(r.gate(ModeRequire), "GET", b.back(q, "code=0123456789abcdef0123456789abcdef&state="+q.Get("state")), with("Accept", "application/json"))
		}, LoginChallenge},
		"a logout is told once": {func(r *rig, b *browser) {
			for range 2 {
				b.send(r.gate(ModeLogout), "POST", "/logout", nil)
			}
		}, SessionEnd},
	} {
		seen := &recorder{}
		r := newRig(t, observed(seen))
		b := r.browser()
		b.login(r.gate(ModeRequire), "/me")
		seen.forget()
		c.do(r, b)
		if got := strings.Join(seen.names(), " "); got != c.want {
			t.Errorf("rule: %s: %q, want %q", rule, got, c.want)
		}
	}
}

func (r *recorder) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = nil
}

func TestACodeOnAScreenIsToldOnce(t *testing.T) {
	seen := &recorder{}
	r := newScreenRig(t, observed(seen))
	desk, g := r.desk(), r.gate(ModeRequire)
	for range 3 {
		desk.code(desk.get(g, "/me"))
	}
	if n := len(seen.all(LoginChallenge)); n != 1 {
		t.Errorf("rule: a page that shows the same code again is not told again: %d events", n)
	}
}
