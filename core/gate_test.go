package core

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/internal/web"
	"github.com/seed467724c4/wechat/core/wxsim"
)

func TestSilentLoginEndsOnThePageThatWasAskedFor(t *testing.T) {
	for _, page := range []string{
		"/", "/orders/7?x=1", "/a?", "/a?x=1&", "/list?a=1;b=2", "/search?q=100%zz", "/%E4%B8%AD%2F+%20?q=a+b&q=%2B",
		"/文章?标题=中", "/orders/7?code=PROMO", "/orders/7?state=open", "/x?code=PROMO&state=open&appid=7", "/x?_wx=eDoxMjM",
		"//evil.example/x", `/\evil.example`, "/x?code", "/x?&&", "/x?a=1&code=&b", "/x?state=" + strings.Repeat("a", 53),
	} {
		t.Run(page, func(t *testing.T) {
			r := newRig(t)
			b, g := r.browser(), r.gate(ModeRequire)
			if got := b.login(g, page); got != page {
				t.Errorf("the visitor ends on the same bytes: got %q, want %q", got, page)
			}
			u := b.user(g, page)
			if u == nil || u.OpenID != r.sim.OpenID(testAppID, b.person) || u.Scope != Silent || u.Nickname != "" {
				t.Errorf("after a silent login the open id is known and nothing else: %+v", u)
			}
			if n := r.exchanges(); n != 1 {
				t.Errorf("one login, one exchange: got %d", n)
			}
		})
	}
}

func TestACarriedQueryIsOnlyEverAQueryOfTheSamePage(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	for carried, want := range map[string]string{
		"_wx=" + encode([]byte("x=2&y=%zz")):           "/orders?x=2&y=%zz",
		"_wx=" + encode([]byte("code=C2&state=S2")):    "/orders?code=C2&state=S2",
		"_wx=" + encode([]byte("//evil.example")):      "/orders?//evil.example",
		"_wx=" + encode([]byte("\r\nSet-Cookie: a=b")): "/orders",
		"_wx=" + encode([]byte("a#x")):                 "/orders",
		"_wx=" + encode([]byte("a\x00b")):              "/orders",
		"_wx=" + encode([]byte("a\x7fb")):              "/orders",
		"_wx=" + encode([]byte("a b")):                 "/orders",
		"_wx=!!!":                                      "/orders",
		"_wx=":                                         "/orders",
		"_wx":                                          "/orders",
		"_wx=eA==":                                     "/orders",
		"_wx=eA&_wx=eQ":                                "/orders?y",
		"from=singlemessage&_wx=eD0x":                  "/orders?x=1&from=singlemessage",
	} {
		r := newRig(t)
		b, g := r.browser(), r.gate(ModeRequire)
		back := b.consent(b.get(g, "/orders"))
		out := b.get(g, strings.Replace(back, "?", "?"+carried+"&", 1))
		if got := b.arrives(out); got != want {
			t.Errorf("%s: %q, want %q", carried, got, want)
		}
	}
}

func TestPromptBringsTheProfileAndCoversSilent(t *testing.T) {
	r := newRig(t)
	b, silent, prompt := r.browser(), r.gate(ModeRequire), r.gate(ModeRequire, Prompt)
	b.login(silent, "/me")
	first := b.sessionCookie()
	if got := b.login(prompt, "/profile?a=1"); got != "/profile?a=1" {
		t.Errorf("an upgrade ends on its page, got %q", got)
	}
	if b.sessionCookie() == first {
		t.Error("the session token is renewed when a session is raised")
	}
	u := b.user(prompt, "/profile")
	if u == nil || u.Nickname != wxsim.DefaultPeople()[0].Nickname || u.Scope != Prompt || u.UnionID == "" {
		t.Errorf("a prompted user has a profile: %+v", u)
	}
	if b.user(silent, "/me") == nil {
		t.Error("prompt covers silent")
	}
	b.cookies["__Host-wechat_session_"+web.AccountTag(testAppID, "")] = first
	if b.user(silent, "/me") != nil {
		t.Error("the token from before the upgrade is dead")
	}
}

