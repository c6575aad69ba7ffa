package lines

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCount(t *testing.T) {
	for rule, c := range map[string]struct {
		source string
		want   int
	}{
		"blank lines, comments, package clause and imports do not count": {"// Package a.\npackage a\n\nimport (\n\t\"fmt\"\n)\n\n// F prints.\nfunc F() {\n\n\tfmt.Print() // here\n\t/* and\n\tthere */\n}\n", 3},
		"a file without imports counts from the package clause on":       {"package a\n\nvar x = 1\n", 1},
		"every line of a raw string counts":                              {"package a\n\nvar x = `1\n\n2`\n", 3},
		"a closing bracket is a line":                                    {"package a\n\nvar x = []int{\n\t1,\n}\n", 3},
	} {
		file := filepath.Join(t.TempDir(), "a.go")
		if err := os.WriteFile(file, []byte(c.source), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := Count(file); err != nil || got != c.want {
			t.Errorf("rule: %s; got %d %v, want %d", rule, got, err, c.want)
		}
	}
}
