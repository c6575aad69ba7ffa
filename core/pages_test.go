package core

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEveryPageHasWordsInBothLanguages(t *testing.T) {
	kinds := []PageKind{OutsidePage, ConsentPage, RefusedPage, StuckPage, FramePage, SnapshotPage, UnavailablePage, FollowPage, ForbiddenPage, BadRequestPage}
	p := newPages(nil)
	for _, kind := range kinds {
		for _, lang := range []string{"zh", "en"} {
			for _, fault := range []Fault{CookiesOff, OtherDomain, MixedScheme, SessionCookie} {
				w := wordsFor(Page{Kind: kind, Lang: lang, Here: "https://x/", Guest: "https://x/", Reference: "r", Fault: fault})
				if w.Title == "" || w.Body == "" || w.Hint == "" || (w.Button == "") != (kind == OutsidePage) || w.Guest == "" || w.Reference == "" {
					t.Errorf("%s in %s lacks words: %+v", kind, lang, w)
				}
			}
			html := string(p.render(Page{Kind: kind, Lang: lang, Here: `https://x/?"><script>alert(1)</script>`}))
			if strings.Contains(html, "<script") || !strings.Contains(html, `data-page="`+string(kind)+`"`) {
				t.Errorf("%s in %s: %s", kind, lang, html)
			}
			for _, outside := range []string{"src=\"http", "url(", "@import", "<link"} {
				if strings.Contains(html, outside) {
					t.Errorf("%s in %s loads something: %s", kind, lang, outside)
				}
			}
		}
		if statusOf[kind] == 0 {
			t.Errorf("%s has no status", kind)
		}
	}
	if len(chinese) != len(kinds) || len(english) != len(kinds) || len(statusOf) != len(kinds) {
		t.Error("a page is missing from this test")
	}
}

func TestPagesOfTheAppsOwn(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Pages = func(p Page) []byte {
			if p.Kind == OutsidePage {
				return []byte(p.Lang + p.Here)
			}
			return nil
		}
	})
	b := r.browser()
	b.ua = "x"
	out := b.send(r.gate(Require), "GET", "/me", with("Accept-Language", "en-US,en;q=0.9,zh;q=0.8", "Accept", "text/html"))
	if string(out.Body) != "enhttps://app.example.com/me" || !strings.Contains(out.Header.Get("Content-Security-Policy"), "style-src 'unsafe-inline'") {
		t.Errorf("%v %s", out.Header, out.Body)
	}
	if out := b.get(r.gate(Require), "/a b"); !strings.Contains(string(out.Body), chinese[BadRequestPage].Title) {
		t.Errorf("nil keeps the built-in page: %s", out.Body)
	}
}

