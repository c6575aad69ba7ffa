package core

import (
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/internal/web"
)

// loginBelow logs in at a service whose proxy cuts path off.
func (b *browser) loginBelow(g *Gate, path, target string) {
	b.rig.t.Helper()
	back, ok := strings.CutPrefix(b.consent(b.get(g, target)), path)
	if !ok {
		b.rig.t.Fatalf("the way back does not begin with %s", path)
	}
	if got := b.arrives(b.get(g, back)); got != path+target {
		b.rig.t.Fatalf("the login ends on %s, want %s", got, path+target)
	}
}

func TestTwoServicesOfOneAccountOnOneHostLeaveEachOtherAlone(t *testing.T) {
	for name, paths := range map[string][2]string{
		"beside each other":         {"/a", "/b"},
		"one at the root":           {"", "/shop"},
		"one below the other":       {"/shop", "/shop/admin"},
		"paths that differ by case": {"/Shop", "/shop"},
		"paths of many parts":       {"/a/b", "/a/c"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			var gates [2]*Gate
			for i, path := range paths {
				gates[i] = NewGate(ModeRequire, r.instance(func(c *Config) { c.PublicURL = "https://app.example.com" + path }))
			}
			b := r.browser()
			for i, path := range paths {
				b.loginBelow(gates[i], path, "/me")
			}
			for range 3 { // visited in turn
				for i := range gates {
					if b.user(gates[i], "/me") == nil {
						t.Fatalf("rule: a login at one service leaves the session of the other alone: %s", paths[i])
					}
				}
			}
			logout := NewGate(ModeLogout, gates[0].auth)
			if out := b.send(logout, "POST", "/logout", nil); out.Status != 303 || b.user(gates[0], "/me") != nil || b.user(gates[1], "/me") == nil {
				t.Errorf("rule: a logout at one service leaves the other alone: %d", out.Status)
			}
		})
	}
	if web.AccountTag(testAppID, "") == web.AccountTag(testAppID, "/a") {
		t.Error("rule: the cookie names carry the path")
	}
}
