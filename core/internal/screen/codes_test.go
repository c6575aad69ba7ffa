package screen

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestACodeLivesAsItsNumbersSay(t *testing.T) {
	if CodeLife != 120*time.Second || ScanLife != 120*time.Second || AnswerLife != 5*time.Minute || MaxWrong != 3 || Digits != 4 || WaitLife != 5*time.Minute {
		t.Error("rule: these numbers are promised to apps and their visitors")
	}
	k := newClock()
	c := node(t, newStore(), k)
	if n, err := c.Scan(t.Context(), "code", mei, site); err != nil || n.State != Scanned || n.OpenID != mei || n.Origin != site {
		t.Fatalf("%+v, %v", n, err)
	}
	k.advance(ScanLife)
	if n, _ := c.Look(t.Context(), "code"); n.State != Scanned {
		t.Errorf("rule: the person has 120 s to answer: %+v", n)
	}
	n, err := c.Allow(t.Context(), "code", mei, Answer{"record", "session"})
	if err != nil || n.State != Allowed || len(n.Number) != Digits || strings.Trim(n.Number, "0123456789") != "" {
		t.Fatalf("rule: an answer has four digits: %+v, %v", n, err)
	}
	k.advance(AnswerLife)
	if n, _ := c.Look(t.Context(), "code"); n.State != Allowed || n.Answer != (Answer{"record", "session"}) {
		t.Errorf("rule: an answer waits for 5 minutes: %+v", n)
	}
	k.advance(time.Second)
	if n, _ := c.Look(t.Context(), "code"); n != (Note{}) {
		t.Errorf("rule: and no longer: %+v", n)
	}
	if given, ok, err := c.Spend(t.Context(), "code", n.Number, false); ok || err != nil {
		t.Errorf("rule: an answer that is over is not given out: %+v, %v", given, err)
	}
}

func TestTheFirstPhoneCounts(t *testing.T) {
	k := newClock()
	c := node(t, newStore(), k)
	ctx := t.Context()
	if n, err := c.Scan(ctx, "code", mei, site); err != nil || n.OpenID != mei {
		t.Fatal(n, err)
	}
	if n, err := c.Scan(ctx, "code", jun, site); err != nil || n.OpenID != mei || n.State != Scanned {
		t.Errorf("rule: the second person is told that somebody came first: %+v, %v", n, err)
	}
	if n, err := c.Scan(ctx, "code", mei, site); err != nil || n.OpenID != mei {
		t.Errorf("rule: the first person may open the code again: %+v, %v", n, err)
	}
	for rule, answer := range map[string]func() (Note, error){
		"allow": func() (Note, error) { return c.Allow(ctx, "code", jun, Answer{Record: "jun"}) },
		"deny":  func() (Note, error) { return c.Deny(ctx, "code", jun) },
	} {
		if n, err := answer(); err != nil || n.State != Scanned || n.OpenID != mei {
			t.Errorf("rule: the second person cannot %s: %+v, %v", rule, n, err)
		}
	}
	first, err := c.Allow(ctx, "code", mei, Answer{Record: "mei"})
	again, err2 := c.Allow(ctx, "code", mei, Answer{Record: "another"})
	if err != nil || err2 != nil || again != first {
		t.Errorf("rule: a form that is sent twice has one answer: %+v and %+v", first, again)
	}
	if n, err := c.Allow(ctx, "unopened", mei, Answer{}); err != nil || n.State != Untouched {
		t.Errorf("rule: nobody allows what no phone has opened: %+v, %v", n, err)
	}
}

func TestARefusalEndsACode(t *testing.T) {
	c := node(t, newStore(), newClock())
	ctx := t.Context()
	n := allowed(t, c, "code")
	denied, err := c.Deny(ctx, "code", mei)
	if err != nil || denied.State != Denied || denied.Number != "" || denied.Answer != (Answer{}) {
		t.Errorf("rule: a refusal takes an answer back: %+v, %v", denied, err)
	}
	if got, ok, _ := c.Spend(ctx, "code", n.Number, true); ok || got.State != Denied {
		t.Errorf("rule: nothing is given out after a refusal: %+v", got)
	}
	if again, _ := c.Allow(ctx, "code", mei, Answer{Record: "mei"}); again.State != Denied {
		t.Errorf("rule: a refusal stands: %+v", again)
	}
}

func TestAnAnswerIsSpentOnce(t *testing.T) {
	for name, shared := range map[string]func(*store) *Codes{
		"one process": func(s *store) *Codes { return node(t, s, newClock()) },
		"a claimer":   func(s *store) *Codes { return node(t, claimer{s}, newClock()) },
	} {
		c := shared(newStore())
		n := allowed(t, c, "code")
		var given atomic.Int32
		var wait sync.WaitGroup
		for range 100 {
			wait.Go(func() {
				if got, ok, err := c.Spend(t.Context(), "code", n.Number, false); ok && err == nil && got.Answer.Record == "record" {
					given.Add(1)
				}
			})
		}
		wait.Wait()
		if given.Load() != 1 {
			t.Errorf("rule: an answer is given out once, with %s: %d times", name, given.Load())
		}
		spent, _ := c.Look(t.Context(), "code")
		if spent.State != Spent || spent.Number != "" || spent.Answer != (Answer{}) || spent.OpenID != mei {
			t.Errorf("rule: what is spent cannot be read again: %+v", spent)
		}
	}
}