func (b *browser) sessionCookie() string {
	return b.cookies["__Host-wechat_session_"+web.AccountTag(testAppID, "")]
}

func TestEngineWideSilentOutsideARoutesPrompt(t *testing.T) {
	for _, mode := range []Mode{ModeRequire, ModeOptional} {
		r := newRig(t)
		b, outer, inner := r.browser(), r.gate(mode), r.gate(ModeRequire, Prompt)
		chain := func(target string) *Outcome {
			if out := b.get(outer, target); out.Status != 0 {
				return out
			}
			return b.get(inner, target)
		}
		out, hops := chain("/profile"), 0
		for out.Status != 0 && hops < 8 {
			hops++
			switch out.Status {
			case 302:
				out = chain(b.consent(out))
			case 303:
				out = chain(b.arrives(out))
			default:
				t.Fatalf("mode %d: %d %s", mode, out.Status, out.Body)
			}
		}
		if u, _ := FromContext(out.Context); u == nil || u.Scope != Prompt {
			t.Errorf("mode %d: from cold, both gates end satisfied, got %v after %d hops", mode, u, hops)
		}
	}
}

func TestScriptsAreToldWhereToLogIn(t *testing.T) {
	r := newRig(t, func(c *Config) { c.LoginPath = "/login" })
	b, g := r.browser(), r.gate(ModeRequire)
	for name, c := range map[string]struct {
		method string
		header http.Header
		want   string
	}{
		"XHR":                   {"GET", with("X-Requested-With", "XMLHttpRequest"), "/login?to=%2F"},
		"fetch":                 {"GET", with("Sec-Fetch-Mode", "cors", "Referer", "https://app.example.com/app?x=1&y=2"), "/login?to=%2Fapp%3Fx%3D1%26y%3D2"},
		"JSON":                  {"GET", with("Accept", "application/json"), "/login?to=%2F"},
		"POST":                  {"POST", nil, "/login?to=%2F"},
		"HEAD":                  {"HEAD", nil, "/login?to=%2F"},
		"WebSocket":             {"GET", with("Upgrade", "websocket"), "/login?to=%2F"},
		"prefetch":              {"GET", with("Sec-Purpose", "prefetch;prerender"), "/login?to=%2F"},
		"image":                 {"GET", with("Sec-Fetch-Dest", "image", "Sec-Fetch-Mode", "no-cors"), "/login?to=%2F"},
		"another site's page":   {"GET", with("Sec-Fetch-Mode", "cors", "Referer", "https://evil.example/app"), "/login?to=%2F"},
		"a page named //evil":   {"GET", with("Sec-Fetch-Mode", "cors", "Referer", "https://app.example.com//evil"), "/login?to=%2F"},
		"with a callback's URL": {"POST", nil, "/login?to=%2F"},
	} {
		t.Run(name, func(t *testing.T) {
			out := b.send(g, c.method, "/api?x=1", c.header)
			var p struct {
				LoginURL string `json:"login_url"`
			}
			if err := json.Unmarshal(out.Body, &p); err != nil || out.Status != 401 || out.Header.Get("Content-Type") != "application/problem+json" {
				t.Fatalf("401 with a problem document: %d %s %v", out.Status, out.Body, err)
			}
			if p.LoginURL != "https://app.example.com"+c.want {
				t.Errorf("login_url %q, want %q", p.LoginURL, c.want)
			}
			if out.Header.Get("Location") != "" || out.Header.Get("Set-Cookie") != "" || r.exchanges() != 0 {
				t.Errorf("a script starts nothing: %v", out.Header)
			}
		})
	}
}

