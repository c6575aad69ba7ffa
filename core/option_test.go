package core

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/wxsim"
)

func TestAnAPINeverRedirectsAndShowsNoPage(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire, API())
	for rule, header := range map[string]http.Header{
		"a navigation":          with("Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Accept", "text/html"),
		"an old browser's page": with("Accept", "text/html"),
		"a page in a frame":     with("Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe", "Accept", "text/html"),
		"a fetch":               with("Sec-Fetch-Mode", "cors"),
		"a program":             with("Accept", "*/*"),
	} {
		out := b.send(g, "GET", "/api/me", header)
		if out.Status != 401 || out.Header.Get("Content-Type") != "application/problem+json" || out.Header.Get("Location") != "" {
			t.Errorf("rule: %s gets 401 with a problem document: %d %v", rule, out.Status, out.Header)
		}
		if strings.Contains(string(out.Body), "/api/me") {
			t.Errorf("rule: %s: login_url is a page and not the API's address: %s", rule, out.Body)
		}
	}
	out := b.send(g, "GET", "/api/me", with("Sec-Fetch-Mode", "cors", "Referer", "https://app.example.com/app?x=1"))
	if !strings.Contains(string(out.Body), `"login_url":"https://app.example.com/app?x=1"`) {
		t.Errorf("rule: login_url is the page that the script runs on: %s", out.Body)
	}
	b.login(r.gate(ModeRequire), "/")
	if b.user(g, "/api/me") == nil {
		t.Error("rule: with a login the request continues")
	}
	asked := r.gate(ModeRequire, API(), OnError(func(_ context.Context, _ *Request, err error) *Outcome {
		if errors.Is(err, ErrLoginRequired) {
			return &Outcome{Status: 401, Body: []byte(`{"code":1}`)}
		}
		return nil
	}))
	if out := r.browser().get(asked, "/api/me"); out.Status != 401 || string(out.Body) != `{"code":1}` {
		t.Errorf("rule: OnError is asked for an API's 401: %d %s", out.Status, out.Body)
	}
}

func TestAGroupAndARouteCostOneTripWithScopes(t *testing.T) {
	for name, outer := range map[string][]Option{
		"without Scopes": nil,
		"with Scopes": {Scopes(func(r *Request) Scope {
			if strings.HasPrefix(r.Target, "/profile") {
				return Prompt
			}
			return Silent
		})},
	} {
		r := newRig(t)
		b, group, route := r.browser(), r.gate(ModeRequire, outer...), r.gate(ModeRequire, Prompt)
		starts, end := b.throughBoth(group, route, "/profile", func() {})
		want := 2
		if outer != nil {
			want = 1
		}
		if starts != want || end.Status != 0 {
			t.Errorf("rule: a cold visitor of a route with Prompt in a silent group goes to WeChat %d times %s: %d, %d", want, name, starts, end.Status)
		}
		if u := r.browser(); outer != nil {
			if got := u.authorize(u.get(group, "/me")).Get("scope"); got != string(Silent) {
				t.Errorf("rule: other routes of the group stay silent: %s", got)
			}
		}
	}
}

func TestAScopesThatPanicsOrAnswersNonsenseLeavesTheGatesOwn(t *testing.T) {
	for rule, scopeOf := range map[string]func(*Request) Scope{
		"a panic":  func(*Request) Scope { panic("a secret of the app's") },
		"no scope": func(*Request) Scope { return "" },
		"another":  func(*Request) Scope { return "snsapi_privateinfo" },
	} {
		r := newRig(t)
		b := r.browser()
		if got := b.authorize(b.get(r.gate(ModeRequire, Scopes(scopeOf)), "/me")).Get("scope"); got != string(Silent) {
			t.Errorf("rule: after %s the gate's own scope counts: %s", rule, got)
		}
		if strings.Contains(r.log.String(), "a secret") {
			t.Errorf("rule: %s: nothing of a panic's value is logged", rule)
		}
	}
}