func TestAKnownDeviceNeedsNoNumber(t *testing.T) {
	c := node(t, newStore(), newClock())
	allowed(t, c, "code")
	if got, ok, err := c.Spend(t.Context(), "code", "", true); !ok || err != nil || got.Answer.Record != "record" {
		t.Errorf("rule: a trusted device is given the answer: %+v, %v", got, err)
	}
	if _, ok, _ := c.Spend(t.Context(), "unopened", "", true); ok {
		t.Error("rule: without an answer trust is worth nothing")
	}
}

func TestThreeWrongNumbersEndACode(t *testing.T) {
	c := node(t, newStore(), newClock())
	n := allowed(t, c, "code")
	for try := 1; try <= MaxWrong; try++ {
		got, ok, err := c.Spend(t.Context(), "code", wrong(n), false)
		if ok || err != nil || got.Wrong != try || (got.State == Locked) != (try == MaxWrong) {
			t.Errorf("rule: wrong number %d of %d is counted: %+v, %v", try, MaxWrong, got, err)
		}
	}
	if got, ok, _ := c.Spend(t.Context(), "code", n.Number, false); ok || got.State != Locked {
		t.Errorf("rule: then even the right number is too late: %+v", got)
	}
	n = allowed(t, c, "another")
	c.Spend(t.Context(), "another", wrong(n), false)
	c.Spend(t.Context(), "another", "", false)
	if _, ok, err := c.Spend(t.Context(), "another", n.Number, false); !ok || err != nil {
		t.Errorf("rule: the third try may be right: %v", err)
	}
}

// guess tries every number at once over three nodes, and returns how many were compared
// and how many sessions came of it.
func guess(t *testing.T, nodes []*Codes, n Note) (compared, given int32) {
	t.Helper()
	var got atomic.Int32
	var wait sync.WaitGroup
	for i := range 10_000 {
		number := fmt.Sprintf("%04d", i)
		if number == n.Number {
			continue // a right guess would end the table early
		}
		wait.Go(func() {
			if _, ok, _ := nodes[i%len(nodes)].Spend(t.Context(), "code", number, false); ok {
				got.Add(1)
			}
		})
	}
	wait.Wait()
	for _, c := range nodes {
		compared += int32(c.wrongHere("code"))
	}
	return compared, got.Load()
}

func TestTenThousandGuessesOverThreeNodes(t *testing.T) {
	for _, c := range []struct {
		rule  string
		nodes func() []*Codes
		most  int32
	}{
		{"a store that cannot claim: three on each node", func() []*Codes {
			s, k := newStore(), newClock()
			return []*Codes{node(t, s, k), node(t, s, k), node(t, s, k)}
		}, 3 * MaxWrong},
		{"a store that can: three in all", func() []*Codes {
			s, k := claimer{newStore()}, newClock()
			return []*Codes{node(t, s, k), node(t, s, k), node(t, s, k)}
		}, MaxWrong},
	} {
		nodes := c.nodes()
		n := allowed(t, nodes[0], "code")
		compared, given := guess(t, nodes, n)
		if compared > c.most || compared == 0 || given != 0 {
			t.Errorf("rule: %s: %d were compared, %d given", c.rule, compared, given)
		}
		for i, other := range nodes {
			if _, ok, _ := other.Spend(t.Context(), "code", n.Number, false); ok {
				t.Errorf("rule: %s: afterwards node %d gives nothing out", c.rule, i)
			}
		}
		t.Logf("%s: %d of 10,000 guesses were compared", c.rule, compared)
	}
}

func TestAStoreThatIsDownGivesNothingOut(t *testing.T) {
	for name, wrap := range map[string]func(*store) *Codes{
		"a plain store": func(s *store) *Codes { return node(t, s, newClock()) },
		"a claimer":     func(s *store) *Codes { return node(t, claimer{s}, newClock()) },
	} {
		s := newStore()
		c := wrap(s)
		n := allowed(t, c, "code")
		s.fail(errDown)
		ctx := t.Context()
		for what, call := range map[string]func() error{
			"Look":  func() error { _, err := c.Look(ctx, "code"); return err },
			"Scan":  func() error { _, err := c.Scan(ctx, "other", mei, site); return err },
			"Allow": func() error { _, err := c.Allow(ctx, "code", mei, Answer{}); return err },
			"Deny":  func() error { _, err := c.Deny(ctx, "code", mei); return err },
			"Spend": func() error {
				_, ok, err := c.Spend(ctx, "code", n.Number, false)
				if ok {
					t.Errorf("rule: %s gives nothing out while it is down", name)
				}
				return err
			},
		} {
			if err := call(); !errors.Is(err, errDown) {
				t.Errorf("rule: %s of %s says that the store is down: %v", what, name, err)
			}
		}
	}
}

