package main

import (
	"fmt"
	"slices"

	"github.com/gin-contrib/sessions"

	"github.com/seed467724c4/wechat/example/compare/internal/drive"
)

// verdict is the answer of a run.
type verdict string

const (
	yes     verdict = "yes"
	no      verdict = "no"
	nothing verdict = "–" // the fault cannot happen to it
)

// fault is something that goes wrong in real use. rule is what is expected then; run does
// it to one contestant and finds out.
type fault struct {
	group string
	rule  string
	run   func(*stage) verdict
}

// stage is one contestant in a world of its own.
type stage struct {
	*drive.World
	contestant
	kept sessions.Store
	saw  string // what happened, where the answer is no
}

func (s *stage) me(person string) string { return s.OpenID(person) }

// judge notes what was seen, for the list of what went wrong.
func (s *stage) judge(ok bool, saw ...any) verdict {
	if ok {
		return yes
	}
	s.saw = fmt.Sprint(saw...)
	return no
}

// restart replaces the app by one that has just started.
func (s *stage) restart() error {
	app, err := s.open(s.Settings(), s.kept)
	s.App = app
	return err
}

// result is one cell.
type result struct {
	verdict verdict
	saw     string
}

// survive runs every fault on every contestant, one after the other.
func survive() ([][]result, error) {
	var table [][]result
	for _, f := range faults() {
		var row []result
		for _, c := range contestants() {
			cell, err := happen(f, c)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", c.name, f.rule, err)
			}
			row = append(row, cell)
		}
		table = append(table, row)
	}
	return table, nil
}

func happen(f fault, c contestant) (result, error) {
	w, err := drive.New(c.website)
	if err != nil {
		return result{}, err
	}
	defer w.Close()
	s := &stage{World: w, contestant: c}
	if c.store != nil {
		s.kept = c.store(w.Settings().Key)
	}
	if err := s.restart(); err != nil {
		return result{}, err
	}
	v := f.run(s)
	return result{v, s.saw}, nil
}

// faults are the rows of the table, group by group.
func faults() []fault {
	return slices.Concat(faultsOfIdentity(), faultsOnTheWayBack(), faultsOfWeChat(), faultsOfPages(), faultsOfOperation())
}
