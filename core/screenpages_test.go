package core

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/web"
)

func TestPagesOfScreenLoginHaveTheHeadersOfForms(t *testing.T) {
	r := newScreenRig(t)
	g := r.gate(ModeRequire)
	desk, phone := r.desk(), r.phone("mei")
	waiting := desk.get(g, "/me")
	asked := phone.opens(r.auth, desk.code(waiting))
	phone.posts(r.auth, asked, nil, "answer", "allow")
	form := desk.get(g, "/me")
	for name, page := range map[string]*Outcome{"the phone's form": asked, "the screen's form": form} {
		policy := page.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "form-action 'self'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "script-src") ||
			page.Header.Get("Referrer-Policy") != "same-origin" || page.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("rule: %s goes to this site, in no frame, and names its own page: %v", name, page.Header)
		}
	}
	policy := waiting.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "script-src 'sha256-") || !strings.Contains(policy, "connect-src 'self'") || !strings.Contains(policy, "form-action 'none'") {
		t.Errorf("rule: the waiting page may ask this site, and send nothing: %s", policy)
	}
}

func TestWhatTheWaitingPagesScriptHears(t *testing.T) {
	r := newScreenRig(t)
	g := r.gate(ModeRequire)
	desk, phone := r.desk(), r.phone("mei")
	waiting := desk.get(g, "/me")
	code := desk.code(waiting)
	poll := strings.TrimPrefix(found(waiting, `data-poll="([^"]*)"`), "https://app.example.com")
	script := with("Accept", "*/*", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Site", "same-origin")
	hears := func(want string) {
		t.Helper()
		if out := desk.atScreens(r.auth, "GET", poll, "", script); string(out.Body) != `{"state":"`+want+`"}` || out.Status != 200 || len(out.Header.Values("Set-Cookie")) != 0 {
			t.Errorf("rule: the script hears one word: want %s: %d %s", want, out.Status, out.Body)
		}
	}
	hears("waiting")
	if out := phone.atScreens(r.auth, "GET", poll, "", script); out.Status != 403 || strings.Contains(string(out.Body), "waiting") {
		t.Errorf("rule: another browser hears nothing: %d %s", out.Status, out.Body)
	}
	asked := phone.opens(r.auth, code)
	hears("scanned")
	phone.posts(r.auth, asked, nil, "answer", "allow")
	hears("answered")
}

func TestAWaitingPageWaitsForFiveMinutes(t *testing.T) {
	r := newScreenRig(t)
	g := r.gate(ModeRequire)
	desk := r.desk()
	first := desk.code(desk.get(g, "/me"))
	codes := map[string]bool{first: true}
	waited := time.Duration(0)
	for {
		r.advance(5 * time.Second) // as the page does without a script
		waited += 5 * time.Second
		page := desk.get(g, "/me")
		if kindOfPage(page) == "screen-expired" {
			break
		}
		codes[desk.code(page)] = true
	}
	if waited < 5*time.Minute || waited > 5*time.Minute+90*time.Second || len(codes) != 4 {
		t.Errorf("rule: a page that nobody answers shows codes for 5 minutes: %v, %d codes", waited, len(codes))
	}
	if again := desk.code(desk.get(g, "/me")); codes[again] {
		t.Error("rule: who asks for a new code gets one")
	}
}

func TestOnlyScreensWait(t *testing.T) {
	r := newScreenRig(t)
	g := r.gate(ModeRequire)
	phone := r.browser()
	phone.ua = outOnPhone
	r.isPage("a phone outside WeChat opens the address in WeChat", phone.get(g, "/me"), "outside")
	if out := r.browser().get(g, "/me"); out.Status != 302 {
		t.Errorf("rule: inside WeChat nothing changes: %d", out.Status)
	}
	desk := r.desk()
	for rule, h := range map[string]http.Header{
		"a script":   with("Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"),
		"a prefetch": with("Sec-Purpose", "prefetch"),
	} {
		if out := desk.send(g, "GET", "/me", h); out.Status != 401 {
			t.Errorf("rule: %s gets its 401: %d", rule, out.Status)
		}
	}
	plain := newRig(t, func(c *Config) { c.ScreenLogin, c.PublicURL = true, "" })
	plain.auth.Screens()
	unsafe := plain.desk()
	unsafe.https = false
	plain.isPage("over plain http no screen logs in", unsafe.get(plain.gate(ModeRequire), "/me"), "outside")
	if !strings.Contains(plain.log.String(), "no screen login over plain http") {
		t.Errorf("rule: and the operator reads why: %s", plain.log)
	}
}

func TestALoginPageAtAScreen(t *testing.T) {
	r := newScreenRig(t)
	login, me := r.gate(ModeLogin), r.gate(ModeRequire)
	desk := r.desk()
	r.screenLogin(desk, r.phone("mei"), login, "/login?to=%2Fcart%3Fa%3D1")
	if to := desk.arrives(desk.get(login, "/login?to=%2Fcart%3Fa%3D1")); to != "/cart?a=1" || desk.user(me, "/cart") == nil {
		t.Errorf("rule: Login goes on to its own page: %q", to)
	}
}

func TestEveryDeviceHasAName(t *testing.T) {
	for browser := range web.Browser(8) {
		for system := range web.System(8) {
			name := deviceName(proof.Screen{Browser: browser, System: system})
			if strings.HasPrefix(name, " ") || strings.HasSuffix(name, " ") {
				t.Errorf("rule: a family that is not known is left out: %q", name)
			}
		}
	}
	if name := deviceName(proof.Screen{Browser: web.Edge, System: web.MacOS}); name != "macOS · Edge" {
		t.Errorf("rule: a device is named by system and browser: %q", name)
	}
}

func TestAPageOffersBothWays(t *testing.T) {
	r := newScreenRig(t, withWebsite)
	g := r.gate(ModeRequire)
	desk := r.desk()
	waiting := desk.get(g, "/me?a=1&b=%2F+c")
	link := strings.TrimPrefix(found(waiting, `id="website" href="([^"]*)"`), "https://app.example.com")
	start := desk.atScreens(r.auth, "GET", link, "", nil)
	if to := start.Header.Get("Location"); start.Status != 302 || !strings.HasPrefix(to, r.open+"/connect/qrconnect?") {
		t.Fatalf("rule: the other way leads to WeChat's own page: %d %q", start.Status, to)
	}
	if to := desk.arrives(desk.get(g, desk.consent(start))); to != "/me?a=1&b=%2F+c" {
		t.Errorf("rule: and back to the page that was asked for: %q", to)
	}
	if u := desk.user(g, "/me"); u == nil || u.AppID != testWebsiteID || u.Screen {
		t.Errorf("rule: as the website application's user: %+v", u)
	}
	r.screenLogin(r.desk(), r.phone("mei"), g, "/me")
	for _, header := range []http.Header{with("Sec-Purpose", "prefetch"), with("Sec-Fetch-Dest", "iframe", "Sec-Fetch-Mode", "navigate")} {
		if out := r.desk().atScreens(r.auth, "GET", link, "", header); out.Status != 403 {
			t.Errorf("rule: only a window goes there: %d", out.Status)
		}
	}
	if out := r.desk().atScreens(r.auth, "GET", "/wechat/screen?to=https%3A%2F%2Fevil.example%2F", "", nil); out.Status != 302 || strings.Contains(out.Header.Get("Location"), "evil") {
		t.Errorf("rule: it comes back to this site alone: %d %q", out.Status, out.Header.Get("Location"))
	}
	only := newScreenRig(t)
	only.isPage("without a website application there is no other way", only.desk().atScreens(only.auth, "GET", link, "", nil), "phone-expired")
}