func TestMaxAgeAsksAnewForAnOldLogin(t *testing.T) {
	r := newRig(t)
	b, fresh := r.browser(), r.gate(ModeRequire, MaxAge(10*time.Minute))
	b.login(fresh, "/pay")
	r.advance(10*time.Minute - 2*time.Second)
	if b.user(fresh, "/pay") == nil {
		t.Error("rule: a young login counts")
	}
	r.advance(2 * time.Second)
	if b.user(r.gate(ModeRequire), "/") == nil {
		t.Error("rule: on other routes the login counts as long as the session lives")
	}
	if out := b.get(r.gate(ModeOptional, MaxAge(10*time.Minute)), "/"); out.Status != 0 || MustFromContext(out.Context) != nil {
		t.Errorf("rule: on Optional an old login is anonymous: %d", out.Status)
	}
	b.person = wxsim.DefaultPeople()[1].ID // the phone's WeChat changed hands
	if got := b.login(fresh, "/pay"); got != "/pay" {
		t.Fatalf("rule: an old login is made anew: %s", got)
	}
	if u := b.user(fresh, "/pay"); u == nil || u.OpenID != r.sim.OpenID(testAppID, b.person) {
		t.Errorf("rule: the person of the phone's present WeChat is logged in: %v", u)
	}
}

func TestALoginLinkWithMaxAgeZeroAlwaysLogsInAnew(t *testing.T) {
	r := newRig(t)
	b, link := r.browser(), r.gate(ModeLogin, MaxAge(0))
	for range 2 {
		if got := b.login(link, "/login?to=/me"); got != "/me" {
			t.Errorf("rule: every visit of the link goes to WeChat and ends on its page: %s", got)
		}
	}
	if n := r.exchanges(); n != 2 {
		t.Errorf("rule: each visit is a login: %d", n)
	}
}

func TestTheAppMayRefuseAPerson(t *testing.T) {
	banned := true
	logins := 0
	r := newRig(t, func(c *Config) {
		c.OnLogin = func(context.Context, *User) error {
			if logins++; banned {
				return fmt.Errorf("members: %w", Refuse(`<b>你的账号已停用</b>`))
			}
			return nil
		}
	})
	b, g := r.browser(), r.gate(ModeRequire)
	out := b.get(g, b.consent(b.get(g, "/me")))
	if out.Status != 403 || !errors.Is(out.Err, ErrDenied) || logins != 1 {
		t.Fatalf("rule: a refusal is a page of its own, and OnLogin is not called again: %d %v %d", out.Status, out.Err, logins)
	}
	if body := string(out.Body); !strings.Contains(body, "你的账号已停用") || strings.Contains(body, "<b>你的") || strings.Contains(body, `id="retry"`) {
		t.Errorf("rule: the visitor reads the app's text, escaped, and no button to try again: %s", body)
	}
	if strings.Contains(r.log.String(), "停用") {
		t.Error("rule: the text is the visitor's and is not logged")
	}
	if b.user(g, "/me") != nil {
		t.Error("rule: a refused person has no session")
	}
	banned = false
	if b.login(g, "/me") != "/me" {
		t.Error("rule: a person who is welcome again logs in")
	}
}

func TestAScriptReadsTheRefusalAsItWasWritten(t *testing.T) {
	const text = `账号"已停用" & <b>`
	r := newRig(t)
	b := r.browser()
	b.login(r.gate(ModeRequire), "/me")
	g := r.gate(ModeRequire, LoadUser(func(context.Context, *User) (string, error) { return "", Refuse(text) }))
	out := b.send(g, "GET", "/api", scripts())
	var problem struct{ Detail string }
	if err := json.Unmarshal(out.Body, &problem); err != nil || out.Status != 403 || problem.Detail != text {
		t.Errorf("rule: a problem document holds the app's text, without HTML's escapes: %d %v %s", out.Status, err, out.Body)
	}
	if body := string(b.get(g, "/me").Body); !strings.Contains(body, `id="home" href="https://app.example.com/"`) {
		t.Errorf("rule: the page leads home: %s", body)
	}
}

func TestAMemberWhoIsGoneLogsInAgain(t *testing.T) {
	members := map[string]bool{}
	r := newRig(t, func(c *Config) {
		c.OnLogin = func(_ context.Context, u *User) error { members[u.OpenID] = true; return nil }
	})
	load := LoadUser(func(_ context.Context, u *User) (string, error) {
		if !members[u.OpenID] {
			return "", ErrLogInAgain
		}
		return "member", nil
	})
	b, g := r.browser(), r.gate(ModeRequire, load)
	b.login(g, "/me")
	clear(members)
	out := b.get(g, "/me")
	if out.Status != 302 || b.sessionCookie() != "" {
		t.Fatalf("rule: the session ends and a login begins: %d %v", out.Status, b.cookies)
	}
	if got := b.arrives(b.get(g, b.consent(out))); got != "/me" || b.user(g, "/me") == nil {
		t.Errorf("rule: OnLogin runs again and the visitor arrives: %s", got)
	}
	clear(members)
	if out := b.send(g, "GET", "/api", scripts()); out.Status != 401 {
		t.Errorf("rule: a script gets a 401: %d", out.Status)
	}
}

