package main

import (
	"bytes"
	"fmt"
	"slices"
)

// mutant is one small change of the sources.
type mutant struct {
	id       int
	file     *file
	line     int
	operator string
	old, new string
	state    state
	by       string // the package whose tests noticed it

	place *place      // where the switch goes; nil for a change that needs a build of its own
	alone *textChange // of a constant, which no switch can change at run time
}

// place is a piece of the sources that a switch is built around.
type place struct {
	from, to int
	depth    int // of the syntax tree: outer places have a smaller one
	build    func(chosen []*mutant) (before, behind string)
}

type textChange struct {
	from, to int
	text     string
}

const (
	switchFile = "mutant_switch.go"
	switchName = "mutantNow" // the number of the change that is in force; 0 for none
)

// switchText is the file that is added to the package.
func (p *room) switchText() []byte {
	return []byte("package " + p.name + `

import (
	"os"
	"strconv"
)

var mutantNow = func() int { n, _ := strconv.Atoi(os.Getenv("MUTANT")); return n }()

func mutantPick[T any](n int, changed, as T) T {
	if mutantNow == n {
		return changed
	}
	return as
}
`)
}

// switched is the text of every file that the changes touch. A change that stands alone
// is in force as it is; the others are behind their switch.
func (p *room) switched(chosen []*mutant) map[*file][]byte {
	at := map[*file]map[*place][]*mutant{}
	texts := map[*file][]byte{}
	for _, m := range chosen {
		if m.alone != nil {
			if len(chosen) == 1 {
				texts[m.file] = slices.Concat(m.file.text[:m.alone.from], []byte(m.alone.text), m.file.text[m.alone.to:])
			}
			continue
		}
		if at[m.file] == nil {
			at[m.file] = map[*place][]*mutant{}
		}
		at[m.file][m.place] = append(at[m.file][m.place], m)
	}
	for f, places := range at {
		texts[f] = insert(f.text, places)
	}
	return texts
}

type insertion struct {
	at     int
	behind bool
	place  *place
	text   string
}

// insert puts all switches into one text. Where several meet, the inner ones close
// before the outer ones, and open behind them.
func insert(text []byte, places map[*place][]*mutant) []byte {
	var all []insertion
	for pl, chosen := range places {
		before, behind := pl.build(chosen)
		all = append(all, insertion{pl.from, false, pl, before}, insertion{pl.to, true, pl, behind})
	}
	slices.SortFunc(all, func(a, b insertion) int {
		switch {
		case a.at != b.at:
			return a.at - b.at
		case a.behind != b.behind:
			if a.behind {
				return -1
			}
			return 1
		case a.behind:
			return b.place.depth - a.place.depth
		}
		return a.place.depth - b.place.depth
	})
	var out bytes.Buffer
	from := 0
	for _, i := range all {
		out.Write(text[from:i.at])
		out.WriteString(i.text)
		from = i.at
	}
	out.Write(text[from:])
	return out.Bytes()
}

// ways builds a switch around a condition.
func ways(chosen []*mutant) (before, behind string) {
	before = "("
	for _, m := range chosen {
		before += fmt.Sprintf("%s == %d && (%s) || ", switchName, m.id, m.new)
	}
	for _, m := range chosen {
		before += fmt.Sprintf("%s != %d && ", switchName, m.id)
	}
	return before + "(", "))"
}

// picks builds a switch around a value of one type.
func picks(typeName string) func([]*mutant) (string, string) {
	return func(chosen []*mutant) (before, behind string) {
		for _, m := range chosen {
			before += fmt.Sprintf("mutantPick[%s](%d, %s, ", typeName, m.id, m.new)
			behind += ")"
		}
		return before, behind
	}
}

// drops builds a switch that leaves a statement out.
func drops(chosen []*mutant) (before, behind string) {
	for _, m := range chosen {
		before += fmt.Sprintf("if %s != %d { ", switchName, m.id)
		behind += " }"
	}
	return before, behind
}

// precedes builds a switch that does something else first.
func precedes(chosen []*mutant) (before, behind string) {
	for _, m := range chosen {
		before += fmt.Sprintf("if %s == %d { %s }; ", switchName, m.id, m.new)
	}
	return before, ""
}

// follows builds a switch that does something else afterwards.
func follows(chosen []*mutant) (before, behind string) {
	for _, m := range chosen {
		behind += fmt.Sprintf("; if %s == %d { %s }", switchName, m.id, m.new)
	}
	return "", behind
}
