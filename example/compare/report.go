package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/seed467724c4/wechat/example/compare/internal/drive"
)

const readme, guide = "README.md", "MIGRATION.md"

// section is a table between two markers of a file.
type section struct{ file, name, text string }

func (s section) begin() string {
	return "<!-- " + s.name + ": written by go run -C example/compare . -->\n"
}
func (s section) end() string { return "<!-- end of " + s.name + " -->\n" }

// cut takes the file apart around the section.
func (s section) cut() (before, inside, after string, err error) {
	b, err := os.ReadFile(s.file)
	if err != nil {
		return "", "", "", err
	}
	before, rest, begins := strings.Cut(string(b), s.begin())
	inside, after, ends := strings.Cut(rest, s.end())
	if !begins || !ends {
		return "", "", "", fmt.Errorf("%s has no section %s", s.file, s.name)
	}
	return before, inside, after, nil
}

func (s section) write() error {
	before, _, after, err := s.cut()
	if err != nil {
		return err
	}
	return os.WriteFile(s.file, []byte(before+s.begin()+s.text+s.end()+after), 0o644)
}

// steadySections are the tables that are the same in every run.
func steadySections(c drive.Certificate) ([]section, error) {
	moved, err := migrationLines()
	if err != nil {
		return nil, err
	}
	written, err := loginLines()
	if err != nil {
		return nil, err
	}
	table, err := survive()
	if err != nil {
		return nil, err
	}
	trips, err := tripTable(c)
	if err != nil {
		return nil, err
	}
	return []section{
		{guide, "migrations", migrationTable(moved)},
		{readme, "features", featureTable()},
		{readme, "lines", lineTable(written)},
		{readme, "faults", faultTable(table)},
		{readme, "what happened", whatHappened(table)},
		{readme, "trips", trips},
	}, nil
}

func migrationTable(rows []counted) string {
	var b strings.Builder
	b.WriteString("\n| from | before | after | and while old sessions are about |\n|---|--:|--:|--:|\n")
	for i, m := range migrations() {
		r := rows[i]
		transition := "0"
		if r.transition > 0 {
			transition = fmt.Sprintf("[%d](after/%s/transition.go)", r.transition, r.what)
		}
		fmt.Fprintf(&b, "| %s | [%d](before/%s/login.go) | [%d](after/%s/login.go) | %s |\n", m.from, r.before, r.what, r.after, r.what, transition)
	}
	return b.String() + "\n"
}

func lineTable(rows []counted) string {
	var b strings.Builder
	b.WriteString("\n| login | lines |\n|---|--:|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %d |\n", r.what, r.before)
	}
	return b.String() + "\n"
}

func featureTable() string {
	var b strings.Builder
	b.WriteString("\n| | " + strings.Join(products(), " | ") + " |\n|---" + strings.Repeat("|---", len(products())) + "|\n")
	for _, f := range features() {
		b.WriteString("| " + f.what)
		for _, p := range f.proofs {
			file := p.file
			switch {
			case p.module == "github":
				_, file, _ = strings.Cut(p.file, " ")
			case p.module == "":
				file = "[" + p.file + "](../../" + p.file + ")"
			}
			if p.module != "" {
				file = "`" + file + "`"
			}
			b.WriteString(" | " + p.answer + "<br>" + file)
		}
		b.WriteString(" |\n")
	}
	return b.String() + "\n"
}

func faultTable(table [][]result) string {
	var b strings.Builder
	var names []string
	for _, c := range contestants() {
		names = append(names, c.name)
	}
	group := ""
	for i, f := range faults() {
		if f.group != group {
			group = f.group
			b.WriteString("\n**" + group + "**\n\n| | " + strings.Join(names, " | ") + " |\n|---" + strings.Repeat("|:-:", len(names)) + "|\n")
		}
		b.WriteString("| " + f.rule)
		for _, r := range table[i] {
			cell := string(r.verdict)
			if r.verdict == no {
				cell = "**no**"
			}
			b.WriteString(" | " + cell)
		}
		b.WriteString(" |\n")
	}
	return b.String() + "\n" + totals(table)
}

// totals counts, for each contestant, the faults that can happen to it and that it survives.
func totals(table [][]result) string {
	var parts []string
	for j, c := range contestants() {
		survived, all := 0, 0
		for _, row := range table {
			switch row[j].verdict {
			case yes:
				survived++
				all++
			case no:
				all++
			}
		}
		parts = append(parts, fmt.Sprintf("%s %d of %d", c.name, survived, all))
	}
	return "In all: " + strings.Join(parts, ", ") + ".\n\n"
}

func whatHappened(table [][]result) string {
	var b strings.Builder
	b.WriteString("\n")
	for i, f := range faults() {
		var who []string
		at := map[string]int{}
		for j, c := range contestants() {
			saw := table[i][j].saw
			if saw == "" {
				continue
			}
			saw = "`" + strings.ReplaceAll(saw, "`", "'") + "`"
			if k, ok := at[saw]; ok {
				who[k] = c.name + ", " + who[k]
				continue
			}
			at[saw] = len(who)
			who = append(who, c.name+": "+saw)
		}
		if len(who) > 0 {
			b.WriteString("- " + f.rule + "\n  - " + strings.Join(who, "\n  - ") + "\n")
		}
	}
	return b.String() + "\n"
}

func tripTable(c drive.Certificate) (string, error) {
	var b strings.Builder
	b.WriteString("\n| login | by | the visitor's requests to the site | calls to WeChat | round trips, cold | warm |\n|---|---|--:|--:|--:|--:|\n")
	for _, l := range logins() {
		cold, warm, err := l.count(c)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d |\n", l.kind, l.who, cold.requests, cold.calls, cold.roundTrips(), warm.roundTrips())
	}
	return b.String() + "\n", nil
}

func costTable(rows []cost) string {
	var b strings.Builder
	b.WriteString("\n| framework | login | adds to a request | of what this library adds | allocations |\n|---|---|--:|--:|--:|\n")
	for _, framework := range []string{"net/http", "gin"} {
		for _, r := range rows {
			if r.framework == framework && r.who != bare {
				fmt.Fprintf(&b, "| %s | %s | %.1f µs | %.0f × | %d |\n", r.framework, r.who, r.over/1e3, r.times, r.allocs)
			}
		}
	}
	return b.String() + "\n"
}
