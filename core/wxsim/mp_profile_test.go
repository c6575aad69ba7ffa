package wxsim

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// walker is a browser at a simulator that listens.
type walker struct {
	t    *testing.T
	http *http.Client
	base string
	page string
}

func newWalker(t *testing.T, g *rig) *walker {
	t.Helper()
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	jar, _ := cookiejar.New(nil)
	return &walker{t: t, http: &http.Client{Jar: jar}, base: server.URL}
}

func (w *walker) open(path, referer string) {
	w.t.Helper()
	r, _ := http.NewRequest("GET", w.base+path, nil)
	r.Header.Set("Referer", referer)
	w.send(r)
}

// press sends the page's form with one of its buttons.
func (w *walker) pressButton(button string) {
	w.t.Helper()
	m := regexp.MustCompile(`(?s)<form class="card" id="profile" method="post" action="([^"]+)".*name="uuid" value="(\w{16})".*id="` + button + `" name="do" value="(\w+)"`).FindStringSubmatch(w.page)
	if m == nil {
		w.t.Fatalf("the page has a button %s; got\n%s", button, w.page)
	}
	w.form(m[1], url.Values{"uuid": {m[2]}, "do": {m[3]}})
}

func (w *walker) form(path string, values url.Values) {
	w.t.Helper()
	r, _ := http.NewRequest("POST", w.base+path, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w.send(r)
}

func (w *walker) send(r *http.Request) {
	w.t.Helper()
	r.Header.Set("User-Agent", wechatUA)
	r.Header.Set("Accept-Language", "en")
	res, err := w.http.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, _ := io.ReadAll(res.Body)
	w.page = string(raw)
}

func (w *walker) says(rule string, want ...string) {
	w.t.Helper()
	for _, s := range want {
		if !strings.Contains(w.page, s) {
			w.t.Errorf("rule: %s; no %q in\n%s", rule, s, w.page)
		}
	}
}

func TestFollowOnTheAccountsPage(t *testing.T) {
	g, v := pushRig(t, demoKey, func(c *Config) { c.Accounts[0].Name = "社区图书馆" })
	w := newWalker(t, g)
	w.form("/", url.Values{"person": {"jun"}})
	w.says("home tells that nobody follows, and leads to the account's page", `Followers: none`,
		`<a href="/mp/profile_ext?action=home&amp;__biz=`+app+`">社区图书馆</a>`)
	w.open(ProfilePath(app), "https://app.example.com/members?page=2")
	w.says("the page names account and person and how they stand", "<strong>社区图书馆</strong>", app, "<b>Jun</b>", "does not follow this account",
		`<a class="go" id="back" href="https://app.example.com/members?page=2">`, "Simulator, not WeChat")
	w.pressButton("follow")
	w.says("after following it says so, tells of the push and leads back", "Followed.", "The application has been told.", "follows this account",
		`id="back" href="https://app.example.com/members?page=2"`)
	if d := v.one(); !strings.Contains(d.plain, "[subscribe]") || d.query.Get("openid") != g.OpenID(app, "jun") {
		t.Errorf("rule: the button pushes subscribe for the browser's person; got %s", d.plain)
	}
	raw := g.get(PathFollower + "?access_token=" + g.coreText() + "&openid=" + g.OpenID(app, "jun")).Body.String()
	if !strings.Contains(raw, `"subscribe_scene":"ADD_SCENE_PROFILE_LINK"`) {
		t.Errorf("rule: user/info knows it was the page; got %s", raw)
	}
	w.pressButton("unfollow")
	w.says("after stopping it says so", "Unfollowed.", "The application has been told.", "does not follow this account")
	if g.Following(app, "jun") || !strings.Contains(v.all()[1].plain, "[unsubscribe]") {
		t.Error("rule: the button pushes unsubscribe")
	}

	v.answer = func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }
	w.pressButton("follow")
	w.says("a push that fails is told", "Followed.", "The application was not reached.", "tries 3: the answer has status 500")
	g.SetPush(app, "", "", "")
	w.pressButton("unfollow")
	w.says("no push address is told", "Unfollowed.", "There is no push address")
	g.Follow(context.Background(), app, "jun")
	w.pressButton("follow")
	w.says("a button that comes too late changes nothing", "Nothing has changed.", "jun follows "+app+" already")
	w.open("/", "")
	w.says("home tells who follows", "Followers: Jun", `Follower · jun`, `Not a follower · mei`, ">push=subscribe<", ">tries=3<", ">too late<", ">no push address<", ">not delivered<")
}

