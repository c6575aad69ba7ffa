package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestChangesThatNoTestNoticesSurvive(t *testing.T) {
	t.Chdir("../..") // the module's root, where the command runs
	r, err := run(settings{room: "example/mutants/testdata/room", sample: 1000, seed: 1, reasons: "example/mutants/equivalent.txt", least: 1 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	hangs := 0
	for _, m := range r.mutants {
		switch inUntested := m.line == 8; {
		case inUntested && m.state != alive:
			t.Errorf("rule: a change of untested code survives: %s => %s", m.old, m.new)
		case !inUntested && m.state == alive && m.old != "0" && m.old != "i < n":
			t.Errorf("rule: a change of tested code is noticed: line %d, %s => %s", m.line, m.old, m.new)
		case m.state == hung:
			hangs++
		}
	}
	if hangs == 0 {
		t.Error("rule: a loop without an end counts as noticed, and is counted")
	}
	for _, want := range []string{"n > 0 || n <= 3", "n > 0", "3+1", "n >= 0", "return !(n > 0 && n <= 3)", "", "6"} {
		if !slices.ContainsFunc(r.mutants, func(m *mutant) bool { return m.new == want }) {
			t.Errorf("rule: every operator is tried: no change to %q", want)
		}
	}
	if text := r.text(); !strings.Contains(text, "`room.go:8`") || !strings.Contains(text, "NOT EXPLAINED") {
		t.Errorf("rule: every survivor is listed: %s", text)
	}
}

func TestBothRatesAreTold(t *testing.T) {
	f := &file{path: "/room/a.go"}
	r := &result{settings: settings{room: "room"}, reasons: map[string]string{"room/a.go: x => y": "Equivalent.", "room/a.go: x => noticed": "Not needed any more."}}
	for _, to := range []string{"y", "z", "noticed", "noticed too"} {
		m := &mutant{file: f, old: "x", new: to, state: alive}
		if strings.HasPrefix(to, "noticed") {
			m.state = killed
		}
		r.mutants = append(r.mutants, m)
	}
	if raw, different := r.percent(), r.percentOfDifferent(); raw != 50 || int(different) != 66 || r.equivalents() != 1 {
		t.Errorf("rule: a survivor that has a reason is taken out of the second rate, and of that alone: %v %v", raw, different)
	}
	if text := r.text(); !strings.Contains(text, "(50.0 %, and 66.7 % without the 1 listed as equivalent)") {
		t.Errorf("rule: both rates are told: %s", text)
	}
	if none := (&result{}); none.percentOfDifferent() != 0 {
		t.Error("rule: without changes nothing was noticed")
	}
}

func TestTheSameSeedIsTheSameSample(t *testing.T) {
	var all []*mutant
	for i := range 100 {
		all = append(all, &mutant{line: i})
	}
	first, again, other := shuffled(all, 1), shuffled(all, 1), shuffled(all, 2)
	if !slices.Equal(first, again) || slices.Equal(first, other) {
		t.Error("rule: the order depends on the seed alone")
	}
}

func TestReasonsBelongToChanges(t *testing.T) {
	name := filepath.Join(t.TempDir(), "reasons")
	if err := os.WriteFile(name, []byte("# words\nroom/a.go: x => y\n  It is\n  the same.\n\nroom/b.go: x => y\n  Other.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	reasons, err := readReasons(name)
	if err != nil || reasons["room/a.go: x => y"] != "It is the same." || reasons["room/b.go: x => y"] != "Other." || len(reasons) != 2 {
		t.Errorf("rule: a reason stands indented below its change: %q %v", reasons, err)
	}
}
