package web

import (
	"strings"
	"testing"
)

func FuzzTargetComesBackAsItWas(f *testing.F) {
	for _, s := range []string{"/", "/a?b=c&code=1", "/?", "/x?&&state", "/x?_wx=1&_wx", "//a?state=x&state"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		asked, ok := ParseTarget(raw)
		if !ok {
			return
		}
		out := asked.ForRedirectURI().String()
		sep := "?"
		if strings.Contains(out, "?") {
			sep = "&"
		}
		back, ok := ParseTarget(out + sep + "code=C&state=S")
		if !ok {
			return // longer than a target may be
		}
		if got := back.WithoutCallback().String(); got != raw {
			t.Errorf("%q comes back as %q", raw, got)
		}
	})
}
