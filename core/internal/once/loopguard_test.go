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
		if n := g.counts.ItemCount(); n != 0 {
			t.Errorf("rule: a sweep drops what is over: %d left", n)
		}
	})
}
