package once

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestLoginsAreCountedWithinTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewLoopGuard(time.Minute)
		for range 3 {
			g.Add("a", time.Now())
		}
		if n, other := g.Count("a", time.Now()), g.Count("b", time.Now()); n != 3 || other != 0 {
			t.Errorf("rule: each browser has a count of its own: %d and %d", n, other)
		}
		time.Sleep(time.Minute)
		if n := g.Count("a", time.Now()); n != 0 {
			t.Errorf("rule: the count begins anew after the window: %d", n)
		}
		time.Sleep(time.Second)
		g.Sweep()
		if n := g.browsers.counts.ItemCount(); n != 0 {
			t.Errorf("rule: a sweep drops what is over: %d left", n)
		}
	})
}

func TestTheLatestSessionsOfABrowserAreKept(t *testing.T) {
	g, now := NewLoopGuard(time.Minute), time.Now()
	for i := range maxTokens + 3 {
		g.Add("a", now)
		g.AddSession("a", string(rune('a'+i)), now)
	}
	kept := g.Sessions("a", now)
	if len(kept) != maxTokens || kept[0] != "d" || g.Count("a", now) != maxTokens+3 || len(g.Sessions("b", now)) != 0 {
		t.Errorf("rule: the latest %d sessions of each browser are kept: %q", maxTokens, kept)
	}
	kept[0] = "changed"
	if g.Sessions("a", now)[0] != "d" || len(g.Sessions("a", now.Add(time.Minute))) != 0 {
		t.Error("rule: nobody changes them, and they are forgotten with the window")
	}
}
