package main

import "testing"

// Counted, so the same everywhere.
func TestCounts(t *testing.T) {
	w := testWorld(t)
	counted := 0
	for _, target := range targets() {
		for _, m := range counts() {
			if m.benchmark() != target.needs[0] {
				continue
			}
			counted++
			s, err := m.once(w, defaults())
			if err != nil {
				t.Fatal(err)
			}
			if v := target.value([]sample{s}); !target.met(v, target.limit) {
				t.Errorf("%s: %v, want at most %v", target.name, v, target.limit)
			}
		}
	}
	if counted == 0 {
		t.Error("nothing was counted")
	}
}
