package frameworks_test

import (
	"regexp"
	"strings"
	"testing"
)

// The page shows the adapter piece by piece. A piece that is not in the file misleads.
func TestThePageShowsTheCompiledFile(t *testing.T) {
	source := read(t, "hertzwechat/hertzwechat.go") + read(t, "hertzwechat/contract_test.go")
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(read(t, "ADAPTER.md"), -1)
	if len(blocks) < 5 {
		t.Fatalf("%d code blocks, want at least 5", len(blocks))
	}
	lines := 0
	for _, block := range blocks {
		if !strings.Contains(source, block[1]) {
			t.Errorf("this block of ADAPTER.md is not in hertzwechat:\n%s", block[1])
		}
		lines += strings.Count(block[1], "\n")
	}
	if lines > 40 {
		t.Errorf("the page promises 40 lines and has %d", lines)
	}
}
