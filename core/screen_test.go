package core

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/web"
)

func TestAScreenLogsInThroughAPhone(t *testing.T) {
	r := newScreenRig(t)
	g := r.gate(ModeRequire)
	desk, phone := r.desk(), r.phone("mei")
	waiting := desk.get(g, "/me?x=1&y=%2F")
	code := desk.code(waiting)
	if again := desk.code(desk.get(g, "/me?x=1&y=%2F")); again != code {
		t.Errorf("rule: a reload shows the same code: %q and %q", code, again)
	}
	asked := phone.opens(r.auth, code)
	r.isPage("a phone that is logged in is asked", asked, "phone-allow")
	for _, want := range []string{"江南春茶", "app.example.com", "Windows · Chrome", `name="answer" value="allow"`, `name="answer" value="deny"`} {
		if !strings.Contains(string(asked.Body), want) {
			t.Errorf("rule: the phone's person reads who asks: %q is missing", want)
		}
	}
	r.isPage("the screen says that a phone has scanned it", desk.get(g, "/me?x=1&y=%2F"), "screen-scanned")
	digits := phone.posts(r.auth, asked, nil, "answer", "allow")
	if numberOn(digits) == "" || digits.Status != http.StatusOK {
		t.Fatalf("rule: after an allow the phone shows digits: %d %s", digits.Status, digits.Body)
	}
	if again := phone.posts(r.auth, asked, nil, "answer", "allow"); numberOn(again) != numberOn(digits) {
		t.Error("rule: a form that is sent twice shows the same digits")
	}
	if again := phone.opens(r.auth, code); numberOn(again) != numberOn(digits) {
		t.Error("rule: the same phone reads the digits again")
	}
	form := desk.get(g, "/me?x=1&y=%2F")
	r.isPage("the screen asks for the digits", form, "screen-number")
	before := desk.cookies["__Host-"+r.auth.binding]
	end := desk.posts(r.auth, form, nil, "number", numberOn(digits))
	if to := desk.arrives(end); to != "/me?x=1&y=%2F" {
		t.Errorf("rule: a screen ends on the page that was asked for, byte for byte: %q", to)
	}
	if after := desk.cookies["__Host-"+r.auth.binding]; after == before || after == "" {
		t.Error("rule: what the screen proves itself with is renewed")
	}
	u := desk.user(g, "/me?x=1&y=%2F")
	if u == nil || u.OpenID != r.sim.OpenID(testAppID, "mei") || !u.Screen || u.Scope != Silent {
		t.Errorf("rule: the screen is the person who allowed it: %+v", u)
	}
	if mine := phone.user(g, "/me"); mine == nil || mine.Screen {
		t.Errorf("rule: the phone's session stays the phone's: %+v", mine)
	}
	if strings.Count(r.log.String(), "level=WARN") > 1 || strings.Contains(r.log.String(), "level=ERROR") { // one about the simulator
		t.Errorf("rule: an ordinary login logs nothing: %s", r.log)
	}
}

func TestAKnownDeviceNeedsNoDigits(t *testing.T) {
	r := newScreenRig(t)
	g, out := r.gate(ModeRequire), r.gate(ModeLogout)
	desk, mei, jun := r.desk(), r.phone("mei"), r.phone("jun")
	r.screenLogin(desk, mei, g, "/me")
	forget := func() { // the session ends as sessions do
		for name := range desk.cookies {
			if strings.Contains(name, "session") {
				delete(desk.cookies, name)
			}
		}
	}
	forget()
	digits := mei.allows(r.auth, desk.code(desk.get(g, "/me")))
	if numberOn(digits) == "" {
		t.Error("rule: the phone always shows digits")
	}
	if to := desk.arrives(desk.get(g, "/me")); to != "/me" || desk.user(g, "/me") == nil {
		t.Errorf("rule: a device of this very person needs none: %q", to)
	}
	forget()
	r.advance(90*24*time.Hour + time.Second)
	mei.allows(r.auth, desk.code(desk.get(g, "/me")))
	r.isPage("after 90 days the digits are asked for again", desk.get(g, "/me"), "screen-number")

	desk = r.desk()
	r.screenLogin(desk, mei, g, "/me")
	forget()
	r.screenLogin(desk, jun, g, "/me") // asks for digits: another person
	forget()
	mei.allows(r.auth, desk.code(desk.get(g, "/me")))
	r.isPage("a device is the last person's only", desk.get(g, "/me"), "screen-number")

	desk = r.desk()
	r.screenLogin(desk, mei, g, "/me")
	if !desk.has(desk.deviceCookie()) {
		t.Fatal("the device is known")
	}
	desk.send(out, "POST", "/logout", nil)
	if desk.has(desk.deviceCookie()) {
		t.Error("rule: a logout forgets the device")
	}
	mei.allows(r.auth, desk.code(desk.get(g, "/me")))
	r.isPage("after a logout the digits are asked for", desk.get(g, "/me"), "screen-number")
}

