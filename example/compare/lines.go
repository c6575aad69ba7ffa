package main

import (
	"path/filepath"

	"github.com/seed467724c4/wechat/example/compare/internal/lines"
)

// counted is a row of a table of lines.
type counted struct {
	what                      string
	before, after, transition int
}

// migrationLines counts the login of each app before and after the switch, and what is
// needed only while old sessions are about.
func migrationLines() ([]counted, error) {
	var rows []counted
	for _, m := range migrations() {
		row := counted{what: m.name}
		for file, into := range map[string]*int{
			filepath.Join("before", m.name, "login.go"):     &row.before,
			filepath.Join("after", m.name, "login.go"):      &row.after,
			filepath.Join("after", m.name, "transition.go"): &row.transition,
		} {
			if matches, _ := filepath.Glob(file); matches == nil {
				continue // not every switch needs a transition
			}
			n, err := lines.Count(file)
			if err != nil {
				return nil, err
			}
			*into = n
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// loginLines counts what each contestant's login takes, up to a page that shows who is
// logged in.
func loginLines() ([]counted, error) {
	files := []counted{}
	for _, c := range contestants() {
		if c.name == "silenceper + server" {
			continue // the same file
		}
		n, err := lines.Count(c.file)
		if err != nil {
			return nil, err
		}
		files = append(files, counted{what: "[" + c.name + "](" + c.file + ")", before: n})
	}
	n, err := lines.Count("peers/casdoor/login.go")
	if err != nil {
		return nil, err
	}
	return append(files, counted{what: "[Casdoor as a service, its Go SDK](peers/casdoor/login.go)", before: n}), nil
}
