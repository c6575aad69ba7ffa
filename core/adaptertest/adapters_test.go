package adaptertest_test

import (
	"go/scanner"
	"go/token"
	"os"
	"testing"
)

// An adapter that decides something itself decides it differently from the others.
// The limit leaves no room for that.
func TestAdaptersStaySmall(t *testing.T) {
	for _, file := range []string{"ginwechat/ginwechat.go", "fiberwechat/fiberwechat.go", "nethttp/nethttp.go"} {
		if n := codeLines(t, "../../"+file); n >= 100 {
			t.Errorf("%s has %d lines of code, want less than 100", file, n)
		}
	}
}

// codeLines counts the lines that are neither empty nor only a comment.
func codeLines(t *testing.T, file string) int {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	f := files.AddFile(file, -1, len(source))
	var s scanner.Scanner
	s.Init(f, source, nil, 0) // skips comments
	lines := map[int]bool{}
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return len(lines)
		}
		if tok != token.SEMICOLON || text != "\n" {
			lines[f.Line(pos)] = true
		}
	}
}