func TestLanguages(t *testing.T) {
	for header, want := range map[string][2]string{
		"":                           {"zh", "zh_CN"},
		"zh-CN,zh;q=0.9,en;q=0.8":    {"zh", "zh_CN"},
		"zh-TW,zh;q=0.9":             {"zh", "zh_TW"},
		"zh-CN,zh-TW":                {"zh", "zh_CN"},
		"en-GB,en;q=0.9,zh-CN;q=0.8": {"en", "en"},
		"fr-FR,fr;q=0.9,en-US;q=0.8": {"en", "en"},
		"de":                         {"zh", "zh_CN"},
	} {
		if got := [2]string{languageOf(header), wechatLanguage(header)}; got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}

func TestTheStuckPageNamesTheLikeliestFault(t *testing.T) {
	for want, c := range map[Fault]struct {
		host string
		tls  bool
	}{CookiesOff: {"app.example.com", true}, OtherDomain: {"www.example.com", true}, MixedScheme: {"app.example.com", false}} {
		r := newRig(t)
		b, g := r.browser(), r.gate(Require)
		b.host, b.https = c.host, c.tls
		out := b.get(g, "/me")
		for out.Status == 302 {
			clear(b.cookies)
			out = b.get(g, b.consent(out))
		}
		if out.Status != 400 || !strings.Contains(string(out.Body), chineseFaults[want]) {
			t.Errorf("%s: %d %s", want, out.Status, out.Body)
		}
	}
}

func TestGuestsMayGoOnAfterARefusal(t *testing.T) {
	r := newRig(t, func(c *Config) { c.GuestPath = "/welcome" })
	b, g := r.browser(), r.gate(Require)
	q := b.authorize(b.get(g, "/me"))
	out := b.get(g, b.back(q, "state="+q.Get("state")))
	if out.Status != 403 || !strings.Contains(string(out.Body), `id="guest" href="https://app.example.com/welcome"`) {
		t.Errorf("%d %s", out.Status, out.Body)
	}
}

func TestAskFirstShowsAButtonBeforeWeChat(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(Require, Prompt, AskFirst())
	out := b.get(g, "/profile?x=1")
	page := string(out.Body)
	from := strings.Index(page, r.open+"/connect/oauth2/authorize?")
	if out.Status != 403 || from < 0 || out.Header.Get("Location") != "" || len(b.cookies) != 1 {
		t.Fatalf("a page with a button: %d %s", out.Status, page)
	}
	link := strings.ReplaceAll(page[from:from+strings.IndexByte(page[from:], '"')], "&amp;", "&")
	out.Status = 302
	out.Header.Set("Location", link)
	if got := b.arrives(b.get(g, b.consent(out))); got != "/profile?x=1" || b.user(g, "/profile").Nickname == "" {
		t.Errorf("the button logs in: %q", got)
	}
	silent := r.browser()
	silent.authorize(silent.get(r.gate(Require, AskFirst()), "/me")) // a silent login has no page at all
}

func TestOutsidersMayGoOnAsNobody(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(Require, AllowOutside())
	b.ua = "x"
	if out := b.get(g, "/me"); out.Status != 0 || MustFromContext(out.Context) != nil {
		t.Errorf("outside: %d", out.Status)
	}
	if out := b.send(g, "POST", "/me", nil); out.Status != 0 {
		t.Errorf("a script outside: %d", out.Status)
	}
	b.ua = inWeChat
	b.authorize(b.get(g, "/me"))
}

func TestWhatIsFetchedByItselfNeverStartsALogin(t *testing.T) {
	r := newRig(t, func(c *Config) { c.DomainVerification = "MP_verify_0123456789abcDEF.txt" })
	for target, status := range map[string]int{
		"/favicon.ico": 401, "/favicon.ico?v=2": 401, "/robots.txt": 401, "/apple-touch-icon.png": 401, "/apple-touch-icon-120x120-precomposed.png": 401,
		"/MP_verify_xxxxxxxxxxxxxxxx.txt": 401, "/MP_verify_0123456789abcDEF.txt": 200,
		"/favicon.ico/../private": 302, "/private/favicon.ico": 302,
	} {
		for _, mode := range []Mode{Require, Optional} {
			out := r.browser().get(r.gate(mode), target)
			if want := status; mode == Require && out.Status != want || mode == Optional && out.Status != 0 && want != 200 {
				t.Errorf("%s, mode %d: %d", target, mode, out.Status)
			}
			if status == 200 && (string(out.Body) != "0123456789abcDEF" || out.Header.Get("Content-Type") != "text/plain; charset=utf-8" || out.Header.Get("Set-Cookie") != "") {
				t.Errorf("%v %q", out.Header, out.Body)
			}
		}
	}
	none := newRig(t)
	if out := none.browser().get(none.gate(Require), "/MP_verify_.txt"); out.Status != 401 {
		t.Errorf("without a verification there is no such file: %d", out.Status)
	}
	w := httptest.NewRecorder()
	r.auth.DomainVerification().ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
	if w.Code != 200 || w.Body.String() != "0123456789abcDEF" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	w = httptest.NewRecorder()
	newRig(t).auth.DomainVerification().ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
	if w.Code != 404 {
		t.Errorf("without one: %d", w.Code)
	}
}
