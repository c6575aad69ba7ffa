package wxsim

import (
	"io/fs"
	"strings"
	"testing"
)

func TestTheStyleSheetAloneDrawsTicks(t *testing.T) {
	names, _ := fs.Glob(pageFiles, "page/*.html")
	spans := 0
	for _, name := range names {
		for _, after := range strings.Split(mustRead(name), `class="tick"`)[1:] {
			spans++
			if !strings.HasPrefix(after, ` aria-hidden="true"></span>`) {
				t.Errorf("rule: a tick is an empty element that the style sheet draws, otherwise there are two; %s has %.40q", name, after)
			}
		}
	}
	if spans < 2 {
		t.Errorf("rule: the test sees the ticks of the pages; got %d", spans)
	}
}
