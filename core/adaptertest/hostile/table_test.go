package hostile

import "testing"

func TestTheHostileTableIsWhole(t *testing.T) {
	const last = 106
	seen := map[int]int{}
	for _, r := range table() {
		seen[r.number]++
		if r.rule == "" || (r.run == nil) == (len(r.steps) == 0) {
			t.Errorf("row %d has no rule, or has not exactly one of steps and run", r.number)
		}
		if r.differs != "" {
			t.Logf("row %d, %s: differs: %s", r.number, r.rule, r.differs)
		}
	}
	for n := 1; n <= last; n++ {
		if seen[n] == 0 {
			t.Errorf("row %d is missing", n)
		}
	}
	if len(seen) != last {
		t.Errorf("%d numbers, want %d", len(seen), last)
	}
}

// A state that stateForge makes reads back with the same fields.
func TestForgedStatesAreRead(t *testing.T) {
	f := stateForge{appID: appID, secret: secret, scheme: "https", host: publicHost}
	state := f.make(stateFields{version: 1, attempt: 2, prompt: true}, "x")
	if got := f.read(state); !got.ours || got.attempt != 2 || !got.prompt || len(state) != stateDigits {
		t.Errorf("%s is read as %+v", state, got)
	}
	f.secret = "another"
	if got := f.read(state); got.ours || got.attempt != 2 {
		t.Errorf("with another secret %s is read as %+v", state, got)
	}
}
