package core

import (
	"context"
	"testing"
)

func TestPathIsDecodedAndCleanedAsNetHTTPDoes(t *testing.T) {
	for target, want := range map[string]string{
		"/assets/app.js?v=1":                  "/assets/app.js",
		"/assets/":                            "/assets/",
		"/":                                   "/",
		"//assets//app.js":                    "/assets/app.js",
		"/a/../assets/./x":                    "/assets/x",
		"/%61dmin/%E4%BD%A0":                  "/admin/你",
		"/%2e%2e/%2e%2e/x":                    "/x",
		"/a%2Fb":                              "/a/b",
		"http://app.example.com/a/b/?c":       "/a/b/",
		"/broken%zz":                          "",
		"*":                                   "",
		"assets/x":                            "",
		"/a b":                                "",
		"/assets/app.js#x":                    "",
		"/healthz?next=/admin/../../etc%2Fx#": "",
	} {
		if got := (&Request{Target: target}).Path(); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}

// Whatever a Skip says of a path that routers read differently, the gate stands.
func TestAPathThatRoutersReadDifferentlyIsNeverSkipped(t *testing.T) {
	r := newRig(t)
	g := r.gate(ModeRequire, Skip(func(*Request) bool { return true }))
	for target, skipped := range map[string]bool{
		"/assets/app.js":         true,
		"/assets//app.js":        true,
		"/assets/%E4%BD%A0":      true,
		"/assets/app.js?x=../..": true,
		"/assets/a..b/..c":       true,
		"/assets/../admin":       false,
		"/assets/..":             false,
		"/assets/./x":            false,
		"/assets/%2e%2e/admin":   false,
		"/assets%2f..%2fadmin":   false,
		"/assets%2Fx":            false,
		`/assets/..\admin`:       false,
		"/assets/%5Cadmin":       false,
		"/assets/%00":            false,
		"/assets/%zz":            false,
	} {
		out := g.Handle(context.Background(), &Request{Method: "GET", Target: target, Host: "app.example.com", TLS: true, Header: with("Accept", "text/html")})
		if (out.Status == 0) != skipped {
			t.Errorf("rule: %s is skipped: %v, got status %d", target, skipped, out.Status)
		}
	}
}
