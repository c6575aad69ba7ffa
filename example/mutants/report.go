package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// result is what one run found.
type result struct {
	settings
	found   int
	mutants []*mutant
	reasons map[string]string
	left    []string
	took    time.Duration
}

func (r *result) text() string {
	count, by := map[state]int{}, map[string]int{}
	for _, m := range r.mutants {
		count[m.state]++
		if m.state != alive {
			by[m.by]++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**: %d of %d possible changes, seed %d: %d noticed (%.1f %%, and %.1f %% without the %d listed as equivalent), %d of them by a hang; %d survive",
		r.room, len(r.mutants), r.found, r.seed, count[killed]+count[hung], r.percent(), r.percentOfDifferent(), r.equivalents(), count[hung], count[alive])
	b.WriteString("; noticed by ")
	for i, pkg := range append([]string{r.room}, strings.Fields(r.then)...) {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %d", pkg, by[pkg])
	}
	fmt.Fprintf(&b, "; %s.\n", r.took.Round(time.Second))
	if len(r.left) > 0 {
		fmt.Fprintf(&b, "Left out, because the switches themselves cost allocations: %s.\n", strings.Join(r.left, ", "))
	}
	b.WriteString("\n")
	for _, m := range r.survivors() {
		reason := r.reasons[m.key(r.room)]
		if reason == "" {
			reason = "NOT EXPLAINED"
		}
		fmt.Fprintf(&b, "- `%s:%d` %s: `%s` becomes `%s`. %s\n", filepath.Base(m.file.path), m.line, m.operator, short(m.old), short(m.new), reason)
	}
	return b.String()
}

func (r *result) percent() float64 {
	if len(r.mutants) == 0 {
		return 0
	}
	return 100 * float64(len(r.mutants)-len(r.survivors())) / float64(len(r.mutants))
}

// percentOfDifferent leaves the survivors out that have a reason.
func (r *result) percentOfDifferent() float64 {
	different := len(r.mutants) - r.equivalents()
	if different == 0 {
		return 0
	}
	return 100 * float64(len(r.mutants)-len(r.survivors())) / float64(different)
}

// equivalents counts the survivors that have a reason. A reason of a change that a test
// noticed counts nothing.
func (r *result) equivalents() (n int) {
	for _, m := range r.survivors() {
		if r.reasons[m.key(r.room)] != "" {
			n++
		}
	}
	return n
}

func (r *result) survivors() (list []*mutant) {
	for _, m := range r.mutants {
		if m.state == alive {
			list = append(list, m)
		}
	}
	slices.SortStableFunc(list, func(a, b *mutant) int {
		if a.file != b.file {
			return strings.Compare(a.file.path, b.file.path)
		}
		return a.line - b.line
	})
	return list
}

// key names a change without its line, which moves.
func (m *mutant) key(room string) string {
	return fmt.Sprintf("%s/%s: %s => %s", room, filepath.Base(m.file.path), short(m.old), short(m.new))
}

// short is a text on one line.
func short(s string) string {
	if s = strings.Join(strings.Fields(s), " "); s == "" {
		return "nothing"
	}
	return s
}

// readReasons reads lines of two kinds: a key as key writes it, and below it, indented,
// why nobody sees that change. Lines that begin with # are left alone.
func readReasons(name string) (map[string]string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	reasons, key := map[string]string{}, ""
	for line := range strings.Lines(string(text)) {
		switch reason := strings.TrimSpace(line); {
		case reason == "" || line[0] == '#':
		case line[0] == ' ':
			reasons[key] = strings.TrimSpace(reasons[key] + " " + reason)
		default:
			key = reason
		}
	}
	return reasons, nil
}

// writeInto puts the result between the marks of this room in a Markdown file.
func (r *result) writeInto(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	begin, end := "<!-- "+r.room+" -->\n", "<!-- end of "+r.room+" -->\n"
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return fmt.Errorf("%s has no line %q with a line %q behind it", name, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return os.WriteFile(name, []byte(before+begin+r.text()+end+after), 0o644)
}
