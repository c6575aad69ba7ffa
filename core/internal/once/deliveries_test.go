package once

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestOneCodeLogsInOnlySoOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDeliveries()
		for i := range MaxPerCode {
			if err := d.Spent("code", "b", time.Now()); err != nil {
				t.Fatalf("delivery %d: %v", i, err)
			}
			if err := d.Add("code", "b", "oAlice", time.Now()); err != nil {
				t.Fatalf("delivery %d: %v", i, err)
			}
		}
		if d.Spent("code", "b", time.Now()) == nil || d.Add("code", "b", "oAlice", time.Now()) == nil {
			t.Errorf("rule: one code logs in %d times at most", MaxPerCode)
		}
		if d.Spent("another", "b", time.Now()) != nil {
			t.Error("rule: another code of the same browser still does")
		}
		time.Sleep(Life + time.Second)
		d.Sweep()
		if n := d.codes.counts.ItemCount() + d.people.counts.ItemCount() + d.browsers.counts.ItemCount(); n != 0 {
			t.Errorf("rule: a sweep drops what is over: %d left", n)
		}
	})
}

func TestDeliveriesAtOnceCountEach(t *testing.T) {
	d, now := NewDeliveries(), time.Now()
	var in atomic.Int32
	var all sync.WaitGroup
	for range 10 * MaxPerCode {
		all.Go(func() {
			if d.Spent("code", "b", now) == nil && d.Add("code", "b", "oAlice", now) == nil {
				in.Add(1)
			}
		})
	}
	all.Wait()
	if in.Load() != MaxPerCode {
		t.Errorf("rule: however many come at once, %d log in: %d", MaxPerCode, in.Load())
	}
}

func TestOnePersonLogsInOnlySoOftenByUsedCodes(t *testing.T) {
	d, now := NewDeliveries(), time.Now()
	in := 0
	for i := range 20 * MaxPerCode {
		code := fmt.Sprint(i / MaxPerCode)
		if d.Add(code, "b"+code, "oAlice", now) == nil {
			in++
		}
	}
	if want := 20 + MaxRepeatsPerPerson; in != want {
		t.Errorf("rule: 20 codes of one person make %d sessions at most: %d", want, in)
	}
	if d.Add("99", "b99", "oAlice", now) != nil {
		t.Error("rule: a new code of that person still logs in")
	}
	if d.Add("99", "b99", "oAlice", now) == nil {
		t.Error("rule: but it does not once more")
	}
	for rule, c := range map[string]struct {
		person string
		at     time.Time
	}{"another person's used code still logs in": {"oBob", now}, "the count begins anew after a minute": {"oAlice", now.Add(time.Minute)}} {
		first, second := d.Add(rule, "c", c.person, c.at), d.Add(rule, "c", c.person, c.at)
		if first != nil || second != nil {
			t.Errorf("rule: %s", rule)
		}
	}
}

func TestOneBrowserLogsInOnlySoOften(t *testing.T) {
	d, now := NewDeliveries(), time.Now()
	for i := range MaxPerBrowser {
		if err := d.Add(fmt.Sprint(i), "b", fmt.Sprint("o", i), now); err != nil {
			t.Fatal(i, err)
		}
	}
	if d.Spent("new", "b", now) == nil || d.Add("new", "b", "o", now) == nil {
		t.Errorf("rule: one browser logs in %d times a minute at most", MaxPerBrowser)
	}
	if d.Spent("new", "c", now) != nil || d.Spent("newer", "b", now.Add(time.Minute)) != nil {
		t.Error("rule: another browser still does, and this one after a minute")
	}
}
