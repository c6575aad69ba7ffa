package adaptertest

import (
	"fmt"
	"slices"
	"sync"
)

// rule is one case: what an adapter must keep to, and how that is tried.
type rule struct {
	name    string
	text    string
	touched bool // with sessions that are written on every request
	try     func(*fixture) error
}

// Failure is a rule that an app breaks.
type Failure struct {
	Case string // its name
	Rule string // what must hold
	Got  string // what happened instead
}

func (f Failure) String() string {
	return fmt.Sprintf("%s\n\trule: %s\n\tgot:  %s", f.Case, f.Rule, f.Got)
}

func (r rule) check(app App) (err error) {
	f, stop, err := start(app, r.touched)
	if err != nil {
		return err
	}
	defer stop()
	return r.try(f)
}

// Check tries an app and returns the rules it breaks, all or the named ones, in
// the suite's order. Use it to show that a defect would be found; [Run] is for
// adapters. Cases run at once, each on an app of its own: some servers take their
// time to stop.
func Check(app App, names ...string) []Failure {
	chosen := rules()
	if len(names) > 0 {
		chosen = slices.DeleteFunc(chosen, func(r rule) bool { return !slices.Contains(names, r.name) })
		if len(chosen) < len(names) {
			panic(fmt.Sprintf("adaptertest: not all of %q are cases, or one is there twice", names))
		}
	}
	results := make([]error, len(chosen))
	var all sync.WaitGroup
	for i, r := range chosen {
		all.Go(func() { results[i] = r.check(app) })
	}
	all.Wait()
	var failures []Failure
	for i, err := range results {
		if err != nil {
			failures = append(failures, Failure{chosen[i].name, chosen[i].text, err.Error()})
		}
	}
	return failures
}

func rules() []rule {
	return slices.Concat(loginRules, mountRules, refusalRules, headerRules, contextRules, requestRules, keptRules, followRules, pushRules)
}
