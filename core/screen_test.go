package core

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/session"
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
