package wxsim

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestConsentPage(t *testing.T) {
	g := newRig(t)
	r := httptest.NewRequest("GET", linkFor(callback, scopeUserInfo, "s1"), nil)
	r.AddCookie(&http.Cookie{Name: personCookie, Value: "lin"})
	w := g.do(r)
	page := w.Body.String()
	for rule, want := range map[string]string{
		"the form has a name for browser tests": `id="consent"`,
		"there is a button to allow":            `id="allow"`,
		"there is a button to refuse":           `id="refuse"`,
		"it says that it is a simulator":        "模拟器，不是微信 · simulator, not WeChat",
		"it names the account":                  app,
		"the browser's person is chosen":        `value="lin" id="person-lin" checked`,
		"emoji nicknames are shown":             "小美🌸",
		"Chinese comes first":                   `lang="zh-CN"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("rule: %s; no %q on the page", rule, want)
		}
	}
	if n := strings.Count(page, `type="radio" name="person"`); n != len(DefaultPeople()) || n < 4 {
		t.Errorf("rule: every person can be chosen; got %d radio buttons for %d people", n, len(DefaultPeople()))
	}
	if m := regexp.MustCompile(`(?:src|href|action)="(https?:)?//[^"]*"`).FindString(page); m != "" {
		t.Errorf("rule: pages use nothing from outside; found %s", m)
	}
	h := w.Header()
	if h.Get("Referrer-Policy") != "same-origin" || h.Get("Cache-Control") != "no-store" ||
		!strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("rule: pages leak no referrer, are not stored and not framed; got %v", h)
	}
}

func TestPageStyleIsTheOneThePolicyAllows(t *testing.T) {
	g := newRig(t)
	page := g.get("/").Body.String()
	if !strings.Contains(page, "<style>"+string(g.pages.style)+"</style>") {
		t.Error("rule: the style sheet is on the page byte for byte, or its hash would not fit")
	}
}

func TestPageLanguage(t *testing.T) {
	for rule, tc := range map[string]struct{ header, want string }{
		"Chinese without a header":         {"", "zh"},
		"Chinese when asked for":           {"zh-CN,zh;q=0.9,en;q=0.8", "zh"},
		"English when asked for":           {"en-US,en;q=0.9", "en"},
		"English when it is preferred":     {"fr, en;q=0.8, zh;q=0.3", "en"},
		"Chinese when both are alike":      {"en,zh", "zh"},
		"Chinese for any other language":   {"fr,de;q=0.5", "zh"},
		"a refused language is not chosen": {"en;q=0", "zh"},
	} {
		if got := language(tc.header); got != tc.want {
			t.Errorf("rule: %s; %q gives %s, want %s", rule, tc.header, got, tc.want)
		}
	}
	r := httptest.NewRequest("GET", linkFor(callback, scopeUserInfo, "s1"), nil)
	r.Header.Set("Accept-Language", "en")
	if page := newRig(t).do(r).Body.String(); !strings.Contains(page, ">Allow</button>") || strings.Contains(page, "允许") {
		t.Error("rule: an English page is English")
	}
}

func TestAllow(t *testing.T) {
	g := newRig(t)
	w := g.post(PathAuthorizeReply, "allow=1&person=jun&uuid="+g.open())
	m := regexp.MustCompile(`^https://app\.example\.com/cb\?code=([0-9A-Za-z]{32})&state=s1$`).FindStringSubmatch(w.Header().Get("Location"))
	if w.Code != http.StatusFound || m == nil {
		t.Fatalf("rule: Allow redirects 302 with code and state; got %d %q", w.Code, w.Header().Get("Location"))
	}
	if got := g.api(tokenURL(m[1])); got.OpenID != g.OpenID(app, "jun") || got.Scope != scopeUserInfo {
		t.Errorf("rule: the code is the chosen person's; got %+v", got)
	}
	c := w.Result().Cookies()
	if len(c) != 1 || c[0].Name != personCookie || c[0].Value != "jun" || !c[0].HttpOnly || c[0].SameSite != http.SameSiteLaxMode {
		t.Errorf("rule: Allow remembers the person in a cookie, HttpOnly and Lax; got %v", c)
	}
}

