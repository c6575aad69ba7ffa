package once

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheNumbersThatAreDocumented(t *testing.T) {
	if Life != 5*time.Minute || WebsiteLife != 10*time.Minute || AwaitLife != time.Second || endLife != 11*time.Minute {
		t.Error("rule: a result lives 5 minutes, a website application's 10, a logout a minute longer, and another node gets a second")
	}
	if maxFirsts != 10_000 || MaxPerCode != 20 || MaxRepeatsPerPerson != 60 || MaxPerBrowser != 128 {
		t.Error("rule: 20 logins by a code, 60 repeats by a person and 128 logins by a browser in a minute")
	}
}

func TestTheOneLoginTooManySaysHowManyThereWere(t *testing.T) {
	now := time.Now()
	for rule, c := range map[string]struct {
		most             int
		key, browser, by func(i int) string
		want             string
	}{
		"one code":    {MaxPerCode, same, numbered, numbered, "20 logins by one code"},
		"one person":  {MaxRepeatsPerPerson, repeatedCode, numbered, same, "60 logins by one person in a minute, by codes that were used before"},
		"one browser": {MaxPerBrowser, numbered, same, numbered, "128 logins by one browser in a minute"},
	} {
		d, added := NewDeliveries(), 0
		var err error
		for i := 0; err == nil && i < 1000; i++ {
			if err = d.Add(c.key(i), c.browser(i), c.by(i), now); err == nil && !(rule == "one person" && i%2 == 0) {
				added++
			}
		}
		if err == nil || err.Error() != c.want || added != c.most {
			t.Errorf("rule: %s logs in %d times and no more: %d times, then %v", rule, c.most, added, err)
		}
	}
	d := NewDeliveries()
	for i := range MaxPerBrowser {
		if i == MaxPerCode-1 {
			if err := d.Spent("code", "browser", now); err != nil {
				t.Errorf("rule: a code with one login left is not spent: %v", err)
			}
		}
		key := "code"
		if i >= MaxPerCode {
			key = numbered(i)
		}
		if err := d.Add(key, "browser", numbered(i), now); err != nil {
			t.Fatal(err)
		}
		if i == MaxPerCode-1 {
			if err := d.Spent("code", "browser", now); err == nil || err.Error() != "20 logins by one code" {
				t.Errorf("rule: a code is spent before anything is done for it: %v", err)
			}
		}
	}
	if err := d.Spent("fresh", "browser", now); err == nil || err.Error() != "128 logins by one browser in a minute" {
		t.Errorf("rule: a browser is, too: %v", err)
	}
}

func same(int) string           { return "same" }
func numbered(i int) string     { return fmt.Sprint("n", i) }
func repeatedCode(i int) string { return fmt.Sprint("n", i/2) }

func TestTheLatestEightSessionsAreKept(t *testing.T) {
	g, now := NewLoopGuard(time.Minute), time.Now()
	var want []string
	for i := range 20 {
		g.AddSession("b", numbered(i), now)
		want = append(want, numbered(i))
	}
	if got := g.Sessions("b", now); !slices.Equal(got, want[12:]) {
		t.Errorf("rule: the tokens of the latest 8 sessions are kept: %v", got)
	}
}

func TestABrowserTakesSixteenPlacesAndLeavesNothingBehind(t *testing.T) {
	p := NewPlaces(1000)
	var back []func()
	for {
		giveBack, ok := p.Take("b")
		if !ok {
			break
		}
		back = append(back, giveBack)
	}
	if len(back) != 16 {
		t.Errorf("rule: one browser takes 16 places at most: %d", len(back))
	}
	for _, giveBack := range back {
		if p.each["b"] == 0 {
			t.Error("rule: a browser counts until its last place is given back")
		}
		giveBack()
		giveBack()
	}
	if len(p.each) != 0 || p.taken != 0 {
		t.Errorf("rule: places that are given back leave nothing in memory: %d browsers, %d places", len(p.each), p.taken)
	}
}

// late is a store that finds nothing until it was asked often enough.
type late struct {
	asked, finds int
	sealed       []byte
	err          error
	left         time.Duration // until the deadline of the first command
}

