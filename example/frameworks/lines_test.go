package frameworks_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var adapters = []string{"fiber3wechat", "hertzwechat", "echowechat", "gfwechat"}

// An adapter that decides something itself decides it differently from the others. The
// limit leaves no room for that. The table in README.md has the counts.
func TestAdaptersStaySmall(t *testing.T) {
	readme := read(t, "README.md")
	for _, name := range adapters {
		n := len(codeLine.FindAllString(read(t, name+"/"+name+".go"), -1))
		if n >= 100 {
			t.Errorf("%s has %d lines of code, want less than 100", name, n)
		}
		row := regexp.MustCompile(`(?m)^\|.*` + name + `/.*\| (\d+) \|`).FindStringSubmatch(readme)
		if row == nil || row[1] != strconv.Itoa(n) {
			t.Errorf("%s has %d lines of code, README.md says %v", name, n, row)
		}
	}
}

// codeLine is a line that is neither empty nor only a comment.
var codeLine = regexp.MustCompile(`(?m)^[ \t]*([^/\s]|/[^/])`)

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}
