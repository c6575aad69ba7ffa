package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// room is one package, parsed and type-checked.
type room struct {
	dir, path, name string
	fset            *token.FileSet
	files           []*file
	info            *types.Info
	importer        types.Importer
}

type file struct {
	path string
	text []byte
	ast  *ast.File
}

// load reads the package and, for its types, the export data of what it imports.
func load(dir string) (*room, error) {
	out, err := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Export,Dir,Name,GoFiles", "os", "strconv", "./"+dir).Output()
	if err != nil {
		return nil, fmt.Errorf("go list ./%s: %w (run it from the module's root)", dir, err)
	}
	type listed struct {
		ImportPath, Export, Dir, Name string
		GoFiles                       []string
	}
	exports, own := map[string]string{}, listed{}
	for list := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := list.Decode(&l); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		exports[l.ImportPath], own = l.Export, l // the last one is the package itself
	}
	p := &room{dir: own.Dir, path: own.ImportPath, name: own.Name, fset: token.NewFileSet()}
	p.importer = importer.ForCompiler(p.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	var asts []*ast.File
	for _, name := range own.GoFiles {
		f := &file{path: filepath.Join(own.Dir, name)}
		if f.text, err = os.ReadFile(f.path); err != nil {
			return nil, err
		}
		if f.ast, err = parser.ParseFile(p.fset, f.path, f.text, parser.SkipObjectResolution); err != nil {
			return nil, err
		}
		p.files, asts = append(p.files, f), append(asts, f.ast)
	}
	p.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	if _, err := (&types.Config{Importer: p.importer}).Check(p.path, p.fset, asts, p.info); err != nil {
		return nil, err
	}
	return p, nil
}

// compiles type-checks the package with some of its files changed.
func (p *room) compiles(changed map[*file][]byte) error {
	fset := token.NewFileSet()
	texts := map[string][]byte{switchFile: p.switchText()}
	for _, f := range p.files {
		texts[f.path] = f.text
		if text, ok := changed[f]; ok {
			texts[f.path] = text
		}
	}
	var asts []*ast.File
	for name, text := range texts {
		parsed, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		asts = append(asts, parsed)
	}
	_, err := (&types.Config{Importer: p.importer}).Check(p.path, fset, asts, nil)
	return err
}

// thatCompile takes the first n changes that compile beside those before them. A change
// that does not compile is not counted.
func (p *room) thatCompile(order []*mutant, n int) (chosen []*mutant, err error) {
	for _, m := range order {
		if len(chosen) == n {
			break
		}
		m.id = len(chosen) + 1
		trial := append(chosen[:len(chosen):len(chosen)], m)
		if m.alone != nil {
			trial = []*mutant{m}
		}
		if p.compiles(p.switched(trial)) == nil {
			chosen = append(chosen, m)
		}
	}
	if err := p.compiles(p.switched(chosen)); err != nil {
		return nil, fmt.Errorf("the changes do not compile together: %w", err)
	}
	return chosen, nil
}
