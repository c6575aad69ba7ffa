package core

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/seed467724c4/wechat/"

// walls says what each folder of the library may import of the library itself, by
// non-test files. "core/internal/..." stands for every folder below.
var walls = map[string][]string{
	"core/internal/web":          {},
	"core/internal/vault":        {},
	"core/internal/page":         {"core/internal/web"},
	"core/internal/page/samples": {"core/internal/page"},
	"core/internal/proof":        {"core/internal/web", "core/internal/vault"},
	"core/internal/session":      {"core/internal/web", "core/internal/vault"},
	"core/internal/once":         {"core/internal/vault"},
	"core/internal/screen":       {"core/internal/web", "core/internal/proof", "core/internal/vault"},
	"core/internal/follow":       {"core/internal/vault", "core/wxapi"},
	"core/push":                  {"core/internal/vault", "core/wxapi"},
	"core/wxapi":                 {"core/internal/vault"},
	"core/platform":              {"core", "core/push", "core/internal/vault", "core/wxapi"},
	"core/wxsim":                 {"core/wxsim/internal/..."},
	"core/wxsim/internal/...":    {},
	"core/cmd/wxsim":             {"core/wxsim"},
	"core":                       {"core/internal/...", "core/push", "core/wxapi"},
	"core/adaptertest":           {"core", "core/push", "core/wxsim", "core/adaptertest/..."},
	"core/adaptertest/...":       {"core", "core/push", "core/wxsim", "core/adaptertest", "core/adaptertest/..."},
	"ginwechat":                  {"core"},
	"fiberwechat":                {"core"},
	"nethttp":                    {"core"},
}

// allowed looks a folder up in walls: by its own name first, then by a folder above it.
func allowed(folder string) (imports []string, known bool) {
	if imports, known = walls[folder]; known {
		return imports, true
	}
	for above := path.Dir(folder); above != "."; above = path.Dir(above) {
		if imports, known = walls[above+"/..."]; known {
			return imports, true
		}
	}
	return nil, false
}

func permits(imports []string, imported string) bool {
	return slices.ContainsFunc(imports, func(pattern string) bool {
		below, isTree := strings.CutSuffix(pattern, "/...")
		return pattern == imported || isTree && strings.HasPrefix(imported, below+"/")
	})
}

// ownImports reads what the non-test files of each folder of the library import of the
// library. Folders under example are modules of their own or its sites.
func ownImports(t *testing.T) map[string]map[string]bool {
	t.Helper()
	found := map[string]map[string]bool{}
	root := ".."
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if file != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "example") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") && !inRoom(file) {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		folder = filepath.ToSlash(folder)
		if found[folder] == nil {
			found[folder] = map[string]bool{}
		}
		for _, imported := range parsed.Imports {
			name, err := strconv.Unquote(imported.Path.Value)
			if err != nil {
				return err
			}
			if own, ok := strings.CutPrefix(name, module); ok {
				found[folder][own] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// inRoom holds for a file of a room, whose tests keep the walls, too.
func inRoom(file string) bool {
	file = filepath.ToSlash(file)
	return strings.Contains(file, "core/internal/") || strings.Contains(file, "core/push/")
}

func TestNoFolderImportsThroughAWall(t *testing.T) {
	found := ownImports(t)
	for _, folder := range slices.Sorted(maps.Keys(found)) {
		imports, known := allowed(folder)
		if !known {
			t.Errorf("rule: every folder says what it may import: add %s to the walls", folder)
			continue
		}
		for _, imported := range slices.Sorted(maps.Keys(found[folder])) {
			if !permits(imports, imported) {
				t.Errorf("rule: %s may import of this library only %v, and it imports %s", folder, imports, imported)
			}
		}
	}
	for folder := range walls {
		if !strings.HasSuffix(folder, "/...") && found[folder] == nil {
			t.Errorf("rule: the walls name folders that exist: %s does not", folder)
		}
	}
	if len(found) < 12 {
		t.Errorf("only %d folders were read", len(found))
	}
}

func TestAnImportThroughAWallIsSeen(t *testing.T) {
	for _, c := range []struct {
		folder, imported string
		want             bool
	}{
		{"core/internal/web", "core/internal/vault", false},
		{"core/internal/proof", "core/internal/web", true},
		{"core/internal/session", "core/internal/proof", false},
		{"core/internal/once", "core", false},
		{"core", "core/internal/session", true},
		{"core", "core/wxsim", false},
		{"ginwechat", "core/internal/web", false},
		{"core/adaptertest/hostile", "nethttp", false},
		{"core/adaptertest/hostile", "core/adaptertest", true},
		{"core/wxsim", "core/wxapi", false},
	} {
		imports, known := allowed(c.folder)
		if got := known && permits(imports, c.imported); got != c.want {
			t.Errorf("rule: may %s import %s? %v, want %v", c.folder, c.imported, got, c.want)
		}
	}
}