func TestAnAppThatKnowsNobodyEndsOnAPage(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire, LoadUser(func(context.Context, *User) (string, error) { return "", ErrLogInAgain }))
	out, rounds := b.get(g, "/me"), 0
	for ; out.Status == 302 && rounds < 10; rounds++ {
		out = b.get(g, b.arrives(b.get(g, b.consent(out))))
	}
	if out.Status != 400 || rounds > 2*proof.MaxRecent {
		t.Errorf("rule: a loop of logins ends on the page that says why: %d after %d", out.Status, rounds)
	}
}

func TestOptionsThatContradictEachOtherPanicAtSetUp(t *testing.T) {
	r := newRig(t)
	other := r.instance()
	for rule, make := range map[string]func(){
		"two scopes":                func() { NewGate(ModeRequire, r.auth, Prompt, Silent) },
		"two instances":             func() { NewGate(ModeRequire, r.auth, other) },
		"AskFirst without Prompt":   func() { NewGate(ModeRequire, r.auth, AskFirst()) },
		"AskFirst on Optional":      func() { NewGate(ModeOptional, r.auth, Prompt, AskFirst()) },
		"a scope on Logout":         func() { NewGate(ModeLogout, r.auth, Prompt) },
		"API on Optional":           func() { NewGate(ModeOptional, r.auth, API()) },
		"Scopes on Login":           func() { NewGate(ModeLogin, r.auth, Scopes(func(*Request) Scope { return Silent })) },
		"Scopes without a function": func() { Scopes(nil) },
		"MaxAge of a second":        func() { NewGate(ModeRequire, r.auth, MaxAge(time.Second)) },
		"MaxAge below zero":         func() { NewGate(ModeLogin, r.auth, MaxAge(-1)) },
		"MaxAge on Logout":          func() { NewGate(ModeLogout, r.auth, MaxAge(time.Hour)) },
	} {
		func() {
			defer func() {
				if p := recover(); p == nil || !strings.HasPrefix(fmt.Sprint(p), "wechat: ") {
					t.Errorf("rule: %s panics at set-up and names the fix: %v", rule, p)
				}
			}()
			make()
		}()
	}
	NewGate(ModeRequire, r.auth, Prompt, Prompt, r.auth)
}

func TestAPreflightRunsNoHandler(t *testing.T) {
	r := newRig(t)
	preflight := with("Origin", "https://other.example", "Access-Control-Request-Method", "DELETE", "Sec-Fetch-Mode", "cors")
	for _, mode := range []Mode{ModeRequire, ModeLogin} {
		out := r.browser().send(r.gate(mode), "OPTIONS", "/order/7", preflight)
		if out.Status != 204 || out.Header.Get("Access-Control-Allow-Origin") != "" || out.Header.Get("Location") != "" {
			t.Errorf("rule: a preflight is answered 204 without CORS headers: mode %d: %d %v", mode, out.Status, out.Header)
		}
	}
	if out := r.browser().send(r.gate(ModeRequire, PassPreflight()), "OPTIONS", "/order/7", preflight); out.Status != 0 {
		t.Errorf("rule: with PassPreflight it goes on: %d", out.Status)
	}
	if out := r.browser().send(r.gate(ModeRequire, PassPreflight()), "DELETE", "/order/7", preflight); out.Status != 401 {
		t.Errorf("rule: no other request goes on because of PassPreflight: %d", out.Status)
	}
	if out := r.browser().send(r.gate(ModeRequire, PassPreflight()), "OPTIONS", "/order/7", with("Origin", "https://other.example")); out.Status != 401 {
		t.Errorf("rule: an OPTIONS request that is no preflight is a script: %d", out.Status)
	}
}

