package screen

import (
	"testing"
	"time"
)

func TestAWaitingPageShowsItsCodes(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	s, first, ok := Shown{}.Next(start)
	if !ok || !first.Equal(start) {
		t.Fatalf("rule: a browser that comes shows a code: %v", first)
	}
	at := func(d time.Duration) (Shown, time.Duration, bool) {
		next, since, ok := s.Next(start.Add(d))
		return next, since.Sub(start), ok
	}
	for _, d := range []time.Duration{0, time.Second, RenewAfter - 1} {
		if next, since, ok := at(d); !ok || since != 0 || next != s {
			t.Errorf("rule: reloads and tabs show the same code: after %v one of %v", d, since)
		}
	}
	renewed, since, ok := at(RenewAfter)
	if !ok || since != RenewAfter {
		t.Errorf("rule: a code is renewed while it can still be opened: %v", since)
	}
	if codes := renewed.Codes(start.Add(RenewAfter)); len(codes) != 2 || !codes[1].Equal(start) {
		t.Errorf("rule: the code of before may still have an answer: %v", codes)
	}
	if CodeLife-RenewAfter < 30*time.Second {
		t.Error("rule: a code on the screen can be opened for half a minute at least")
	}

	// A page that renews itself.
	var codes int
	s, _, _ = Shown{}.Next(start)
	now := start
	for ok = true; ok && codes < 100; codes++ {
		now = now.Add(RenewAfter)
		s, _, ok = s.Next(now)
	}
	if waited := now.Sub(start); waited < WaitLife || waited >= WaitLife+RenewAfter {
		t.Errorf("rule: new codes are shown for 5 minutes: %v", waited)
	}
	if len(s.Codes(now)) == 0 {
		t.Error("rule: an answer to the last code is still looked for")
	}
	if _, since, ok := s.Next(now); !ok || !since.Equal(now) {
		t.Error("rule: who asks again waits anew")
	}
}

func TestOfWhatABrowserKeepsOnlyItsOwnTimesCount(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	mine, _, _ := Shown{}.Next(now)
	if back := ParseShown(mine.String()); back != mine {
		t.Errorf("rule: the cookie comes back as it was: %+v", back)
	}
	for _, text := range []string{"", "0", "..", "a.b", "a.b.c", "a.b.c.d.e", "-1.0.0.0", "!.0.0.0", "1y2p0ij32e8e8.0.0.0", string(make([]byte, 100))} {
		if s := ParseShown(text); s != (Shown{}) {
			t.Errorf("rule: %q is a browser that does not wait: %+v", text, s)
		}
	}
	for rule, c := range map[string]struct {
		s     Shown
		codes int
		since time.Time
	}{
		"a code from the future is not shown":     {Shown{now.Unix(), [2]int64{now.Unix() + 60, 0}, 0}, 0, now},
		"another node's clock may be ahead":       {Shown{now.Unix(), [2]int64{now.Unix() + 5, 0}, 0}, 1, now.Add(5 * time.Second)},
		"one that is over is not looked for":      {Shown{now.Unix(), [2]int64{now.Unix() - 541, now.Unix() - 1000}, 0}, 0, now},
		"one that may have an answer is":          {Shown{now.Unix(), [2]int64{now.Unix() - 540, 0}, 0}, 1, now},
		"who came back after long waits anew":     {Shown{now.Unix() - 1000, [2]int64{now.Unix() - 1000, 0}, 0}, 0, now},
		"who waits since the future waits anew":   {Shown{now.Unix() + 1000, [2]int64{0, 0}, 0}, 0, now},
		"who has had an answer sees another code": {mine.Done(), 0, now.Add(time.Second)},
		"whatever it says of the time before":     {Shown{after: now.Unix() + 60}, 0, now},
	} {
		if codes := c.s.Codes(now); len(codes) != c.codes {
			t.Errorf("rule: %s: %v", rule, codes)
		}
		if _, since, ok := c.s.Next(now); !ok || !since.Equal(c.since) {
			t.Errorf("rule: %s: %v", rule, since)
		}
	}
	if twice, _, _ := (Shown{0, [2]int64{now.Unix(), 0}, 0}).Next(now); twice.codes != [2]int64{now.Unix(), 0} {
		t.Errorf("rule: one code is listed once: %v", twice)
	}
}