func TestRefusal(t *testing.T) {
	for rule, tc := range map[string]struct {
		shape  Refusal
		button string
		want   string // Location, "" for none
	}{
		"by default nothing comes back":                     {RefuseSilently, "default", ""},
		"RefuseStateOnly comes back without code":           {RefuseStateOnly, "default", callback + "?state=s1"},
		"RefuseAuthdeny comes back with that for a code":    {RefuseAuthdeny, "default", callback + "?code=authdeny&state=s1"},
		"the page's silent button wins over the default":    {RefuseAuthdeny, "silent", ""},
		"the page's state button wins over the default":     {RefuseSilently, "state", callback + "?state=s1"},
		"the page's authdeny button wins over the default":  {RefuseSilently, "authdeny", callback + "?code=authdeny&state=s1"},
		"an answer with no button at all is a refusal also": {RefuseSilently, "", ""},
	} {
		g := newRig(t, func(c *Config) { c.Refusal = tc.shape })
		uuid := g.open()
		w := g.post(PathAuthorizeReply, "person=mei&uuid="+uuid+"&refuse="+tc.button)
		if got := w.Header().Get("Location"); got != tc.want {
			t.Errorf("rule: %s; got Location %q, want %q", rule, got, tc.want)
		}
		if tc.want == "" && (w.Code != 200 || !strings.Contains(w.Body.String(), `id="closed"`)) {
			t.Errorf("rule: %s; a silent refusal ends on a page, got %d", rule, w.Code)
		}
		if again := g.post(PathAuthorizeReply, "person=mei&allow=1&uuid="+uuid); again.Header().Get("X-Wxsim-Error") != "uuid" {
			t.Errorf("rule: a refused request cannot be allowed afterwards; %s", rule)
		}
	}
}

func TestPendingRequest(t *testing.T) {
	for rule, tc := range map[string]struct {
		before func(*rig, string)
		form   string // %s is the uuid
		want   string // X-Wxsim-Error
	}{
		"is answered":                {nil, "allow=1&person=mei&uuid=%s", ""},
		"is answered once":           {func(g *rig, u string) { g.post(PathAuthorizeReply, "allow=1&person=mei&uuid="+u) }, "allow=1&person=mei&uuid=%s", "uuid"},
		"lives just under 10 min":    {func(g *rig, _ string) { g.clock.advance(10*time.Minute - 1) }, "allow=1&person=mei&uuid=%s", ""},
		"dies at 10 minutes":         {func(g *rig, _ string) { g.clock.advance(10 * time.Minute) }, "allow=1&person=mei&uuid=%s", "uuid"},
		"must be known":              {nil, "allow=1&person=mei&uuid=x%s", "uuid"},
		"needs a known person":       {nil, "allow=1&person=nobody&uuid=%s", "person"},
		"needs a person":             {nil, "allow=1&uuid=%s", "person"},
		"makes room when too many":   {func(g *rig, _ string) { openMany(g, maxPending) }, "allow=1&person=mei&uuid=%s", "uuid"},
		"stays while there are less": {func(g *rig, _ string) { openMany(g, maxPending-1) }, "allow=1&person=mei&uuid=%s", ""},
	} {
		g := newRig(t)
		uuid := g.open()
		if tc.before != nil {
			tc.before(g, uuid)
		}
		w := g.post(PathAuthorizeReply, fmt.Sprintf(tc.form, uuid))
		if got := w.Header().Get("X-Wxsim-Error"); got != tc.want || (w.Code == http.StatusFound) != (tc.want == "") {
			t.Errorf("rule: a pending request %s; got %d, error %q, want %q", rule, w.Code, got, tc.want)
		}
	}
}

func openMany(g *rig, n int) {
	for range n {
		g.consent(httptest.NewRequest("GET", "/", nil), request{redirect: callback})
	}
}

func TestFormAnswersOnlyPost(t *testing.T) {
	g := newRig(t)
	if w := g.get(PathAuthorizeReply + "?allow=1&person=mei&uuid=" + g.open()); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
		t.Errorf("rule: a consent is given by POST only; got %d", w.Code)
	}
	if w := g.post(PathAuthorizeReply+"?uuid="+g.open(), "allow=1&person=mei"); w.Header().Get("X-Wxsim-Error") != "uuid" {
		t.Errorf("rule: a consent is in the form, not in the address; got %d", w.Code)
	}
}