func TestHTMXIsToldToRedirect(t *testing.T) {
	r := newRig(t)
	out := r.browser().send(r.gate(ModeRequire), "GET", "/list", with("Hx-Request", "true", "Accept", "text/html", "Referer", "https://app.example.com/app"))
	if out.Status != 401 || !strings.HasPrefix(out.Header.Get("Hx-Redirect"), "https://app.example.com/") {
		t.Errorf("rule: htmx gets 401 with HX-Redirect: %d %v", out.Status, out.Header)
	}
	if out := r.browser().send(r.gate(ModeRequire), "GET", "/list", scripts()); out.Header.Get("Hx-Redirect") != "" {
		t.Error("rule: no other script does")
	}
}

func TestARequestWithoutAHostPassesWhereNoAddressIsNeeded(t *testing.T) {
	r := newRig(t, func(c *Config) { c.PublicURL = "" })
	ask := func(g *Gate, cookie string) *Outcome {
		return g.Handle(context.Background(), &Request{Method: "GET", Target: "/me", Header: with("User-Agent", inWeChat, "Accept", "text/html", "Cookie", cookie)})
	}
	if out := ask(r.gate(ModeOptional), ""); out.Status != 0 {
		t.Errorf("rule: Optional needs no address: %d", out.Status)
	}
	out := ask(r.gate(ModeRequire), "")
	if out.Status != 400 || !errors.Is(out.Err, ErrTarget) || !strings.Contains(out.Err.Error(), "Host") {
		t.Errorf("rule: a redirect needs one, and the error says what is missing: %d %v", out.Status, out.Err)
	}
}

func TestAPageWithSomebodyElsesCodeIsNotStored(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeOptional)
	target := b.consent(b.get(r.gate(ModeRequire), "/page"))
	out := r.browser().get(g, target)
	if out.Status != 0 || out.Header.Get("Cache-Control") != "no-store" || out.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("rule: a page whose address may hold an unspent code is not stored and sends no referrer: %d %v", out.Status, out.Header)
	}
	if out := r.browser().get(g, "/page?state=open"); out.Header.Get("Cache-Control") == "no-store" {
		t.Error("rule: the app's own state changes nothing")
	}
}

func TestAFloodWritesOneLineAMinute(t *testing.T) {
	r := newRig(t)
	g := r.gate(ModeRequire)
	made := forgedFrom(t, &r.auth.keys, r.auth.keys.NewState(r.now(), 3, false, "b", r.auth.public))
	first := ""
	for range 1000 {
		out := r.browser().get(g, "/me?code=C&state="+made)
		if out.Status != 400 {
			t.Fatal(out.Status)
		}
		if first == "" {
			first = referenceOn(out)
		}
		if referenceOn(out) != first || !strings.Contains(r.log.String(), first) {
			t.Fatal("rule: every visitor's reference leads to the line that was written")
		}
	}
	if n := strings.Count(r.log.String(), "login failed"); n != 1 {
		t.Errorf("rule: 1,000 requests with a made-up state write one line: %d", n)
	}
	r.advance(reportEvery)
	r.browser().get(g, "/me?code=C&state="+made)
	if n := strings.Count(r.log.String(), "login failed"); n != 2 || !strings.Contains(r.log.String(), "more=999") {
		t.Errorf("rule: the next minute's line says how many came: %d", n)
	}
	var reports reports
	for i := range 10 * maxReports {
		reports.next(fmt.Sprint(i), r.now())
	}
	if n := len(reports.kinds); n > maxReports+1 {
		t.Errorf("rule: the kinds are bounded: %d", n)
	}
}

func referenceOn(out *Outcome) string {
	_, rest, _ := strings.Cut(string(out.Body), `class="reference">`)
	text, _, _ := strings.Cut(rest, "<")
	return text[strings.LastIndexByte(text, ' ')+1:]
}

func TestAnonymousProfilesSaySo(t *testing.T) {
	for _, c := range []struct {
		user *User
		want bool
	}{
		{&User{Scope: Prompt, Nickname: "微信用户"}, true},
		{&User{Scope: Prompt, Nickname: "Mei"}, false},
		{&User{Scope: Silent}, false},
		{nil, false},
	} {
		if got := c.user.Anonymous(); got != c.want {
			t.Errorf("rule: a placeholder profile is anonymous: %v is %v", c.user, got)
		}
	}
}
