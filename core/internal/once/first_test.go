package once

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheFirstTimeIsToldFromTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFirst(time.Minute)
		if !f.Is("a", time.Now()) || f.Is("a", time.Now()) || !f.Is("b", time.Now()) {
			t.Error("rule: each key comes once for the first time")
		}
		time.Sleep(time.Minute)
		if !f.Is("a", time.Now()) {
			t.Error("rule: after the window it is the first time again")
		}
		for i := range 2 * maxFirsts {
			f.Is(strconv.Itoa(i), time.Now())
		}
		if n := f.seen.counts.ItemCount(); n > maxFirsts {
			t.Errorf("rule: what strangers add is bounded: %d", n)
		}
		if f.Is("one more", time.Now()) {
			t.Error("rule: without room nothing comes for the first time")
		}
		time.Sleep(2 * time.Minute)
		f.Sweep()
		if n := f.seen.counts.ItemCount(); n != 0 {
			t.Errorf("rule: a sweep drops what is over: %d", n)
		}
	})
}
