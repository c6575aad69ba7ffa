package adaptertest

import (
	"errors"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// Authors of adapters read the documentation of Run. So it lists every rule, in the
// suite's order.
func TestRunListsTheRules(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "run.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, group := range f.Comments {
		var p comment.Parser
		for _, block := range p.Parse(group.Text()).Content {
			list, ok := block.(*comment.List)
			if !ok {
				continue
			}
			for _, item := range list.Items {
				text := string((&comment.Printer{}).Text(&comment.Doc{Content: item.Content}))
				listed = append(listed, strings.TrimRight(strings.Join(strings.Fields(text), " "), ";."))
			}
		}
	}
	rules := rules()
	if len(listed) != len(rules) {
		t.Fatalf("%d bullets for %d rules", len(listed), len(rules))
	}
	for i, r := range rules {
		if listed[i] != r.text {
			t.Errorf("bullet %d:\n\t%s\nbut the rule is\n\t%s", i+1, listed[i], r.text)
		}
	}
}

func TestEveryCaseHasANameOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rules() {
		if r.name == "" || r.text == "" || r.try == nil || seen[r.name] {
			t.Errorf("case %q lacks a name, a text or a function, or its name is used twice", r.name)
		}
		seen[r.name] = true
	}
}

func TestAnAppThatDoesNotStartBreaksEveryRule(t *testing.T) {
	failures := Check(func(*Harness) (string, func(), error) { return "", nil, errors.New("no port left") })
	if len(failures) != len(rules()) {
		t.Errorf("%d failures of %d rules", len(failures), len(rules()))
	}
	for _, f := range failures {
		if !strings.Contains(f.Got, "no port left") || !strings.Contains(f.String(), f.Rule) {
			t.Errorf("%v does not say rule and reason", f)
		}
	}
}

func TestCheckKnowsTheNamesOfItsCases(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an unknown case was accepted")
		}
	}()
	Check(nil, "no such case")
}