func TestWithoutLoginPathTheLoginURLIsAPage(t *testing.T) {
	r := newRig(t)
	g := r.gate(ModeRequire)
	for rule, c := range map[string]struct {
		method string
		header http.Header
		want   string
	}{
		"a fetch's address":                              {"GET", with("Sec-Fetch-Mode", "cors"), "/api?x=1"},
		"a HEAD's address":                               {"HEAD", nil, "/api?x=1"},
		"a form's page":                                  {"POST", with("Referer", "https://app.example.com/form?y=2"), "/form?y=2"},
		"a form's page, with its fragment cut off":       {"PUT", with("Referer", "https://app.example.com/form#top"), "/form"},
		"the front page for a form without a page":       {"POST", nil, "/"},
		"the front page for a form of another site":      {"POST", with("Referer", "https://evil.example/form"), "/"},
		"the front page for a form of a similar host":    {"POST", with("Referer", "https://app.example.com.evil.example/"), "/"},
		"the front page for a page named //evil":         {"DELETE", with("Referer", "https://app.example.com//evil.example"), "/"},
		"a web socket's page":                            {"GET", with("Upgrade", "websocket", "Referer", "https://app.example.com/chat"), "/chat"},
		"the front page for a web socket without a page": {"GET", with("Upgrade", "WebSocket"), "/"},
	} {
		out := r.browser().send(g, c.method, "/api?x=1", c.header)
		if !strings.Contains(string(out.Body), `"login_url":"https://app.example.com`+c.want+`"`) {
			t.Errorf("rule: login_url is %s: %s", rule, out.Body)
		}
	}
}

func TestOutsideWeChat(t *testing.T) {
	r := newRig(t)
	b := r.browser()
	b.ua = "Mozilla/5.0 (Windows NT 10.0) Chrome/132.0.0.0 Safari/537.36"
	out := b.get(r.gate(ModeRequire), "/me?x=1")
	if out.Status != 403 || !strings.Contains(string(out.Body), "data:image/png;base64,") || out.Header.Get("Location") != "" || len(b.cookies) != 0 {
		t.Errorf("a page with a QR code, no redirect, no cookie: %d %v %s", out.Status, out.Header, out.Body)
	}
	if out := b.get(r.gate(ModeOptional), "/me"); out.Status != 0 {
		t.Errorf("Optional lets everybody through: %d", out.Status)
	}
	b.ua += " wxwork/4.0.0 MicroMessenger/7.0.1"
	if out := b.get(r.gate(ModeRequire), "/me"); out.Status != 403 {
		t.Errorf("WeCom is not WeChat: %d", out.Status)
	}
	any := newRig(t, func(c *Config) { c.AnyBrowser = true })
	b = any.browser()
	b.ua = "curl"
	b.authorize(b.get(any.gate(ModeRequire), "/me"))
}

func TestARefusalIsAPageAndKeepsTheSession(t *testing.T) {
	for name, pair := range map[string]string{"state only": "", "an empty code": "code=&", "authdeny": "code=authdeny&"} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			b, silent, prompt := r.browser(), r.gate(ModeRequire), r.gate(ModeRequire, Prompt)
			b.login(silent, "/")
			q := b.authorize(b.get(prompt, "/profile?x=1"))
			back := b.back(q, pair+"state="+q.Get("state"))
			for _, g := range []*Gate{prompt, silent} { // the outer gate must not clean a refusal away
				out := b.get(g, back)
				if out.Status != 403 || !strings.Contains(string(out.Body), `href="https://app.example.com/profile?x=1"`) {
					t.Errorf("a page with a way to try again: %d %s", out.Status, out.Body)
				}
			}
			if b.user(silent, "/") == nil {
				t.Error("refusing an upgrade is no logout")
			}
			if r.exchanges() != 1 {
				t.Errorf("a refusal is not exchanged: %d", r.exchanges())
			}
		})
	}
}

