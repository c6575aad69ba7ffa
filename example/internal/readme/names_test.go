package readme

import (
	"go/scanner"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	qualified = regexp.MustCompile(`\b([a-z]+)\.([A-Z]\w*)`)
	setting   = regexp.MustCompile(`\bWECHAT_[A-Z_]+`)
	link      = regexp.MustCompile(`\]\(([^)]+)\)`)
	row       = regexp.MustCompile(`(?m)^\|.*\|$`)
)

// TestNamesExist looks up what the text mentions: core.AskFirst, Config.LoginPath,
// auth.JSConfig.
func TestNamesExist(t *testing.T) {
	known := compiled(t)
	in := func(path string) *types.Package {
		p, err := known.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	ours := in(imports["core"])
	has := func(typ, name string) bool {
		object, _, _ := types.LookupFieldOrMethod(types.NewPointer(ours.Scope().Lookup(typ).Type()), true, ours, name)
		return object != nil
	}
	for _, g := range guides(t) {
		names := 0
		for _, s := range g.spans {
			for _, m := range qualified.FindAllStringSubmatch(s.code, -1) {
				names++
				switch path, isPackage := imports[m[1]]; {
				case isPackage && in(path).Scope().Lookup(m[2]) == nil,
					m[1] == "auth" && !has("Auth", m[2]):
					t.Errorf("rule: what the guides name exists; %s: %s", s.where, m[0])
				}
			}
			if name, ok := strings.CutPrefix(s.code, "Config."); ok && !has("Config", name) {
				t.Errorf("rule: what the guides name exists; %s: %s", s.where, s.code)
			}
		}
		if names == 0 {
			t.Errorf("rule: a guide names what it speaks of; %s names nothing", g.name)
		}
	}
}

func TestEnvironmentIsRead(t *testing.T) {
	var source strings.Builder
	for _, folder := range []string{"core", "example"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			source.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, g := range guides(t) {
		for _, name := range setting.FindAllString(g.text, -1) {
			byPrefix := `env("` + strings.TrimPrefix(name, "WECHAT_") + `")` // core.ConfigFromEnv
			if !strings.Contains(source.String(), `os.Getenv("`+name+`")`) && !strings.Contains(source.String(), byPrefix) {
				t.Errorf("rule: an environment variable in the guides is read by a program; %s: nothing reads %s", g.name, name)
			}
		}
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	for _, g := range guides(t) {
		for _, m := range link.FindAllStringSubmatch(g.prose, -1) {
			if strings.HasPrefix(m[1], "https://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(g.name), m[1])); err != nil {
				t.Errorf("rule: a link leads to a file; %s: %v", g.name, err)
			}
		}
	}
	both := guides(t)
	first := strings.Join(strings.SplitN(both[0].text, "\n", 11)[:10], "\n")
	if !strings.Contains(first, "]("+chinese+")") {
		t.Errorf("rule: whoever reads Chinese finds the Chinese guide in the first ten lines of %s", english)
	}
	if n := strings.Count(both[0].text, "\n"); n > 220 {
		t.Errorf("rule: %s is at most 220 lines long; it has %d", english, n)
	}
}

// TestGuidesShowTheSame compares programs, but for their comments, and commands.
func TestGuidesShowTheSame(t *testing.T) {
	both := guides(t)
	show := func(g guide) (all []string) {
		for _, b := range g.blocks {
			if b.lang == "go" {
				all = append(all, withoutComments(b.text))
			}
		}
		for _, c := range g.commands() {
			all = append(all, c.String())
		}
		return all
	}
	en, zh := show(both[0]), show(both[1])
	for i := range max(len(en), len(zh)) {
		if i >= len(en) || i >= len(zh) {
			t.Fatalf("rule: both guides show the same programs and commands; %d here, %d there", len(en), len(zh))
		}
		if en[i] != zh[i] {
			t.Fatalf("rule: both guides show the same programs and commands; here\n%s\nthere\n%s", en[i], zh[i])
		}
	}
}

func withoutComments(program string) string {
	var s scanner.Scanner
	fset := token.NewFileSet()
	s.Init(fset.AddFile("", -1, len(program)), []byte(program), nil, 0)
	var tokens []string
	for {
		_, kind, text := s.Scan()
		if kind == token.EOF {
			return strings.Join(tokens, " ")
		}
		if text == "" {
			text = kind.String()
		}
		tokens = append(tokens, text)
	}
}

// TestSpeedIsMeasured holds the guides' figures to those that example/bench wrote.
func TestSpeedIsMeasured(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "example/bench/README.md"))
	if err != nil {
		t.Fatal(err)
	}
	measured := figures(string(text), "## Summary")
	if len(measured) != 5 {
		t.Fatalf("rule: the summary of example/bench/README.md has five rows; it has %d", len(measured))
	}
	for _, g := range guides(t) {
		heading := "## Speed"
		if g.name == chinese {
			heading = "## 性能"
		}
		if got := figures(g.text, heading); !slices.Equal(got, measured) {
			t.Errorf("rule: a guide's figures are those of example/bench/README.md; %s has\n%s\nand not\n%s", g.name, strings.Join(got, "\n"), strings.Join(measured, "\n"))
		}
	}
}

// figures are the rows of the first table below a heading, without what stands in
// words in their first two cells.
func figures(text, heading string) []string {
	_, below, _ := strings.Cut(text, heading+"\n")
	below, _, _ = strings.Cut(below, "\n## ")
	var rows []string
	for i, r := range row.FindAllString(below, -1) {
		if cells := strings.Split(r, "|"); i >= 2 && len(cells) > 3 {
			rows = append(rows, strings.Join(cells[3:], "|"))
		}
	}
	return rows
}
