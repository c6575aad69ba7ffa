package core

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/internal/page"
)

// form is what a browser sends for an HTML form, with further headers.
func form(pairs ...string) http.Header {
	return with(append([]string{
		"User-Agent", inWeChat, "Accept", "text/html,application/xhtml+xml,*/*;q=0.8", "Content-Type", "application/x-www-form-urlencoded",
		"Sec-Fetch-Dest", "document", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Site", "same-origin",
	}, pairs...)...)
}

func TestAFormWithoutALoginGetsAPageThatLeadsBackToIt(t *testing.T) {
	plain := newRig(t)
	login := newRig(t, func(c *Config) { c.LoginPath = "/login" })
	below := newRig(t, func(c *Config) { c.PublicURL = "https://app.example.com/shop"; c.LoginPath = "/login" })
	const site = "https://app.example.com"
	for _, c := range []struct {
		rule, referer, want string
		rig                 *rig
		mode                Mode
	}{
		{"the page that the form stood on", site + "/order?id=7", site + "/order?id=7", plain, ModeRequire},
		{"the front page without a referrer", "", site + "/", plain, ModeRequire},
		{"the front page for another site's form", "https://evil.example/order", site + "/", plain, ModeRequire},
		{"another port is another site", site + ":8443/order", site + "/", plain, ModeRequire},
		{"another scheme is another site", "http://app.example.com/order", site + "/", plain, ModeRequire},
		{"an address with a user name, which no browser sends", "https://evil@app.example.com/order", site + "/", plain, ModeRequire},
		{"a host that only begins like ours", site + ".evil.example/order", site + "/", plain, ModeRequire},
		{"a path that browsers read as a host", site + "//evil.example/", site + "/", plain, ModeRequire},
		{"a backslash that browsers read as a host", site + `/\evil.example/`, site + "/", plain, ModeRequire},
		{"no address at all", "\x00", site + "/", plain, ModeRequire},
		{"an address of a megabyte", site + "/" + strings.Repeat("a", 1<<20), site + "/", plain, ModeRequire},
		{"a fragment is the browser's", site + "/order#top", site + "/order", plain, ModeRequire},
		{"the app's Login, which comes back", site + "/order?id=7", site + "/login?to=%2Forder%3Fid%3D7", login, ModeRequire},
		{"the app's Login without a referrer", "", site + "/login?to=%2F", login, ModeRequire},
		{"below a prefix", site + "/shop/order", site + "/shop/login?to=%2Forder", below, ModeRequire},
		{"outside the prefix", site + "/other", site + "/shop/login?to=%2F", below, ModeRequire},
		{"Login itself", site + "/order", site + "/send?x=1", plain, ModeLogin},
	} {
		b := c.rig.browser()
		out := b.send(c.rig.gate(c.mode), "POST", "/send?x=1", form("Referer", c.referer, "Accept-Language", "zh-CN"))
		body := string(out.Body)
		if out.Status != 401 || !strings.Contains(body, `data-page="log-in-again"`) || !strings.Contains(body, `id="retry" href="`+c.want+`"`) {
			t.Errorf("rule: %s: %s: %d %s", c.rule, c.want, out.Status, body)
		}
		if got := out.Header.Get("WWW-Authenticate"); got != `WeChat login_url="`+c.want+`"` {
			t.Errorf("rule: %s: the challenge names the login as well: %s", c.rule, got)
		}
		if out.Header.Get("Location") != "" || out.Header.Get("Set-Cookie") != "" || out.Header.Get("Cache-Control") != "no-store" || out.Header.Get("Content-Type") != page.ContentType {
			t.Errorf("rule: %s: a form starts nothing: %v", c.rule, out.Header)
		}
	}
}

func TestWhoLogsInAgainComesBackToTheForm(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	out := b.send(g, "POST", "/send", form("Referer", "https://app.example.com/order?id=7"))
	if !strings.Contains(string(out.Body), `href="https://app.example.com/order?id=7"`) {
		t.Fatalf("%d %s", out.Status, out.Body)
	}
	if got := b.login(g, "/order?id=7"); got != "/order?id=7" {
		t.Errorf("rule: the button logs in and ends on the page that the form stood on: %q", got)
	}
	if out := b.send(g, "POST", "/send", form()); out.Status != 0 {
		t.Errorf("rule: with a login the form is passed: %d", out.Status)
	}
}

