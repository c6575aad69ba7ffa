package adaptertest

import (
	"fmt"
	"slices"
)

// rule is one case: what an adapter must keep to, and how that is tried.
type rule struct {
	name    string
	text    string
	touched bool // with sessions that are written on every request
	try     func(*rig) error
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
	g, stop, err := start(app, r.touched)
	if err != nil {
		return err
	}
	defer stop()
	return r.try(g)
}

// Check tries an app and returns the rules it breaks, all or the named ones. Use
// it to show that a defect would be found; [Run] is for adapters.
func Check(app App, names ...string) []Failure {
	var failures []Failure
	known := 0
	for _, r := range rules() {
		if len(names) > 0 && !slices.Contains(names, r.name) {
			continue
		}
		known++
		if err := r.check(app); err != nil {
			failures = append(failures, Failure{r.name, r.text, err.Error()})
		}
	}
	if len(names) > 0 && known < len(names) {
		panic(fmt.Sprintf("adaptertest: not all of %q are cases", names))
	}
	return failures
}

func rules() []rule {
	return slices.Concat(loginRules, mountRules, refusalRules, headerRules, contextRules, requestRules, keptRules)
}