func TestWayBack(t *testing.T) {
	for rule, tc := range map[string]struct {
		referer string
		ok      bool
	}{
		"a page of the registered domain is":   {"https://app.example.com/a?b=c", true},
		"any port of it is":                    {"http://app.example.com:8080/", true},
		"another domain is not":                {"https://evil.example.net/", false},
		"a longer domain is not":               {"https://app.example.com.evil.net/", false},
		"another account's domain is not":      {"https://other.example.com/", false},
		"a script is not":                      {"javascript://app.example.com/%0aalert(1)", false},
		"one with a user is not":               {"https://x@app.example.com/", false},
		"none is not":                          {"", false},
		"what is no address is not":            {"%zz", false},
		"a page of the simulator's own is not": {"http://app.example.com:9/", false},
	} {
		r := httptest.NewRequest("GET", "http://app.example.com:9"+ProfilePath(app), nil)
		r.Header.Set("Referer", tc.referer)
		page := newRig(t).do(r).Body.String()
		if got := strings.Contains(page, `id="back"`); got != tc.ok || !tc.ok && !strings.Contains(page, "返回键") || strings.Contains(page, "javascript:") {
			t.Errorf("rule: the way back is a link when it is safe: %s; got link %v", rule, got)
		}
	}
}

func TestProfileIsRefused(t *testing.T) {
	uuidOf := func(g *rig) string {
		return regexp.MustCompile(`name="uuid" value="(\w{16})"`).FindStringSubmatch(g.get(ProfilePath(app)).Body.String())[1]
	}
	for rule, tc := range map[string]struct {
		ask  func(*rig) *httptest.ResponseRecorder
		want string
	}{
		"an unknown account":  {func(g *rig) *httptest.ResponseRecorder { return g.get(ProfilePath("wxunknown")) }, "appid"},
		"another action":      {func(g *rig) *httptest.ResponseRecorder { return g.get(PathProfile + "?__biz=" + app) }, "action"},
		"another browser":     {func(g *rig) *httptest.ResponseRecorder { return g.as("curl", ProfilePath(app)) }, "ua"},
		"a form without uuid": {func(g *rig) *httptest.ResponseRecorder { return g.post(PathProfile, "do=follow") }, "uuid"},
		"a form in the address": {func(g *rig) *httptest.ResponseRecorder {
			return g.post(PathProfile+"?do=follow&uuid="+uuidOf(g), "")
		}, "uuid"},
		"a form with another button": {func(g *rig) *httptest.ResponseRecorder {
			return g.post(PathProfile, "do=delete&uuid="+uuidOf(g))
		}, "action"},
		"a form that another site sent": {func(g *rig) *httptest.ResponseRecorder {
			r := httptest.NewRequest("POST", PathProfile, strings.NewReader("do=follow&uuid="+uuidOf(g)))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			return g.do(r)
		}, "cross-site"},
		"a form that waited ten minutes": {func(g *rig) *httptest.ResponseRecorder {
			uuid := uuidOf(g)
			g.clock.advance(10 * time.Minute)
			return g.post(PathProfile, "do=follow&uuid="+uuid)
		}, "uuid"},
		"a form for the second time": {func(g *rig) *httptest.ResponseRecorder {
			uuid := uuidOf(g)
			g.post(PathProfile, "do=follow&uuid="+uuid)
			g.SetFollowing(app, "mei", false)
			return g.post(PathProfile, "do=follow&uuid="+uuid)
		}, "uuid"},
	} {
		g := newRig(t)
		if w := tc.ask(g); w.Header().Get("X-Wxsim-Error") != tc.want || g.Following(app, "mei") {
			t.Errorf("rule: the account's page refuses %s; got %q, following %v", rule, w.Header().Get("X-Wxsim-Error"), g.Following(app, "mei"))
		}
	}
	if w := newRig(t).do(httptest.NewRequest("DELETE", PathProfile, nil)); w.Code != 405 {
		t.Errorf("rule: it has no other method; got %d", w.Code)
	}
}

// as asks with another User-Agent.
func (g *rig) as(ua, target string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", target, nil)
	r.Header.Set("User-Agent", ua)
	return g.do(r)
}

func TestPersonOfThePageStaysTheOneShown(t *testing.T) {
	g := newRig(t)
	w := newWalker(t, g)
	w.open(ProfilePath(app), "")
	shown := w.page
	w.form("/", url.Values{"person": {"jun"}})
	w.page = shown
	w.pressButton("follow")
	if !g.Following(app, "mei") || g.Following(app, "jun") {
		t.Error("rule: a button is of the person its page showed, whoever the browser is by then")
	}
}