func TestFramesAreShownTheWayOut(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	for _, dest := range []string{"iframe", "frame", "embed", "object", "fencedframe"} {
		if kind := web.KindOf("GET", "/", with("Sec-Fetch-Dest", dest, "Sec-Fetch-Mode", "navigate")); kind != web.Frame {
			t.Errorf("%s is a frame: %d", dest, kind)
		}
	}
	out := b.send(g, "GET", "/me", with("Sec-Fetch-Dest", "iframe", "Sec-Fetch-Mode", "navigate"))
	if out.Status != 403 || !strings.Contains(string(out.Body), `target="_top"`) || strings.Contains(out.Header.Get("Content-Security-Policy"), "frame-ancestors") {
		t.Errorf("%d %v %s", out.Status, out.Header, out.Body)
	}
}

func TestEveryAnswerOfOursIsPrivate(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	start := b.get(g, "/me")
	arrived := b.get(g, b.consent(start))
	outside := r.browser()
	outside.ua = "x"
	for name, out := range map[string]*Outcome{
		"start": start, "arrival": arrived, "401": r.browser().send(g, "POST", "/", nil),
		"outside": outside.get(g, "/"), "bad target": r.browser().get(g, "*"),
		"logout": r.browser().send(r.gate(ModeLogout), "POST", "/logout", nil),
	} {
		if out.Status == 0 || out.Header.Get("Cache-Control") != "no-store" || out.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: never stored, no referrer: %d %v", name, out.Status, out.Header)
		}
	}
	for _, line := range append(start.Header.Values("Set-Cookie"), arrived.Header.Values("Set-Cookie")...) {
		for _, attribute := range []string{"__Host-", "; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"} {
			if !strings.Contains(line, attribute) {
				t.Errorf("cookie %q lacks %q", line, attribute)
			}
		}
		if strings.Contains(line, "Domain") {
			t.Errorf("cookie %q is not for this host alone", line)
		}
	}
	pass := b.get(g, "/me")
	if pass.Status != 0 || pass.Header.Get("Vary") != "Cookie" || pass.Header.Get("Set-Cookie") != "" || pass.Header.Get("Cache-Control") != "" {
		t.Errorf("a logged-in request carries Vary and nothing else: %d %v", pass.Status, pass.Header)
	}
}

func TestTargetsThatAreNoPathsAreRefused(t *testing.T) {
	r := newRig(t)
	for _, target := range []string{"", "*", "ftp://evil.example/cb", "http://u@evil.example/cb", "http:///cb", "evil", "evil:443", "/a b", "/a\r\nSet-Cookie: x=1", "/a\x00", "/a#b", "/a\x7f"} {
		for _, mode := range []Mode{ModeRequire, ModeOptional, ModeLogin, ModeLogout} {
			if out := r.browser().get(r.gate(mode), target); out.Status != 400 || out.Header.Get("Location") != "" {
				t.Errorf("mode %d, %q: 400, got %d", mode, target, out.Status)
			}
		}
	}
}

func TestSkipLeavesTheRequestAlone(t *testing.T) {
	r := newRig(t)
	g := r.gate(ModeRequire, Skip(func(r *Request) bool { return r.Target == "/health" }))
	if out := r.browser().get(g, "/health"); out.Status != 0 || out.Header != nil {
		t.Errorf("skipped: %+v", out)
	}
	if out := r.browser().get(g, "/healthy"); out.Status != 302 {
		t.Errorf("not skipped: %d", out.Status)
	}
}

func TestOnErrorMayAnswerItself(t *testing.T) {
	r := newRig(t)
	var seen error
	g := r.gate(ModeRequire, OnError(func(_ context.Context, _ *Request, err error) *Outcome {
		seen = err
		return &Outcome{Status: 418}
	}))
	b := r.browser()
	b.ua = "x"
	if out := b.get(g, "/"); out.Status != 418 || seen != ErrOutside {
		t.Errorf("%d %v", out.Status, seen)
	}
}
