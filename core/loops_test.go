package core

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/web"
)

func TestForgedForeignOldOrTruncatedStatesAreNeverExchanged(t *testing.T) {
	r := newRig(t)
	g := r.gate(ModeRequire)
	alice := r.browser()
	back := alice.consent(alice.get(g, "/orders?x=1"))
	state := back[strings.Index(back, "state=")+len("state="):]
	cases := map[string]func(b *browser) string{
		"a browser without the binding cookie": func(b *browser) string { clear(b.cookies); return back },
		"another browser":                      func(b *browser) string { clear(b.cookies); b.get(g, "/"); return back },
		"truncated":                            func(b *browser) string { return back[:len(back)-1] },
		"one character more":                   func(b *browser) string { return back + "a" },
		"text glued on":                        func(b *browser) string { return back + "https://i.maxthon.cn" },
		"a last state of somebody else":        func(b *browser) string { return back + "&state=" + strings.Repeat("0", 53) },
		"eleven minutes old":                   func(b *browser) string { r.advance(11 * time.Minute); return back },
		"a code that cannot be one":            func(b *browser) string { return strings.Replace(back, "code=", "code=a%26b", 1) },
		"a code of 513 bytes":                  func(b *browser) string { return strings.Replace(back, "code=", "code="+strings.Repeat("a", 513), 1) },
	}
	for i := range state {
		other := "0"
		if state[i] == '0' {
			other = "1"
		}
		cases["character "+string(rune('A'+i))] = func(*browser) string {
			return strings.Replace(back, state, state[:i]+other+state[i+1:], 1)
		}
	}
	for name, target := range cases {
		t.Run(name, func(t *testing.T) {
			b := *alice
			b.cookies = map[string]string{}
			for k, v := range alice.cookies {
				b.cookies[k] = v
			}
			before := r.now()
			out := b.get(g, target(&b))
			if n := r.exchanges(); n != 0 {
				t.Fatalf("no exchange: got %d", n)
			}
			b.authorize(out) // the login starts anew
			r.advance(before.Sub(r.now()))
		})
	}
}

func TestWithoutCookiesThreeAttemptsEndOnThePageThatSaysWhy(t *testing.T) {
	for _, mode := range []Mode{ModeRequire, ModeLogin} {
		r := newRig(t)
		b, g := r.browser(), r.gate(mode)
		out, starts := b.get(g, "/me"), 0
		for out.Status == 302 && starts < 10 {
			starts++
			clear(b.cookies)
			out = b.get(g, b.consent(out))
		}
		if starts != 3 || out.Status != 400 || !strings.Contains(string(out.Body), `data-fault="cookies"`) || r.exchanges() != 0 {
			t.Errorf("3 attempts, then the page about cookies: %d starts, %d exchanges, %d %s", starts, r.exchanges(), out.Status, out.Body)
		}
		if strings.Contains(string(out.Body), "state=") || strings.Contains(string(out.Body), "code=") {
			t.Error("the page's link begins anew, without code and state")
		}
		if !strings.Contains(r.log.String(), string(CookiesOff)) {
			t.Error("the log names the fault")
		}
	}
}

func TestWithoutCookiesAnOuterOptionalDoesNotLoop(t *testing.T) {
	r := newRig(t)
	b := r.browser()
	starts, end := b.throughBoth(r.gate(ModeOptional), r.gate(ModeRequire), "/me", func() { clear(b.cookies) })
	if end.Status != 400 || starts != 3 {
		t.Errorf("%d starts, then %d", starts, end.Status)
	}
}

func TestASessionThatNeverComesBackEndsOnThePageThatSaysSo(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	out, logins := b.get(g, "/me"), 0
	for range 20 {
		if out.Status == 400 {
			break
		}
		if out.Status == 302 {
			out = b.get(g, b.consent(out))
			continue
		}
		logins++
		delete(b.cookies, "__Host-wechat_session_"+web.AccountTag(testAppID, ""))
		out = b.get(g, b.arrives(out))
	}
	if logins != 3 || out.Status != 400 || !strings.Contains(string(out.Body), `data-fault="session"`) {
		t.Errorf("3 logins, then the page about the session cookie: %d logins, %d %s", logins, out.Status, out.Body)
	}
	r.advance(2 * time.Minute)
	b.authorize(b.get(g, "/me")) // and later the visitor may try again
}

// iOS 12 keeps SameSite=Lax cookies back on a request that follows a redirect from
// another site, and sends them on the next request that comes from a page of this site.
func TestABrowserThatKeepsCookiesBackAfterARedirectLogsIn(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	out, rounds, to := b.get(g, "/me?x=1"), 0, ""
	for ; out.Status == 302 && rounds < 10; rounds++ {
		withheld := *b
		withheld.cookies = map[string]string{}
		to = b.consent(out)
		out = withheld.send(g, "GET", to, nil)
		maps.Copy(b.cookies, withheld.cookies) // what the answer set is kept
	}
	page := string(out.Body)
	if out.Status != 200 || rounds != 3 || !strings.Contains(page, `data-page="continue"`) || out.Header.Get("Cache-Control") != "no-store" || out.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Fatalf("rule: before giving up, a page of this site asks once more: %d after %d %s", out.Status, rounds, page)
	}
	if strings.Contains(page, "code=") || strings.Contains(page, "state=") {
		t.Errorf("rule: no page shows a code or a state: %s", page)
	}
	cookieless := *b
	cookieless.cookies = map[string]string{}
	if out := cookieless.send(g, "GET", to, nil); out.Status != 400 || !strings.Contains(string(out.Body), `data-fault="cookies"`) {
		t.Errorf("rule: a browser that keeps no cookies at all ends on the page that says so: %d", out.Status)
	}
	if got := b.arrives(b.send(g, "GET", to, nil)); got != "/me?x=1" || b.user(g, "/me?x=1") == nil {
		t.Errorf("rule: the login ends on the page that was asked for: %s", got)
	}
	if n := r.exchanges(); n != 1 {
		t.Errorf("rule: one code is exchanged: %d", n)
	}
}
