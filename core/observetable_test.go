package core

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var writeTable = flag.Bool("write-events", false, "write EVENTS.md from the comments in observeevents.go")

// documented is what the comment of an event's name says.
type documented struct {
	constant, name, when string
	fields               []string
}

// eventDocs reads observeevents.go.
func eventDocs(t *testing.T) (docs []documented) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "observeevents.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, declared := range file.Decls {
		group, ok := declared.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			value := spec.(*ast.ValueSpec)
			constant := value.Names[0].Name
			name, err := strconv.Unquote(value.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.ReplaceAll(strings.TrimSpace(value.Doc.Text()), "\n", " ")
			when, fields, found := strings.Cut(text, "Fields: ")
			when, prefixed := strings.CutPrefix(strings.TrimSpace(when), constant+": ")
			if !found || !prefixed || !strings.HasSuffix(fields, ".") {
				t.Fatalf("rule: the comment of %s begins with its name and ends with its fields: %q", constant, text)
			}
			d := documented{constant: constant, name: name, when: when}
			if fields = strings.TrimSuffix(fields, "."); fields != "none" {
				d.fields = strings.Split(fields, ", ")
			}
			docs = append(docs, d)
		}
	}
	return docs
}

func eventTable(docs []documented) string {
	var b strings.Builder
	b.WriteString("# Events\n\nWhat `Config.Observer` is told. Every event has `Name`, `Time` and `Account`, too.\n" +
		"A log line has the same fields in snake case, the name as `event`, and neither time nor open id.\n" +
		"This table is made of the comments in `observeevents.go`: `go test ./core -run Table -write-events`.\n\n" +
		"| name | when | fields |\n| --- | --- | --- |\n")
	for _, d := range docs {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", d.name, d.when, strings.Join(d.fields, ", "))
	}
	return b.String()
}

func TestTheTableOfEventsIsTheCodes(t *testing.T) {
	docs := eventDocs(t)
	table := eventTable(docs)
	if *writeTable {
		if err := os.WriteFile("EVENTS.md", []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile("EVENTS.md")
	if err != nil || string(written) != table {
		t.Errorf("rule: EVENTS.md says what the comments say (go test ./core -run Table -write-events): %v", err)
	}
	var known []string
	for i := range reflect.TypeFor[Event]().NumField() {
		known = append(known, reflect.TypeFor[Event]().Field(i).Name)
	}
	seen := map[string]bool{}
	for _, d := range docs {
		if seen[d.name] {
			t.Errorf("rule: each event has a name of its own: %s", d.name)
		}
		seen[d.name] = true
		for _, field := range d.fields {
			if !slices.Contains(known, field) {
				t.Errorf("rule: the fields of %s are fields of Event: %s", d.name, field)
			}
		}
	}
	if len(docs) < 30 {
		t.Errorf("only %d events were read", len(docs))
	}
}
