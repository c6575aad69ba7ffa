package wxsim

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestNewNamesEverythingWrong(t *testing.T) {
	_, err := New(Config{
		Accounts: []Account{{AppID: "a b", Secret: "", Domain: "http://x", OriginalID: "gh_<", PushURL: "/x", PushToken: "hush",
			Quotas: map[string]int{PathToken: -1, PathUserInfo: 1}}, {AppID: "wx1", Secret: "hush", Domain: "x:80"}, {AppID: "wx1", Secret: "hush", Domain: "x/y"}},
		People:  []Person{{ID: ""}, {ID: "a"}, {ID: "a", Avatar: "//evil/x"}, {ID: "b", Avatar: "ftp://x"}, {ID: "c", Avatar: "\x00"}},
		Refusal: 9,
	})
	if err == nil || !strings.HasPrefix(err.Error(), "wxsim: ") {
		t.Fatalf("rule: a wrong Config is an error that begins wxsim:; got %v", err)
	}
	for _, want := range []string{"Accounts[0].AppID", "Accounts[0].Secret", "Accounts[0].Domain", "Accounts[0].OriginalID", "Accounts[0].PushURL",
		`Accounts[0].Quotas: "/cgi-bin/token": -1`, `Accounts[0].Quotas: "/sns/userinfo": 1`, "Accounts[1].Domain", "Accounts[2].AppID wx1 is there twice",
		"Accounts[2].Domain", "People[0].ID", "People[2].ID a is there twice", "People[2].Avatar", "People[3].Avatar", "People[4].Avatar", "Refusal 9"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("rule: one error names everything wrong; no %q in %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "hush") {
		t.Errorf("rule: an error never shows a secret; got %v", err)
	}
	if _, err := New(Config{}); err == nil || !strings.Contains(err.Error(), "Accounts is empty") {
		t.Errorf("rule: at least one account is needed; got %v", err)
	}
	if _, err := New(Config{Accounts: []Account{{AppID: "wx1", Secret: "s", Domain: "localhost"}}, People: []Person{}}); err == nil {
		t.Error("rule: People empty but not nil is a mistake")
	}
}

func TestDomains(t *testing.T) {
	for domain, want := range map[string]bool{
		"localhost": true, "app.example.com": true, "127.0.0.1": true, "::1": true,
		"": false, "微信.com": false, "a@b": false, "[::1]": false, "x?y": false, "x#y": false, `x\y`: false, "x y": false,
	} {
		if got := isHost(domain); got != want {
			t.Errorf("rule: a domain is a bare host; %q got %v", domain, got)
		}
	}
	kelvin := Account{Domain: "k.example.com"}
	if redirectFits("https://\u212a.example.com/", kelvin, false) || !redirectFits("https://K.example.com/", kelvin, false) {
		t.Error("rule: case is that of ASCII only")
	}
	if !redirectFits("http://[::1]:80/", Account{Domain: "::1"}, false) || redirectFits("http://[::1]:80/", Account{Domain: "::1"}, true) ||
		!redirectFits("http://[::1]/", Account{Domain: "::1"}, true) {
		t.Error("rule: IPv6 hosts work")
	}
}

func TestDefaultPeople(t *testing.T) {
	var emoji, follows, bare, long bool
	for _, p := range DefaultPeople() {
		emoji = emoji || strings.Contains(p.Nickname, "🌸")
		follows = follows || p.Follows
		bare = bare || p.Avatar == ""
		long = long || len([]rune(p.Nickname)) > 12
	}
	if !emoji || follows || !bare || !long {
		t.Errorf("rule: the default people have the shapes that hurt, and follow nobody; got %+v", DefaultPeople())
	}
}

func TestCodeWantsKnownNames(t *testing.T) {
	g := newRig(t)
	for rule, args := range map[string][3]string{
		"account": {"x", "mei", scopeBase}, "person": {app, "x", scopeBase}, "scope": {app, "mei", "snsapi_login"},
	} {
		if code, err := g.Code(args[0], args[1], args[2]); err == nil || code != "" || !strings.HasPrefix(err.Error(), "wxsim:") {
			t.Errorf("rule: Code wants a known %s; got %q, %v", rule, code, err)
		}
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	g := newRig(t)
	for rule, tc := range map[string]struct {
		method, path string
		want         int
	}{
		"an unknown page is 404":    {"GET", "/connect/nothing", 404},
		"an avatar is 404, too":     {"GET", "/mmopen/vi_32/nobody/132", 404},
		"the link is opened by GET": {"POST", PathAuthorize, 405},
		"HEAD spends nothing":       {"HEAD", PathAuthorize, 405},
		"home has no other method":  {"DELETE", "/", 405},
	} {
		if w := g.do(httptest.NewRequest(tc.method, tc.path, nil)); w.Code != tc.want {
			t.Errorf("rule: %s; got %d, want %d", rule, w.Code, tc.want)
		}
	}
	for _, path := range []string{"/cgi-bin/nothing", PathUserInfo + "/", "/nothing", "/sns/"} {
		if got := g.api(path); got.code() != 40066 || !strings.HasPrefix(got.ErrMsg, "invalid url rid: ") {
			t.Errorf("rule: an unknown path of the API is 40066 as JSON; %s got %d %s", path, got.code(), got.ErrMsg)
		}
	}
	if w := g.get("/?" + strings.Repeat("a", maxQuery+1)); w.Code != 400 || !strings.Contains(w.Body.String(), "wxsim: the query has") {
		t.Errorf("rule: a huge query is 400 with a sentence; got %d", w.Code)
	}
	code := g.code("mei", scopeBase)
	if w := g.do(httptest.NewRequest("HEAD", tokenURL(code), nil)); !strings.Contains(w.Body.String(), "43001") {
		t.Errorf("rule: the API answers other methods with 43001; got %s", w.Body)
	}
	if got := g.api(tokenURL(code)); got.code() != 0 {
		t.Errorf("rule: a HEAD uses no code up; got %d", got.code())
	}
}

func TestCalls(t *testing.T) {
	g := newRig(t)
	g.login("mei", scopeBase)
	g.get("/cgi-bin/token")
	if g.Calls(PathAccessToken) != 1 || g.Calls("/cgi-bin/token") != 1 || g.Calls(PathUserInfo) != 0 {
		t.Error("rule: calls are counted by path, unknown ones too")
	}
	for i := range 2 * maxPaths {
		g.get(fmt.Sprintf("/p%d", i))
	}
	if len(g.calls) > maxPaths {
		t.Errorf("rule: counts are bounded; got %d paths", len(g.calls))
	}
	g.ResetCalls()
	if g.Calls(PathAccessToken) != 0 || strings.Contains(g.get("/").Body.String(), `<li class="row`) {
		t.Error("rule: ResetCalls forgets counts and timeline")
	}
}

func TestHomeChoosesThePerson(t *testing.T) {
	g := newRig(t)
	w := g.post("/", "person=jun")
	if c := w.Result().Cookies(); w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/?notice=") || len(c) != 1 || c[0].Value != "jun" {
		t.Errorf("rule: a POST chooses and goes back; got %d %v", w.Code, c)
	}
	if w := g.post("/", "person=nobody"); w.Header().Get("X-Wxsim-Error") != "person" || len(w.Result().Cookies()) != 0 {
		t.Errorf("rule: only known people are chosen; got %d", w.Code)
	}
	for site, ok := range map[string]bool{"": true, "none": true, "same-origin": true, "same-site": false, "cross-site": false} {
		r := httptest.NewRequest("POST", "/", strings.NewReader("person=jun"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", site)
		if w := g.do(r); (len(w.Result().Cookies()) == 1) != ok {
			t.Errorf("rule: other sites cannot choose; Sec-Fetch-Site %q got %d", site, w.Code)
		}
	}
}

func TestNothingSecretIsShown(t *testing.T) {
	var log bytes.Buffer
	g := newRig(t, func(c *Config) { c.Logger = slog.New(slog.NewJSONHandler(&log, nil)) })
	g.post(PathAuthorizeReply, "allow=1&person=mei&uuid="+g.open())
	code := g.code("mei", scopeUserInfo)
	b := g.api(tokenURL(code))
	g.api(userinfoURL(b))
	g.api(refreshURL(b))
	g.get(PathAccessToken + "?appid=" + secret + "&scope=" + secret + "&" + secret + "=1")
	g.get("/" + secret)
	page := g.get("/").Body.String()
	for _, hidden := range []string{secret, code, b.AccessToken, b.RefreshToken, b.OpenID} {
		if strings.Contains(page, hidden) || strings.Contains(log.String(), hidden) {
			t.Errorf("rule: neither page nor log shows secrets, codes, tokens or openids; %q is there", hidden)
		}
	}
	if !strings.Contains(page, "grant_type=authorization_code") || !strings.Contains(page, "secret=•••") || !strings.Contains(log.String(), PathUserInfo) {
		t.Errorf("rule: what is harmless is shown; page\n%s\nlog\n%s", page, log.String())
	}
	for range 2 * maxTimeline {
		g.get(PathAuth)
	}
	if n := strings.Count(g.get("/").Body.String(), `<li class="row`); n != maxTimeline {
		t.Errorf("rule: the timeline is bounded; got %d lines", n)
	}
}

func TestShelfIsBounded(t *testing.T) {
	now := time.Unix(0, 0)
	s := newBoundedMap[int](3)
	for i := range 10 {
		s.put(now, fmt.Sprint(i), i, now.Add(time.Minute))
	}
	if len(s.items) != 3 || len(s.queue) != 3 {
		t.Errorf("rule: the oldest falls off; got %d, queue %d", len(s.items), len(s.queue))
	}
	s.drop("8")
	s.extend("9", now.Add(time.Hour))
	s.extend("gone", now)
	s.put(now.Add(time.Minute), "x", 1, now.Add(time.Hour))
	if _, ok := s.get(now.Add(time.Minute), "9"); !ok || len(s.items) != 2 {
		t.Errorf("rule: what is past its time is dropped on insertion; got %v", s.items)
	}
}

func TestImportsNoSibling(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for _, dep := range strings.Fields(string(out)) {
		outside := strings.Contains(strings.SplitN(dep, "/", 2)[0], ".")
		if outside && !strings.HasSuffix(dep, "/core/wxsim") && !strings.Contains(dep, "/core/wxsim/internal/") && !strings.HasPrefix(dep, "rsc.io/qr") {
			t.Errorf("rule: beside the standard library the simulator imports what draws QR codes, or it would repeat the mistakes of what it tests; it imports %s", dep)
		}
	}
}
