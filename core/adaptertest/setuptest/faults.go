package setuptest

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/adaptertest"
)

// FindsFaults checks that the contract's cases find faults that were put into an
// adapter on purpose: without that, they prove nothing about the sound adapter. want
// lists for each fault the cases whose rule it breaks; other cases may fail too,
// because a login does not work. Each fault is a subtest.
func FindsFaults[Fault ~string](t *testing.T, app func(Fault) adaptertest.App, want map[Fault][]string) {
	t.Helper()
	for fault, cases := range want {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel() // some faults are found only by waiting
			var found []string
			for _, f := range adaptertest.Check(app(fault)) {
				found = append(found, f.Case)
			}
			t.Logf("found by: %s", strings.Join(found, ", "))
			for _, name := range cases {
				if !slices.Contains(found, name) {
					t.Errorf("not found by %q", name)
				}
			}
		})
	}
}

// FindsNothing checks that the adapter without a fault breaks no rule, so that
// [FindsFaults] finds the faults and nothing else.
func FindsNothing(t *testing.T, app adaptertest.App) {
	t.Helper()
	for _, f := range adaptertest.Check(app) {
		t.Error(f)
	}
}
