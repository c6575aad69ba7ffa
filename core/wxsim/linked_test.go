package wxsim

import (
	"os/exec"
	"strings"
	"testing"
)

func TestNoApplicationLinksTheSimulator(t *testing.T) {
	const module = "github.com/seed467724c4/wechat/"
	for _, imported := range []string{"core", "ginwechat", "nethttp", "fiberwechat"} {
		out, err := exec.Command("go", "list", "-deps", module+imported).Output()
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		deps := string(out)
		if !strings.Contains(deps, module+"core\n") || strings.Contains(deps, module+"core/wxsim") {
			t.Errorf("rule: an application gets the simulator only by importing it; %s has the packages\n%s", imported, deps)
		}
	}
}
