package core

import (
	"context"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/web"
)

const (
	atDesk     = onDesktop
	outOnPhone = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36"
)

// screenRig is a rig whose instance logs screens in.
func newScreenRig(t testing.TB, change ...func(*Config)) *rig {
	t.Helper()
	r := newRig(t, append([]func(*Config){func(c *Config) { c.ScreenLogin, c.SiteName = true, "江南春茶" }}, change...)...)
	r.auth.Screens()
	return r
}

// desk is a browser that is not in WeChat.
func (r *rig) desk() *browser {
	b := r.browser()
	b.ua = atDesk
	return b
}

// phone is WeChat of a person.
func (r *rig) phone(person string) *browser {
	b := r.browser()
	b.person = person
	return b
}

// ask sends a request to Screens, over net/http as apps do.
func (b *browser) atScreens(a *Auth, method, target, body string, extra http.Header) *Outcome {
	b.rig.t.Helper()
	request := httptest.NewRequest(method, target, strings.NewReader(body)).WithContext(context.Background())
	request.Host = b.host
	request.Header = http.Header{"User-Agent": {b.ua}, "Accept": {"text/html"}}
	if line := b.cookieLine(); line != "" {
		request.Header.Set("Cookie", line)
	}
	if method == "POST" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range extra {
		request.Header[name] = values
	}
	w := httptest.NewRecorder()
	a.Screens().ServeHTTP(w, request)
	out := &Outcome{Status: w.Code, Header: w.Header(), Body: w.Body.Bytes()}
	b.keep(out)
	return out
}

// opens opens a code on a phone, and logs in where that is asked for.
func (b *browser) opens(a *Auth, target string) *Outcome {
	b.rig.t.Helper()
	for range 6 {
		out := b.atScreens(a, "GET", target, "", nil)
		switch out.Status {
		case http.StatusFound:
			target = b.consent(out)
		case http.StatusSeeOther:
			target = b.arrives(out)
		default:
			return out
		}
	}
	b.rig.t.Fatal("the phone goes round and round")
	return nil
}

// posts sends the form of a page.
func (b *browser) posts(a *Auth, page *Outcome, extra http.Header, pairs ...string) *Outcome {
	b.rig.t.Helper()
	form := url.Values{}
	for _, field := range regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`).FindAllStringSubmatch(string(page.Body), -1) {
		form.Set(field[1], html.UnescapeString(field[2]))
	}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.atScreens(a, "POST", "/wechat/screen", form.Encode(), extra)
}

func found(page *Outcome, pattern string) string {
	m := regexp.MustCompile(pattern).FindStringSubmatch(string(page.Body))
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// code is the target in the QR code of a waiting page.
func (b *browser) code(page *Outcome) string {
	b.rig.t.Helper()
	address := found(page, `<a class="code" id="wx-screen" href="([^"]*)"`)
	target, ok := strings.CutPrefix(address, "https://app.example.com/wechat/screen?s=")
	if page.Status != http.StatusForbidden || !ok || len(target) != 53 {
		b.rig.t.Fatalf("not a waiting page: %d %q %s", page.Status, address, page.Body)
	}
	return "/wechat/screen?s=" + target
}

func kindOfPage(page *Outcome) string { return found(page, `data-page="([\w-]+)"`) }
func numberOn(page *Outcome) string   { return found(page, `<output id="wx-number">(\d{4})</output>`) }

// wrongNumber is one that a page does not show.
func wrongNumber(page *Outcome) string {
	if numberOn(page) == "0000" {
		return "0001"
	}
	return "0000"
}

// is fails with the rule unless the page is of a kind.
func (r *rig) isPage(rule string, page *Outcome, kind string) {
	r.t.Helper()
	if got := kindOfPage(page); got != kind {
		r.t.Errorf("rule: %s: want page %s, got %d %q: %s", rule, kind, page.Status, got, page.Body)
	}
}

// allows goes from a waiting page to the digits on the phone.
func (b *browser) allows(a *Auth, code string) (digits *Outcome) {
	b.rig.t.Helper()
	asked := b.opens(a, code)
	b.rig.isPage("a phone asks its person", asked, "phone-allow")
	digits = b.posts(a, asked, nil, "answer", "allow")
	if numberOn(digits) == "" {
		b.rig.t.Fatalf("rule: after an allow the phone shows digits: %d %s", digits.Status, digits.Body)
	}
	return digits
}

// screenLogin logs a desk in as a phone's person, with digits unless the device is known.
func (r *rig) screenLogin(desk, phone *browser, g *Gate, target string) {
	r.t.Helper()
	digits := phone.allows(r.auth, desk.code(desk.get(g, target)))
	form := desk.get(g, target)
	if form.Status == http.StatusSeeOther {
		return
	}
	r.isPage("the screen asks for the digits", form, "screen-number")
	if to := desk.arrives(desk.posts(r.auth, form, nil, "number", numberOn(digits))); to != target {
		r.t.Fatalf("rule: a screen ends on the page that was asked for: %q", to)
	}
}

func (b *browser) has(cookie string) bool {
	_, has := b.cookies["__Host-"+cookie]
	return has
}

func (b *browser) deviceCookie() string {
	return proof.DeviceCookieName(web.AccountTag(testAppID, ""))
}
