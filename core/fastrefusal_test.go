package core

import (
	"context"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// scripts asks as fetch does, with further headers.
func scripts(pairs ...string) http.Header {
	return with(append([]string{"User-Agent", inWeChat, "Accept", "*/*", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Site", "same-origin"}, pairs...)...)
}

// Whatever is refused without a visit, the state machine refuses as well, in the
// same words.
func TestTheFastRefusalDecidesAsTheStateMachine(t *testing.T) {
	refused := 0
	for name, r := range map[string]*rig{
		"private":         newRig(t),
		"with LoginPath":  newRig(t, func(c *Config) { c.LoginPath = "/login" }),
		"own sessions":    newRig(t, func(c *Config) { c.Sessions = manager(session.NewMemory()) }),
		"any browser":     newRig(t, func(c *Config) { c.AnyBrowser = true }),
		"below a prefix":  newRig(t, func(c *Config) { c.PublicURL = "https://app.example.com/shop"; c.LoginPath = "/login" }),
		"no public URL":   newRig(t, func(c *Config) { c.PublicURL = "" }),
		"a file to serve": newRig(t, func(c *Config) { c.DomainVerification = "0123456789abcdef" }),
	} {
		b := r.browser()
		b.login(r.gate(ModeRequire), "/")
		session := r.auth.sessions.CookieName(true) + "=" + b.cookies[r.auth.sessions.CookieName(true)]
		for _, mode := range []Mode{ModeRequire, ModeOptional, ModeLogin} {
			for _, g := range []*Gate{r.gate(mode), r.gate(mode, Prompt), r.gate(mode, AllowOutside()), r.gate(mode, Skip(func(*Request) bool { return false }))} {
				for _, target := range []string{"/", "/api?x=1&y=2", "/a b", `/"<>`, "/?state=open", "/?code=1&state=" + strings.Repeat("0", 53), "/MP_verify_0123456789abcdef.txt", "/robots.txt"} {
					for _, header := range []http.Header{
						scripts(), scripts("Cookie", "a=1; b=2"), scripts("Cookie", session), scripts("Cookie", "a=1", "Cookie", session),
						scripts("Cookie", r.auth.sessions.CookieName(true)+"=garbage"), scripts("Referer", "https://app.example.com/shop/cart?x=1"), scripts("Referer", "https://evil.example/"),
						with("User-Agent", "x", "X-Requested-With", "XMLHttpRequest"), with("User-Agent", inWeChat, "Accept", "text/html"), with("Sec-Fetch-Dest", "iframe"),
						with("User-Agent", "x", "Accept", "text/html", "Purpose", "Prefetch"),
					} {
						for _, method := range []string{"GET", "POST"} {
							q := Request{Method: method, Target: target, Host: "app.example.com", TLS: true, Header: header}
							got, want := g.Handle(context.Background(), &q), g.handleFully(context.Background(), q)
							if web.KindOf(q.Method, q.Target, q.Header) == web.Navigation {
								continue // a start is another each time
							}
							if got.Status == 401 {
								refused++
							}
							if got.Status != want.Status || string(got.Body) != string(want.Body) || !reflect.DeepEqual(got.Header, want.Header) {
								t.Errorf("%s, mode %d, %s %s, %v: %d %v %s, met %d %v %s", name, mode, method, target, header, got.Status, got.Header, got.Body, want.Status, want.Header, want.Body)
							}
						}
					}
				}
			}
		}
	}
	if refused < 1000 {
		t.Errorf("only %d were refused: the test tests nothing", refused)
	}
}

type anonymousRequest struct {
	gate   *Gate
	header http.Header
	status int
	most   float64 // allocations
}

// However many headers an answer has, no value is another's.
func TestAnAnswerTakesAnyNumberOfHeaders(t *testing.T) {
	v, want := &visit{}, http.Header{}
	for i := range 2 * len(v.values) {
		name, value := http.CanonicalHeaderKey("x-"+strings.Repeat("a", i/2)), strings.Repeat("v", i)
		v.add(name, value)
		want.Add(name, value)
	}
	for i := range 2 * len(v.values) {
		name := http.CanonicalHeaderKey("y-" + strings.Repeat("b", i))
		v.add(name, name)
		want.Add(name, name)
	}
	if !reflect.DeepEqual(v.header, want) {
		t.Errorf("rule: no value is another's: %v, want %v", v.header, want)
	}
}

// anonymousRequests are requests of anonymous visitors that are counted and timed, with
// what their answer may allocate together with net/http's headers.
func anonymousRequests(r *rig) map[string]anonymousRequest {
	page := with("User-Agent", inWeChat, "Accept", "text/html", "Sec-Fetch-Dest", "document", "Sec-Fetch-Mode", "navigate", "Cookie", "a=1; b=2")
	return map[string]anonymousRequest{
		"a redirect to WeChat":                        {r.gate(ModeRequire), page, 302, 21}, // 19, and two of the race detector
		"a script's 401":                              {r.gate(ModeRequire), scripts("Cookie", "a=1; b=2"), 401, 4},
		"an anonymous visitor behind Optional passes": {r.gate(ModeOptional), page, 0, 1},
	}
}

func TestStrangersAllocateLittle(t *testing.T) {
	r := newRig(t, quietly)
	for rule, c := range anonymousRequests(r) {
		w := http.Header{}
		n := testing.AllocsPerRun(100, func() {
			clear(w)
			out := c.gate.Handle(context.Background(), &Request{Method: "GET", Target: "/me?x=1", Host: "app.example.com", TLS: true, Header: c.header})
			out.AddTo(w)
			if out.Status != c.status {
				t.Errorf("rule: %s: %d", rule, out.Status)
			}
		})
		if n > c.most {
			t.Errorf("rule: %s with at most %v allocations: %v", rule, c.most, n)
		}
		if c.status == 0 && len(w["Set-Cookie"]) > 0 {
			t.Errorf("rule: %s without a cookie: %v", rule, w)
		}
	}
}

func BenchmarkRedirect(b *testing.B) { benchmarkStranger(b, "a redirect to WeChat") }

func BenchmarkScript(b *testing.B) { benchmarkStranger(b, "a script's 401") }

func benchmarkStranger(b *testing.B, name string) {
	c, w := anonymousRequests(newRig(b, quietly))[name], http.Header{}
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		clear(w)
		out := c.gate.Handle(ctx, &Request{Method: "GET", Target: "/me?x=1", Host: "app.example.com", TLS: true, Header: c.header})
		out.AddTo(w)
		if out.Status != c.status {
			b.Fatal(out.Status)
		}
	}
}

// quietly leaves out the rig's debug lines, which cost allocations of their own.
func quietly(c *Config) { c.Logger = slog.New(slog.DiscardHandler) }
