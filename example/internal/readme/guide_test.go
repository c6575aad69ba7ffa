package readme

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is this repository, seen from this folder.
const root = "../../.."

// english is the guide that is held to a length; chinese says the same.
var english, chinese = "README.md", "example/README.zh-CN.md"

// guide is one of the two, taken apart.
type guide struct {
	name   string // as seen from the root
	text   string
	prose  string // without code
	blocks []block
	spans  []span
}

// block is a fenced block of code.
type block struct {
	file, lang, text string
	line             int // of its first line of code
}

// where is a block as people find it.
func (b block) where() string { return fmt.Sprintf("%s:%d", b.file, b.line) }

// span is code in running text, with what is said behind it.
type span struct {
	where, code, after string
}

var inline = regexp.MustCompile("`([^`\n]+)`([^`\n]*)")

// guides reads both.
func guides(t *testing.T) []guide {
	t.Helper()
	var both []guide
	for _, name := range []string{english, chinese} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, parse(t, name, string(text)))
	}
	return both
}

func parse(t *testing.T, name, text string) guide {
	t.Helper()
	g := guide{name: name, text: text}
	var open *block
	for i, line := range strings.Split(text, "\n") {
		lang, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			open = &block{file: name, lang: lang, line: i + 2}
		case fence:
			g.blocks = append(g.blocks, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		default:
			for _, m := range inline.FindAllStringSubmatch(line, -1) {
				g.spans = append(g.spans, span{fmt.Sprintf("%s:%d", name, i+1), m[1], m[2]})
			}
			g.prose += inline.ReplaceAllString(line, "$2") + "\n"
		}
	}
	if open != nil {
		t.Fatalf("rule: a block that begins ends; %s does not", open.where())
	}
	return g
}

func TestBlocksAreProgramsOrCommands(t *testing.T) {
	for _, g := range guides(t) {
		for _, b := range g.blocks {
			if b.lang != "go" && b.lang != "sh" {
				t.Errorf("rule: a block is a program (go) or commands (sh), which are checked; %s is %q", b.where(), b.lang)
			}
		}
	}
}
