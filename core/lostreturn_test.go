package core

import (
	"strings"
	"testing"
)

// Something on the way back from WeChat (a proxy, a short link, an app) may alter the
// state or drop it. Every such return looks like a first visit.
func TestAStateThatIsLostOnTheWayBackEndsOnThePageThatSaysSo(t *testing.T) {
	for rule, alter := range map[string]func(target string) string{
		"a slash appended":            func(s string) string { return s + "/" },
		"lower case":                  strings.ToLower,
		"the state dropped":           func(s string) string { before, _, _ := strings.Cut(s, "&state="); return before },
		"the state emptied":           func(s string) string { before, _, _ := strings.Cut(s, "&state="); return before + "&state=" },
		"the state cut":               func(s string) string { return s[:len(s)-20] },
		"something else in its place": func(s string) string { before, _, _ := strings.Cut(s, "&state="); return before + "&state=STATE" },
		"another state behind":        func(s string) string { return s + "&state=x" },
	} {
		for _, cookies := range []bool{true, false} {
			r := newRig(t)
			b, g := r.browser(), r.gate(ModeRequire)
			out, rounds := b.get(g, "/page?a=1"), 0
			longest := 0
			for ; out.Status == 302; rounds++ {
				back := out.Header.Get("Location")
				longest = max(longest, len(back))
				if rounds > 10 {
					break
				}
				target := alter(b.consent(out))
				if !cookies {
					clear(b.cookies)
				}
				out = b.get(g, target)
			}
			if out.Status != 400 || rounds > 3 || !strings.Contains(string(out.Body), `data-fault="state"`) {
				t.Errorf("rule: %s, cookies %v: after at most three returns a page says why: %d after %d rounds %.300s", rule, cookies, out.Status, rounds, out.Body)
			}
			if strings.Contains(string(out.Body), "code=") || r.exchanges() != 0 {
				t.Errorf("rule: %s: no code is spent, and the page links to none", rule)
			}
			if longest > 600 {
				t.Errorf("rule: %s: the address does not grow: %d bytes", rule, longest)
			}
		}
	}
}

func TestManyTabsMayStartAtOnce(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	for range 20 {
		if out := b.get(g, "/page"); out.Status != 302 {
			t.Fatalf("rule: starts are not counted: %d", out.Status)
		}
	}
}