func (s *late) FindCtx(ctx context.Context, key string) ([]byte, bool, error) {
	if key != "key" {
		return nil, false, s.err
	}
	if s.asked++; s.asked == 1 {
		deadline, _ := ctx.Deadline()
		s.left = time.Until(deadline)
	}
	return s.sealed, s.asked > s.finds, s.err
}

func (s *late) CommitCtx(_ context.Context, _ string, sealed []byte, _ time.Time) error {
	s.sealed = sealed
	return nil
}
func (s *late) DeleteCtx(context.Context, string) error { return nil }
func (s *late) Find(string) ([]byte, bool, error)       { panic("without a context") }
func (s *late) Commit(string, []byte, time.Time) error  { panic("without a context") }
func (s *late) Delete(string) error                     { panic("without a context") }
func resultsIn(t *testing.T, s *late) *Results {
	r, err := NewResults(s, "wx", "secret")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnotherNodesResultIsAwaitedForASecond(t *testing.T) {
	for rule, c := range map[string]struct {
		finds, asked int
		found        bool
	}{
		"a result that is there is found at once":        {0, 1, true},
		"one that comes later is found at the next look": {3, 4, true},
		"ten looks a second, then the login starts anew": {100, 10, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &late{finds: c.finds}
			resultsIn(t, s).Put(t.Context(), "key", "browser", "record", Life)
			began := time.Now()
			record, found := resultsIn(t, s).Await(t.Context(), "key", "browser") // the other node
			if found != c.found || found != (record == "record") || s.asked < c.asked || s.asked > c.asked+1 {
				t.Errorf("rule: %s: %q %v after %d looks", rule, record, found, s.asked)
			}
			if took := time.Since(began); took > AwaitLife || !found && took != AwaitLife {
				t.Errorf("rule: %s: it took %v", rule, took)
			}
		})
	}
}

func TestWithoutASharedStoreThereIsOneLook(t *testing.T) {
	r, err := NewResults(nil, "wx", "secret")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if _, found := r.Await(t.Context(), "key", "browser"); found || time.Since(began) != 0 {
			t.Errorf("rule: what nobody put is not found, and not waited for: %v", time.Since(began))
		}
	})
	r.Put(t.Context(), "key", "browser", "record", Life)
	if record, found := r.Await(t.Context(), "key", "browser"); !found || record != "record" {
		t.Errorf("rule: this node's own result is found: %q %v", record, found)
	}
	r.End(t.Context(), "other")
	if r.Len() != 3 {
		t.Errorf("rule: Len counts results, their browsers and logouts: %d", r.Len())
	}
}

func TestAStoreThatFailsHasNoResultAndEndsNothing(t *testing.T) {
	s := &late{}
	r := resultsIn(t, s)
	r.Put(t.Context(), "key", "browser", "record", Life)
	s.err = errors.New("down")
	if record, found := resultsIn(t, s).Get(t.Context(), "key", "browser"); found || record != "" {
		t.Errorf("rule: a store that fails is as good as none: %q %v", record, found)
	}
	if record, found := r.Get(t.Context(), "key", "browser"); !found || record != "record" {
		t.Errorf("rule: this node's own result counts while the store fails: %q %v", record, found)
	}
}

// In Go's FIPS 140-only mode a short secret makes no key.
func TestKeysThatCannotBeMadeAreAnError(t *testing.T) {
	if os.Getenv("ONCE_TEST_AGAIN") != "" {
		if r, err := NewResults(nil, "wx", "short"); err == nil || r != nil {
			t.Errorf("rule: without keys there are no results: %v", err)
		}
		if e, err := NewEnds(nil, time.Minute, "wx", "short"); err == nil || e != nil {
			t.Errorf("rule: without keys no ends are remembered: %v", err)
		}
		return
	}
	again := exec.Command(os.Args[0], "-test.run=^TestKeysThatCannotBeMadeAreAnError$")
	again.Env = append(os.Environ(), "GODEBUG=fips140=only", "ONCE_TEST_AGAIN=1")
	if out, err := again.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
