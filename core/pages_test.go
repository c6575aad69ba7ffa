package core

import (
	"html"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

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
	out := b.send(r.gate(ModeRequire), "GET", "/me", with("Accept-Language", "en-US,en;q=0.9,zh;q=0.8", "Accept", "text/html"))
	if string(out.Body) != "enhttps://app.example.com/me" || !strings.Contains(out.Header.Get("Content-Security-Policy"), "style-src 'unsafe-inline'") {
		t.Errorf("%v %s", out.Header, out.Body)
	}
	if out := b.get(r.gate(ModeRequire), "/a b"); !strings.Contains(string(out.Body), `data-page="bad-request"`) {
		t.Errorf("nil keeps the built-in page: %s", out.Body)
	}
}

// An app that writes its pages without html/template is no easier to attack.
func TestEveryFieldOfAPageCanStandInAnAttribute(t *testing.T) {
	const raw = `"><script>alert(1)</script>`
	var seen []Page
	r := newRig(t, func(c *Config) {
		c.Pages = func(p Page) []byte { seen = append(seen, p); return nil }
		c.AccountName = raw + `'& Söhne`
		c.FollowQRCode = `https://img.example.com/"><script>'`
		c.GuestPath = "/it's"
	})
	g := r.gate(ModeRequire)
	for _, target := range []string{
		"/me?x=" + raw, "/" + raw, "/me?x='onload='alert(1)", "/me?x=`", "/你?x=\xff\xc0", "/me?" + raw + "&code=1&state=" + strings.Repeat("0", 53),
	} {
		outside := r.browser()
		outside.ua = "x"
		outside.get(g, target)
		outside.send(g, "GET", target, with("Accept", "text/html", "Sec-Fetch-Dest", "iframe"))
		refuses := r.browser()
		q := refuses.authorize(refuses.get(g, target))
		refuses.get(g, refuses.back(q, "state="+q.Get("state")))
		r.browser().get(r.gate(ModeRequire, Prompt, AskFirst()), target)
	}
	b, members := members(r)
	b.get(members, "/members?x="+raw)
	b.send(r.gate(ModeLogout), "POST", "/logout?x="+raw, with("Accept", "text/html", "Sec-Fetch-Site", "cross-site"))
	kinds := map[PageKind]bool{}
	for _, p := range seen {
		kinds[p.Kind] = true
		for i, field := range []string{string(p.Kind), p.Lang, p.Here, p.Home, p.Guest, p.QRCode, string(p.AccountHTML), p.Follow, string(p.Fault), p.Reference} {
			if strings.ContainsAny(field, "\"'<>`") || strings.ContainsFunc(field, unicode.IsControl) || !utf8.ValidString(field) {
				t.Errorf("rule: no field of a page ends an attribute: page %s, field %d: %q", p.Kind, i, field)
			}
		}
		if p.Kind == FollowPage && html.UnescapeString(string(p.AccountHTML)) != r.auth.config.AccountName {
			t.Errorf("rule: the account's name is whole: %q", p.AccountHTML)
		}
	}
	for _, kind := range []PageKind{OutsidePage, FramePage, RefusedPage, ConsentPage, FollowPage, ForbiddenPage} {
		if !kinds[kind] {
			t.Errorf("the test tests no page %s", kind)
		}
	}
}

// The pages of the app's own refusal and of a browser that keeps cookies back.
func TestARefusalOfTheAppsOwnAndAPageThatGoesOn(t *testing.T) {
	for _, kind := range []PageKind{DeniedPage, ContinuePage} {
		if statusOf[kind] != map[PageKind]int{DeniedPage: 403, ContinuePage: 200}[kind] {
			t.Errorf("rule: page %s has a status of its own: %d", kind, statusOf[kind])
		}
	}
	r := newRig(t)
	p := Page{Kind: DeniedPage, Lang: "en", Home: "https://app.example.com/", MessageHTML: "A&amp;B"}
	if got := string(r.auth.pages.render(p)); !strings.Contains(got, `<p class="message">A&amp;B</p>`) || !strings.Contains(got, `id="home"`) {
		t.Errorf("rule: the page shows the app's text: %s", got)
	}
}

func TestALongAddressOutsideWeChatGetsAPageWithoutACode(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	b.ua = "x"
	short, long := b.get(g, "/me"), b.get(g, "/me?x="+strings.Repeat("a", 2300))
	if !strings.Contains(string(short.Body), "<img") || strings.Contains(string(long.Body), "<img") || len(long.Body) > 8<<10 || long.Status != 403 {
		t.Errorf("rule: only a short address has a code: %d %s", long.Status, long.Body)
	}
}

func TestTheFollowPageLeadsHome(t *testing.T) {
	r := newRig(t)
	b, g := members(r)
	if page := string(b.get(g, "/members").Body); !strings.Contains(page, `id="home" href="https://app.example.com/"`) {
		t.Errorf("rule: who does not follow can go to the front page: %s", page)
	}
}

func TestTheStuckPageNamesTheLikeliestFault(t *testing.T) {
	for want, c := range map[Fault]struct {
		host string
		tls  bool
	}{CookiesOff: {"app.example.com", true}, OtherDomain: {"www.example.com", true}, MixedScheme: {"app.example.com", false}} {
		r := newRig(t)
		b, g := r.browser(), r.gate(ModeRequire)
		b.host, b.https = c.host, c.tls
		out := b.get(g, "/me")
		for out.Status == 302 {
			clear(b.cookies)
			out = b.get(g, b.consent(out))
		}
		if out.Status != 400 || !strings.Contains(string(out.Body), `data-page="stuck" data-fault="`+string(want)+`"`) {
			t.Errorf("%s: %d %s", want, out.Status, out.Body)
		}
	}
}

func TestGuestsMayGoOnAfterARefusal(t *testing.T) {
	r := newRig(t, func(c *Config) { c.GuestPath = "/welcome" })
	b, g := r.browser(), r.gate(ModeRequire)
	q := b.authorize(b.get(g, "/me"))
	out := b.get(g, b.back(q, "state="+q.Get("state")))
	if out.Status != 403 || !strings.Contains(string(out.Body), `id="guest" href="https://app.example.com/welcome"`) {
		t.Errorf("%d %s", out.Status, out.Body)
	}
}

func TestAskFirstShowsAButtonBeforeWeChat(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire, Prompt, AskFirst())
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
}

func TestOutsidersMayGoOnAsNobody(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire, AllowOutside())
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
		"/MP_verify_0123456789abcDEF.txt": 200,
		"/favicon.ico/../private":         302, "/private/favicon.ico": 302,
	} {
		for _, mode := range []Mode{ModeRequire, ModeOptional} {
			out := r.browser().get(r.gate(mode), target)
			if want := status; mode == ModeRequire && out.Status != want || mode == ModeOptional && out.Status != 0 && want != 200 {
				t.Errorf("%s, mode %d: %d", target, mode, out.Status)
			}
			if status == 200 && (string(out.Body) != "0123456789abcDEF" || out.Header.Get("Content-Type") != "text/plain; charset=utf-8" || out.Header.Get("Set-Cookie") != "") {
				t.Errorf("%v %q", out.Header, out.Body)
			}
		}
	}
}