// dropping takes commits and loses them.
type dropping struct{ *store }

func (d dropping) Commit(string, []byte, time.Time) error { return errDown }

func TestWhatCannotBeEndedIsNotGivenOut(t *testing.T) {
	s, k := newStore(), newClock()
	n := allowed(t, node(t, s, k), "code")
	c := node(t, dropping{s}, k)
	if _, ok, err := c.Spend(t.Context(), "code", n.Number, false); ok || !errors.Is(err, errDown) {
		t.Errorf("rule: an answer that cannot be ended is not given out: %v", err)
	}
	for range 10 {
		c.Spend(t.Context(), "code", wrong(n), false)
	}
	if got := c.wrongHere("code"); got != MaxWrong {
		t.Errorf("rule: a number is counted before the store knows: %d", got)
	}
}

func TestNotesAreSealed(t *testing.T) {
	s, k := newStore(), newClock()
	n := allowed(t, node(t, s, k), "code")
	for key, b := range s.items {
		for _, private := range []string{mei, site, n.Number, "record", "session", "code"} {
			if bytes.Contains(b, []byte(private)) && private != n.Number || strings.Contains(key, private) {
				t.Errorf("rule: the store shows nothing: %q", private)
			}
		}
	}
	other, err := New(Config{AppID: "wx0123456789abcdef", AppSecret: "another", Store: s, Now: k.now})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := other.Look(t.Context(), "code"); n != (Note{}) || err != nil {
		t.Errorf("rule: without the secret there is no note: %+v, %v", n, err)
	}
	replaced, _ := New(Config{AppID: "wx0123456789abcdef", AppSecret: "now", PreviousSecrets: []string{"secret"}, Store: s, Now: k.now})
	if n, err := replaced.Look(t.Context(), "code"); n.State != Allowed || err != nil {
		t.Errorf("rule: a note of before the secret was replaced is read: %+v, %v", n, err)
	}
	account, _ := New(Config{AppID: "wxother", AppSecret: "secret", Store: s, Now: k.now})
	if n, _ := account.Look(t.Context(), "code"); n != (Note{}) {
		t.Errorf("rule: another account sees nothing: %+v", n)
	}
}

func TestWhatIsNoNoteIsNone(t *testing.T) {
	for rule, b := range map[string]string{
		"nothing":       "",
		"no JSON":       "\x00",
		"no state":      `{"o":"x"}`,
		"another state": `{"s":9,"o":"x"}`,
		"no person":     `{"s":1}`,
	} {
		if n, ok := decodeNote([]byte(b)); ok || n != (Note{}) {
			t.Errorf("rule: %s: %+v", rule, n)
		}
	}
	n := Note{Allowed, mei, site, "0042", 2, Answer{"a\x00\xff", "s"}, time.Unix(5, 0)}
	if back, ok := decodeNote(n.encode()); !ok || back != n {
		t.Errorf("rule: a note comes back as it was: %+v", back)
	}
}

func TestOnePersonOpensTwentyCodesInTenMinutes(t *testing.T) {
	s := newStore()
	c := node(t, s, newClock())
	for i := range 1000 {
		if _, err := c.Scan(t.Context(), fmt.Sprint(i), mei, site); (err != nil) != (i >= maxCodes) || err != nil && !errors.Is(err, ErrTooMany) {
			t.Fatalf("rule: code %d: %v", i, err)
		}
	}
	if len(s.items) != maxCodes {
		t.Errorf("rule: a person makes the server keep %d notes at most: %d", maxCodes, len(s.items))
	}
	if n, err := c.Scan(t.Context(), "0", mei, site); err != nil || n.OpenID != mei {
		t.Errorf("rule: a code that was opened before opens again: %v", err)
	}
	if _, err := c.Scan(t.Context(), "of another", jun, site); err != nil {
		t.Errorf("rule: another person is not held up: %v", err)
	}
	c.Sweep()
	if c.Len() == 0 {
		t.Error("rule: what is not over stays")
	}
}

func TestTwoPhonesOnTwoNodesAtOnce(t *testing.T) {
	s, k := claimer{newStore()}, newClock()
	nodes := []*Codes{node(t, s, k), node(t, s, k)}
	for i := range 100 {
		name := fmt.Sprint(i)
		var notes [2]Note
		var wait sync.WaitGroup
		for j, openID := range []string{fmt.Sprint(mei, i), fmt.Sprint(jun, i)} {
			wait.Go(func() { notes[j], _ = nodes[j].Scan(t.Context(), name, openID, site) })
		}
		wait.Wait()
		if first := notes[0].OpenID == fmt.Sprint(mei, i); first == (notes[1].OpenID == fmt.Sprint(jun, i)) {
			t.Fatalf("rule: where the store can claim, one phone is first on all nodes: %+v", notes)
		}
	}
}
