package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestFeaturesStandWhereTheTableSays opens every file that a cell names.
func TestFeaturesStandWhereTheTableSays(t *testing.T) {
	folders := map[string]string{"": "../.."}
	for _, f := range features() {
		if len(f.proofs) != len(products()) {
			t.Fatalf("rule: a row has a cell for every product; %q has %d", f.what, len(f.proofs))
		}
		for i, p := range f.proofs {
			if p.module == "github" {
				if !strings.Contains(p.file, " ") {
					t.Errorf("rule: a cell that no test can open names repository and file; %q, %s: %q", f.what, products()[i], p.file)
				}
				continue
			}
			folder, ok := folders[p.module]
			if !ok {
				out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", p.module).Output()
				if err != nil {
					t.Fatal(err)
				}
				folder = strings.TrimSpace(string(out))
				folders[p.module] = folder
			}
			found, err := contains(filepath.Join(folder, p.file), p.text)
			if err != nil || found == p.missing {
				t.Errorf("rule: a cell names a file that proves it; %q, %s: %s has %q: %v, want %v; %v", f.what, products()[i], p.file, p.text, found, !p.missing, err)
			}
		}
	}
}

// contains looks for a text in a file, or in all Go files below a folder but for tests.
func contains(path, text string) (found bool, err error) {
	err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(file, "_test.go") || file != path && !strings.HasSuffix(file, ".go") {
			return err
		}
		b, err := os.ReadFile(file)
		found = found || strings.Contains(string(b), text)
		return err
	})
	return found, err
}
