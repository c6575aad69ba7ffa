package readme

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	// So that go test forgets a result when one of them changes.
	_ "github.com/seed467724c4/wechat/core/adaptertest"
	_ "github.com/seed467724c4/wechat/example/internal/site"
	_ "github.com/seed467724c4/wechat/fiberwechat"
	_ "github.com/seed467724c4/wechat/ginwechat"
	_ "github.com/seed467724c4/wechat/nethttp"
)

const module = "github.com/seed467724c4/wechat"

// imports is what the guides' programs import, by name.
var imports = map[string]string{
	"cookiejar": "net/http/cookiejar", "httptest": "net/http/httptest", "json": "encoding/json", "slog": "log/slog",
	"context": "context", "errors": "errors", "fmt": "fmt", "http": "net/http", "log": "log", "os": "os", "testing": "testing",

	"fiber": "github.com/gofiber/fiber/v2", "gin": "github.com/gin-gonic/gin", "scs": "github.com/alexedwards/scs/v2",

	"core": module + "/core", "push": module + "/core/push", "wxapi": module + "/core/wxapi", "wxsim": module + "/core/wxsim",
	"fiberwechat": module + "/fiberwechat", "ginwechat": module + "/ginwechat", "nethttp": module + "/nethttp",
}

// surroundings declare what the fragments take for granted: the reader's own
// handlers, user table and session store.
const surroundings = "testdata/surroundings.go"

// TestProgramsCompile type-checks every Go block. A fragment, which is no file of its
// own, may leave variables unused; a whole program may not.
func TestProgramsCompile(t *testing.T) {
	around, err := os.ReadFile(surroundings)
	if err != nil {
		t.Fatal(err)
	}
	known := compiled(t)
	for _, g := range guides(t) {
		programs := 0
		for _, b := range g.blocks {
			if b.lang != "go" {
				continue
			}
			programs++
			for _, err := range b.check(known, string(around)) {
				t.Errorf("rule: every program in the guides compiles; %v", err)
			}
		}
		if programs == 0 {
			t.Errorf("rule: a guide shows programs; %s has none", g.name)
		}
	}
}

// source makes a file of a block, whose lines are the guide's.
func (b block) source() (src string, whole bool) {
	at := fmt.Sprintf("//line %s:%d\n", b.file, b.line)
	if strings.HasPrefix(b.text, "package ") {
		return at + b.text, true
	}
	var head strings.Builder
	head.WriteString("package surroundings\n")
	for _, name := range slices.Sorted(maps.Keys(imports)) {
		if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(b.text) {
			fmt.Fprintf(&head, "import %s %q\n", name, imports[name])
		}
	}
	if strings.HasPrefix(b.text, "func ") {
		return head.String() + at + b.text, false
	}
	return head.String() + "func _() {\n" + at + b.text + "}\n", false
}

func (b block) check(known types.Importer, around string) (errs []error) {
	src, whole := b.source()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "block.go", src, parser.SkipObjectResolution)
	if err != nil {
		return []error{err}
	}
	files := []*ast.File{file}
	if !whole {
		more, err := parser.ParseFile(fset, surroundings, around, parser.SkipObjectResolution)
		if err != nil {
			return []error{err}
		}
		files = append(files, more)
	}
	config := types.Config{Importer: known, Error: func(err error) {
		var e types.Error
		if unused := errors.As(err, &e) && strings.HasPrefix(e.Msg, "declared and not used"); whole || !unused {
			errs = append(errs, err)
		}
	}}
	_, _ = config.Check("block", fset, files, nil) // Error has heard of it
	return errs
}

// compiled imports from what the go command has compiled for these very tests.
func compiled(t *testing.T) types.Importer {
	t.Helper()
	known, err := exported()
	if err != nil {
		t.Fatal(err)
	}
	return known
}

var exported = sync.OnceValues(func() (types.Importer, error) {
	out, err := command("go", append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}, slices.Collect(maps.Values(imports))...)...)
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for line := range strings.Lines(out) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		files[path] = file
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		if files[path] == "" {
			return nil, fmt.Errorf("the guides import nothing called %s", path)
		}
		return os.Open(files[path])
	}), nil
})

// command runs at the root, as the guides say, and never asks the network.
func command(name string, args ...string) (string, error) {
	c := exec.Command(name, args...)
	c.Dir, c.Env = root, append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly -buildvcs=false", "GOWORK=off")
	var out, trouble bytes.Buffer
	c.Stdout, c.Stderr = &out, &trouble
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, out.String(), trouble.String())
	}
	return out.String(), nil
}

// TestTestsOfYourOwnPass runs the guides' tests, in a package that exists for the go
// command only.
func TestTestsOfYourOwnPass(t *testing.T) {
	around, err := filepath.Abs(surroundings)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := filepath.Abs("yours")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{filepath.Join(folder, "surroundings.go"): around}
	for _, b := range guides(t)[0].blocks { // the other guide has the same, see TestGuidesShowTheSame
		if b.lang != "go" || !strings.HasPrefix(b.text, "func Test") {
			continue
		}
		src, _ := b.source()
		at := filepath.Join(t.TempDir(), "block.go")
		if err := os.WriteFile(at, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		files[filepath.Join(folder, fmt.Sprintf("block%d_test.go", b.line))] = at
	}
	if len(files) == 1 {
		t.Fatal("rule: the guide shows how an app tests its login; no block is a test")
	}
	overlay, err := json.Marshal(map[string]any{"Replace": files})
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(at, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "yours.test.exe")
	if _, err := command("go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay", at, "-o", program, "./example/internal/readme/yours"); err != nil {
		t.Fatal(err)
	}
	out, err := command(program, "-test.v")
	if err != nil || !strings.Contains(out, "--- PASS") {
		t.Errorf("rule: the tests in the guide pass; %v\n%s", err, out)
	}
}