func TestAScreensSessionLivesSevenDays(t *testing.T) {
	r := newScreenRig(t)
	g := r.gate(ModeRequire)
	desk := r.desk()
	phone := r.phone("mei")
	form := desk.code(desk.get(g, "/me"))
	digits := phone.allows(r.auth, form)
	end := desk.posts(r.auth, desk.get(g, "/me"), nil, "number", numberOn(digits))
	session := slices.IndexFunc(end.Header.Values("Set-Cookie"), func(line string) bool { return strings.Contains(line, "wechat_session") })
	if session < 0 {
		t.Fatal("no session cookie")
	}
	cookie, _ := http.ParseSetCookie(end.Header.Values("Set-Cookie")[session])
	if cookie.MaxAge > 7*24*3600 || cookie.MaxAge < 7*24*3600-60 || !cookie.Secure || !cookie.HttpOnly {
		t.Errorf("rule: 7 days: %+v", cookie)
	}
	size := 0
	for name, value := range desk.cookies {
		size += len(name) + len(value)
	}
	if size > 1600 {
		t.Errorf("rule: all cookies together stay under 1,600 bytes: %d", size)
	}
}

func TestAPromptedPageAsksThePhoneForTheProfile(t *testing.T) {
	r := newScreenRig(t)
	me, profile := r.gate(ModeRequire), r.gate(ModeRequire, Prompt)
	desk, phone := r.desk(), r.phone("mei")
	r.screenLogin(desk, phone, me, "/me")
	r.screenLogin(desk, phone, profile, "/profile")
	u := desk.user(profile, "/profile")
	if u == nil || u.Nickname == "" || !u.Screen {
		t.Errorf("rule: the code of a prompted page brings the profile: %+v", u)
	}
	// Later, the phone's session is too old: it is confirmed silently, and keeps the profile.
	r.advance(time.Hour)
	other := r.desk()
	asked := other.code(other.get(profile, "/profile"))
	start := phone.atScreens(r.auth, "GET", asked, "", nil)
	if scope := phone.authorize(start).Get("scope"); scope != string(Silent) {
		t.Errorf("rule: a phone that has consented is asked for no second consent: %s", scope)
	}
	r.screenLogin(other, phone, profile, "/profile")
	if u := other.user(profile, "/profile"); u == nil || u.Nickname == "" {
		t.Errorf("rule: its profile stays: %+v", u)
	}
	if u := phone.user(profile, "/profile"); u == nil || u.Nickname == "" {
		t.Errorf("rule: on the phone as well: %+v", u)
	}
}

func TestOnLoginIsAskedAboutScreens(t *testing.T) {
	var told []User
	var refuse error
	hooked := newScreenRig(t, func(c *Config) {
		c.OnLogin = func(_ context.Context, u *User) error {
			told = append(told, *u)
			if u.Screen {
				u.AppUserID = "own-screen"
				return refuse
			}
			return nil
		}
	})
	g := hooked.gate(ModeRequire)
	desk, phone := hooked.desk(), hooked.phone("mei")
	hooked.screenLogin(desk, phone, g, "/me")
	if len(told) != 2 || told[0].Screen || !told[1].Screen || told[1].OpenID != told[0].OpenID {
		t.Errorf("rule: OnLogin hears of the phone and of the screen, once each: %+v", told)
	}
	if u := desk.user(g, "/me"); u == nil || u.AppUserID != "own-screen" {
		t.Errorf("rule: what it sets is kept in the screen's session: %+v", u)
	}
	refuse = Refuse("停用")
	other := hooked.desk()
	digits := phone.allows(hooked.auth, other.code(other.get(g, "/me")))
	denied := other.posts(hooked.auth, other.get(g, "/me"), nil, "number", numberOn(digits))
	hooked.isPage("a screen that the app refuses is told so", denied, "denied")
	if !strings.Contains(string(denied.Body), "停用") || other.user(g, "/me") != nil {
		t.Error("rule: and is not logged in")
	}
}

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

