// Package lines counts the lines of a program that its author had to think of.
package lines

import (
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"strings"
)

// Count counts the lines of a Go file that hold code: blank lines, comments, the package
// clause and imports are left out.
func Count(file string) (int, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, file, source, parser.ImportsOnly)
	if err != nil {
		return 0, err
	}
	begin := fset.Position(parsed.Name.End()).Line
	for _, d := range parsed.Decls { // imports only
		begin = fset.Position(d.End()).Line
	}
	var s scanner.Scanner
	whole := token.NewFileSet()
	at := whole.AddFile(file, whole.Base(), len(source))
	s.Init(at, source, nil, 0)
	code := map[int]bool{}
	for {
		pos, kind, text := s.Scan()
		if kind == token.EOF {
			return len(code), nil
		}
		if kind == token.SEMICOLON && text == "\n" {
			continue
		}
		first := at.Line(pos)
		for line := first; line <= first+strings.Count(text, "\n"); line++ { // a raw string may be long
			if line > begin {
				code[line] = true
			}
		}
	}
}
