package core

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/internal/web"
)

func TestLogoutIsAPostFromThisSite(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		header http.Header
		status int
	}{
		"a form of this site":            {"POST", with("Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate"), 303},
		"the address bar's reload":       {"POST", with("Sec-Fetch-Site", "none"), 303},
		"an old browser, Origin ours":    {"POST", with("Origin", "https://app.example.com"), 303},
		"no browser at all":              {"POST", nil, 303},
		"another site's form":            {"POST", with("Sec-Fetch-Site", "cross-site"), 403},
		"a sibling domain's form":        {"POST", with("Sec-Fetch-Site", "same-site"), 403},
		"an old browser, Origin foreign": {"POST", with("Origin", "https://evil.example"), 403},
		"an old browser, Origin by http": {"POST", with("Origin", "http://app.example.com"), 403},
		"an old browser, Origin null":    {"POST", with("Origin", "null"), 303}, // our cookies are Lax, so a form of another site does not log out
		"Origin null of another site":    {"POST", with("Origin", "null", "Sec-Fetch-Site", "cross-site"), 403},
		"a link or image":                {"GET", nil, 405},
		"HEAD":                           {"HEAD", nil, 405},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			b, g := r.browser(), r.gate(ModeRequire)
			b.login(g, "/")
			old := b.cookies["__Host-"+r.auth.binding]
			out := b.send(r.gate(ModeLogout), c.method, "/logout?x=1", c.header)
			if out.Status != c.status {
				t.Fatalf("%d %s", out.Status, out.Body)
			}
			if c.status != 303 {
				if b.user(g, "/") == nil || c.status == 405 && out.Header.Get("Allow") != "POST" {
					t.Error("still logged in, and told how")
				}
				return
			}
			if b.arrives(out) != "/" || b.user(g, "/") != nil || b.sessionCookie() != "" || b.cookies["__Host-"+r.auth.binding] == old {
				t.Errorf("logged out, at /, with a new binding cookie: %v", b.cookies)
			}
		})
	}
	r := newRig(t)
	if out := r.browser().send(r.gate(ModeLogout), "POST", "/logout", nil); out.Status != 303 {
		t.Errorf("a logout without a session succeeds too: %d", out.Status)
	}
}

func TestLoginGoesToALocalPage(t *testing.T) {
	r := newRig(t)
	for to, want := range map[string]string{
		"/login":        "/",
		"/login?to=":    "/",
		"/login?to=/me": "/me",
		"/login?to=%2Fapp%3Fx%3D1%26y%3D%2B%23top":            "/app?x=1&y=+#top",
		"/login?to=/a%2520b":                                  "/a%20b",
		"/login?to=/a%20b":                                    "/a%20b",
		"/login?to=/100%zz":                                   "/100%zz",
		"/login?to=/one&to=/two":                              "/one",
		"/login?to=https://evil.example":                      "/",
		"/login?to=//evil.example":                            "/",
		"/login?to=%2F%2Fevil.example":                        "/",
		`/login?to=/\evil.example`:                            "/",
		"/login?to=/%5Cevil.example":                          "/",
		"/login?to=/%09/evil.example":                         "/",
		"/login?to=/%0d%0aSet-Cookie:x=1":                     "/",
		"/login?to=javascript:alert(1)":                       "/",
		"/login?to=evil.example":                              "/",
		"/login?to=/" + strings.Repeat("a", web.MaxTarget-20): "/" + strings.Repeat("a", web.MaxTarget-20),
	} {
		b, g := r.browser(), r.gate(ModeLogin, Prompt)
		if len(to) > 100 {
			continue // WeChat's way back would be longer than a target may be; tested logged in below
		}
		if got := b.login(g, to); got != want {
			t.Errorf("from %s: %q, want %q", to, got, want)
		}
		if got := b.arrives(b.get(g, to)); got != want {
			t.Errorf("already logged in, from %s: %q, want %q", to, got, want)
		}
	}
	for _, long := range []int{web.MaxTarget, web.MaxTarget + 1} {
		if got := web.LocalTarget("/"+strings.Repeat("a", long-1), web.Origin{}).Path; (len(got) == long) != (long == web.MaxTarget) {
			t.Errorf("%d bytes: %d", long, len(got))
		}
	}
	b, engine := r.browser(), r.gate(ModeRequire)
	start := b.get(r.gate(ModeLogin), "/login?to=/me")
	if got := b.arrives(b.get(engine, b.consent(start))); got != "/login?to=/me" {
		t.Errorf("an outer Require leaves the rest to Login: %q", got)
	}
}
