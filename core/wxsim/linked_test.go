package wxsim

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestNoApplicationLinksTheSimulator(t *testing.T) {
	for _, tt := range []struct {
		rule, program string
		linked        bool
	}{
		{"an application that does not import the simulator has none of its code", "without", false},
		{"an application that imports it has it, so that this test can see it", "with", true},
	} {
		binary := filepath.Join(t.TempDir(), tt.program)
		// Built with symbols, and with what a test does not see of the linker's work.
		if out, err := exec.Command("go", "build", "-o", binary, "./testdata/linked/"+tt.program).CombinedOutput(); err != nil {
			t.Fatalf("go build: %v %s", err, out)
		}
		symbols, err := exec.Command("go", "tool", "nm", binary).Output()
		if err != nil {
			t.Fatalf("go tool nm: %v", err)
		}
		if !strings.Contains(string(symbols), " github.com/seed467724c4/wechat/core.New") {
			t.Fatalf("rule: the program has the middleware; %s has not", tt.program)
		}
		if linked := strings.Contains(string(symbols), "github.com/seed467724c4/wechat/core/wxsim"); linked != tt.linked {
			t.Errorf("rule: %s: %s has it: %t", tt.rule, tt.program, linked)
		}
	}
}