func TestARefusalOnThePhone(t *testing.T) {
	r := newScreenRig(t)
	g := r.gate(ModeRequire)
	desk, phone := r.desk(), r.phone("mei")
	code := desk.code(desk.get(g, "/me"))
	asked := phone.opens(r.auth, code)
	r.isPage("the phone says that nothing was logged in", phone.posts(r.auth, asked, nil, "answer", "deny"), "phone-refused")
	r.isPage("the screen says so, too", desk.get(g, "/me"), "screen-refused")
	if again := desk.code(desk.get(g, "/me")); again == code {
		t.Error("rule: after a refusal the screen shows another code")
	}
	r.isPage("a refusal stands", phone.posts(r.auth, asked, nil, "answer", "allow"), "phone-refused")
}

func TestScreenLoginIsSetUpCompletely(t *testing.T) {
	for rule, c := range map[string]struct {
		change func(*Config)
		fault  string
	}{
		"plain http beyond this machine":           {func(c *Config) { c.PublicURL = "http://app.example.com" }, "plain http"},
		"shared sessions without a shared cache":   {func(c *Config) { c.Sessions = manager(session.NewMemory()) }, "without Cache"},
		"a path with a query":                      {func(c *Config) { c.ScreenPath = "/x?y" }, "ScreenPath"},
		"a path of another site":                   {func(c *Config) { c.ScreenPath = "//evil.example" }, "ScreenPath"},
		"the front page":                           {func(c *Config) { c.ScreenPath = "/" }, "ScreenPath"},
		"this machine over http":                   {func(c *Config) { c.PublicURL = "http://localhost:8080" }, ""},
		"sessions in this process":                 {func(c *Config) { c.Sessions = scs.New() }, ""},
		"shared sessions and a shared cache":       {func(c *Config) { c.Sessions, c.Cache = manager(session.NewMemory()), session.NewMemory() }, ""},
		"https without anything else of the app's": {func(c *Config) {}, ""},
	} {
		config := Config{AppID: testAppID, AppSecret: testSecret, PublicURL: "https://app.example.com", ScreenLogin: true}
		c.change(&config)
		a, err := New(config)
		if err == nil {
			a.Close()
		}
		if c.fault == "" && err != nil || c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) {
			t.Errorf("rule: %s: %v", rule, err)
		}
	}
	r := newRig(t, func(c *Config) { c.ScreenLogin = true })
	out := r.desk().get(r.gate(ModeRequire), "/me")
	r.isPage("without Screens the visitor sees that something is wrong", out, "unavailable")
	if !strings.Contains(r.log.String(), "never called auth.Screens()") {
		t.Errorf("rule: and the operator reads what: %s", r.log)
	}
	off := newRig(t)
	if out := off.desk().atScreens(off.auth, "GET", "/wechat/screen?s=x", "", nil); out.Status != 404 {
		t.Errorf("rule: without ScreenLogin there is nothing: %d", out.Status)
	}
	off.isPage("without ScreenLogin a screen only opens the page on the phone", off.desk().get(off.gate(ModeRequire), "/me"), "outside")
	elsewhere := newRig(t, func(c *Config) { c.ScreenLogin, c.ScreenPath = true, "/here" })
	elsewhere.desk().atScreens(elsewhere.auth, "GET", "/wechat/screen?s=x", "", nil)
	if !strings.Contains(elsewhere.log.String(), "not mounted at Config.ScreenPath") {
		t.Errorf("rule: a handler at another path is logged: %s", elsewhere.log)
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