func TestWhatIsNoFormOfABrowserGetsTheDocument(t *testing.T) {
	r := newRig(t)
	without := func(name string) http.Header { h := form(); h.Del(name); return h }
	set := func(name, value string) http.Header { h := form(); h.Set(name, value); return h }
	for rule, c := range map[string]struct {
		method string
		header http.Header
		page   bool
	}{
		"a form":                                 {"POST", form(), true},
		"a form with a file":                     {"POST", set("Content-Type", "multipart/form-data; boundary=x"), true},
		"a form of plain text":                   {"POST", set("Content-Type", "Text/Plain;charset=utf-8"), true},
		"a form in a frame":                      {"POST", set("Sec-Fetch-Dest", "iframe"), true},
		"a form of an older browser":             {"POST", with("User-Agent", inWeChat, "Accept", "text/html", "Content-Type", "application/x-www-form-urlencoded"), true},
		"a form in Android's web view":           {"POST", set("X-Requested-With", "com.tencent.mm"), true},
		"fetch":                                  {"POST", set("Sec-Fetch-Mode", "cors"), false},
		"fetch that says it wants a document":    {"POST", set("Sec-Fetch-Mode", "same-origin"), false},
		"fetch without a mode":                   {"POST", with("Sec-Fetch-Dest", "empty", "Accept", "text/html", "Content-Type", "text/plain"), false},
		"XMLHttpRequest":                         {"POST", set("X-Requested-With", "xmlhttprequest"), false},
		"a script that takes anything":           {"POST", set("Accept", "*/*"), false},
		"a script that takes nothing":            {"POST", set("Accept", ""), false},
		"JSON, which no form sends":              {"POST", set("Content-Type", "application/json"), false},
		"no content type, which no form is sent": {"POST", without("Content-Type"), false},
		"a web socket":                           {"POST", set("Upgrade", "websocket"), false},
		"PUT, which no form sends":               {"PUT", form(), false},
		"DELETE":                                 {"DELETE", form(), false},
		"HEAD":                                   {"HEAD", form(), false},
	} {
		out := r.browser().send(r.gate(ModeRequire), c.method, "/send", c.header)
		isPage := out.Header.Get("Content-Type") == page.ContentType
		if out.Status != 401 || isPage != c.page || !isPage && out.Header.Get("Content-Type") != page.ProblemType {
			t.Errorf("rule: only a browser's form gets a page: %s: %d %v", rule, out.Status, out.Header)
		}
		if got := out.Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, `WeChat login_url="https://app.example.com/`) {
			t.Errorf("rule: every 401 has a challenge: %s: %q", rule, got)
		}
	}
}

func TestAFormIsAnsweredWithPagesToTheEnd(t *testing.T) {
	r := newRig(t)
	b, g := members(r)
	out := b.send(g, "POST", "/members", form("Referer", "https://app.example.com/order"))
	if body := string(out.Body); out.Status != 403 || !strings.Contains(body, `data-page="follow"`) || !strings.Contains(body, `id="retry" href="https://app.example.com/order"`) {
		t.Errorf("rule: whoever follows now continues where the form stood, not at an address that takes only a POST: %d %s", out.Status, body)
	}
}

func TestEvery401HasAChallenge(t *testing.T) {
	r := newRig(t, func(c *Config) { c.DomainVerification = "0123456789abcdef" })
	for rule, target := range map[string]string{
		"the fast refusal":                 "/api?x=1",
		"a refusal that needs the machine": "/api?state=open",
		"a file that is fetched by itself": "/favicon.ico",
		"markup":                           `/"><script>`,
		"a quote and a scheme":             `/",Basic,realm="x`,
		"a backslash at the end":           `/me\`,
		"another language":                 "/你好",
		"what is no UTF-8":                 "/\xff",
		"an address of a megabyte":         "/" + strings.Repeat("a", 1<<20),
	} {
		for _, header := range []http.Header{scripts(), scripts("Cookie", r.auth.sessions.CookieName(true)+"=garbage")} {
			out := r.browser().send(r.gate(ModeRequire), "GET", target, header)
			got := out.Header.Values("WWW-Authenticate")
			if out.Status != 401 || len(got) != 1 || !strings.HasPrefix(got[0], "WeChat") || len(got[0]) > 1100 || strings.Contains(strings.ToLower(got[0]), ",basic") && !strings.Contains(got[0], "%22,Basic") {
				t.Errorf("rule: %s has one challenge of bounded length: %d %.200q", rule, out.Status, got)
			}
			for _, c := range []byte(strings.Join(got, "")) {
				if c < ' ' || c >= 0x7f {
					t.Errorf("rule: %s puts only ASCII into the header: %q", rule, got)
				}
			}
		}
	}
}
