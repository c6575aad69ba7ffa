package adaptertest

import (
	"fmt"
	"slices"
	"sync"
)

// rule is one case: what an adapter must do, and how that is checked.
type rule struct {
	name    string
	text    string
	touched bool // sessions are written on every request
	screens bool // Config.ScreenLogin is on
	try     func(*fixture) error
}

// Failure is a rule that an app breaks.
type Failure struct {
	Case string // name of the case
	Rule string // what must hold
	Got  string // what happened instead
}

func (f Failure) String() string {
	return fmt.Sprintf("%s\n\trule: %s\n\tgot:  %s", f.Case, f.Rule, f.Got)
}

func (r rule) check(account Account, app App) (err error) {
	f, stop, err := start(account, app, r.touched, r.screens)
	if err != nil {
		return err
	}
	defer stop()
	return r.try(f)
}

// Check returns the rules that an app breaks, in the suite's order. Without names it
// checks every rule, otherwise the named cases; a name that is not a case panics. Use
// it to show that the suite finds a fault; use [Run] for an adapter. The cases run
// concurrently, each on an app of its own, because some servers stop slowly.
func Check(app App, names ...string) []Failure {
	chosen := rules()
	if len(names) > 0 {
		chosen = slices.DeleteFunc(chosen, func(r rule) bool { return !slices.Contains(names, r.name) })
		if len(chosen) < len(names) {
			panic(fmt.Sprintf("adaptertest: some of %q are not cases, or one is named twice", names))
		}
	}
	results := make([]error, len(chosen))
	var all sync.WaitGroup
	for i, r := range chosen {
		all.Go(func() { results[i] = r.check(ownAccount, app) })
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
	return slices.Concat(loginRules, mountRules, refusalRules, headerRules, responseRules, contextRules, requestRules, bodyRules, keptRules, followRules, pushRules, screenRules)
}
