package core

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/wxapi"
	"github.com/seed467724c4/wechat/core/wxsim"
)

func TestWhatWeChatAnswers(t *testing.T) {
	type want struct {
		status    int
		exchanges int
		text      string
	}
	restart, unavailable := want{status: 302, exchanges: 1}, want{503, 1, `data-page="unavailable"`}
	for name, c := range map[string]struct {
		fault wxsim.Fault
		want  want
	}{
		"code been used starts anew":         {wxsim.Fault{Code: 40163, Times: 1}, restart},
		"a mini program's code starts anew":  {wxsim.Fault{Code: 40242, Times: 1}, restart},
		"invalid code starts anew":           {wxsim.Fault{Code: 40029, Times: 1}, restart},
		"expired code starts anew":           {wxsim.Fault{Code: 42003, Times: 1}, restart},
		"missing code starts anew":           {wxsim.Fault{Code: 41008, Times: 1}, restart},
		"busy once is retried":               {wxsim.Fault{Code: -1, Times: 1}, want{status: 303, exchanges: 2}},
		"busy twice is the page":             {wxsim.Fault{Code: -1}, want{503, 2, `data-page="unavailable"`}},
		"busy once, the code consumed":       {wxsim.Fault{Code: -1, Times: 1, Consume: true}, want{status: 302, exchanges: 2}},
		"wrong secret is the page":           {wxsim.Fault{Code: 40125}, unavailable},
		"quota is the page":                  {wxsim.Fault{Code: 45009}, unavailable},
		"the minute's quota is not hammered": {wxsim.Fault{Code: 45011}, unavailable},
		"HTML is the page":                   {wxsim.Fault{Body: "<html>bad gateway"}, unavailable},
		"nothing is the page":                {wxsim.Fault{}, unavailable},
		"{} is the page":                     {wxsim.Fault{Body: "{}"}, unavailable},
		"an empty openid is the page":        {wxsim.Fault{Body: `{"access_token":"t","openid":"","scope":"snsapi_base"}`}, unavailable},
		"a redirect elsewhere is the page":   {wxsim.Fault{Status: 302, Body: "moved"}, unavailable},
		"a dropped connection is retried":    {wxsim.Fault{Drop: true, Times: 1}, want{status: 303}},
		"dropped connections are the page":   {wxsim.Fault{Drop: true}, want{status: 503}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			b, g := r.browser(), r.gate(ModeRequire)
			back := b.consent(b.get(g, "/me?x=1"))
			r.sim.Fail(wxsim.PathAccessToken, c.fault)
			out := b.get(g, back)
			if out.Status != c.want.status || !strings.Contains(string(out.Body), c.want.text) {
				t.Fatalf("%d %s", out.Status, out.Body)
			}
			if c.want.exchanges != 0 && r.exchanges() != c.want.exchanges {
				t.Errorf("%d exchanges, want %d", r.exchanges(), c.want.exchanges)
			}
			for what, text := range map[string]string{"page": string(out.Body), "log": r.log.String()} {
				for _, secret := range []string{testSecret, back[strings.Index(back, "code=")+5:][:20]} {
					if strings.Contains(text, secret) {
						t.Errorf("the %s holds a secret or a code: %s", what, text)
					}
				}
			}
			if out.Status != 503 {
				return
			}
			if out.Header.Get("Retry-After") == "" || !errors.Is(out.Err, ErrUnavailable) || len(b.cookies) != 1 {
				t.Errorf("Retry-After, the error, no session: %v %v %v", out.Header, out.Err, b.cookies)
			}
			page := string(out.Body)
			ref := page[strings.Index(page, "错误编号 ")+len("错误编号 "):][:10]
			if !strings.Contains(r.log.String(), "reference="+ref) || !strings.Contains(page, `href="https://app.example.com/me?x=1"`) {
				t.Errorf("the reference %q is in the log, the page asked for is not lost: %s", ref, page)
			}
			r.sim.Clear(wxsim.PathAccessToken)
			if b.login(g, "/me?x=1") != "/me?x=1" {
				t.Error("and then it works again")
			}
		})
	}
}

// 40029 for ever, with an outer silent gate that has all it wants.
func TestDeadCodesStopAfterThreeAttemptsUnderAnOuterGate(t *testing.T) {
	r := newRig(t)
	b, outer, inner := r.browser(), r.gate(ModeRequire), r.gate(ModeRequire, Prompt)
	b.login(outer, "/")
	r.sim.Fail(wxsim.PathAccessToken, wxsim.Fault{Code: 40029})
	starts, end := b.throughBoth(outer, inner, "/profile", func() {})
	if end.Status != 400 || starts != 3 {
		t.Errorf("%d starts, then %d", starts, end.Status)
	}
	if b.user(outer, "/") == nil {
		t.Error("the silent session stays")
	}
}

func TestAnUpgradeThatCannotBeHadKeepsTheSessionAndDoesNotLoop(t *testing.T) {
	for name, fail := range map[string]func(*rig){
		"userinfo fails": func(r *rig) { r.sim.Fail(wxsim.PathUserInfo, wxsim.Fault{Code: 48001}) },
		"less is granted": func(r *rig) {
			r.sim.Fail(wxsim.PathAccessToken, wxsim.Fault{Body: `{"access_token":"ACCESS_TOKEN_0123456789","expires_in":7200,"refresh_token":"REFRESH_TOKEN_0123456789","openid":"osim_00000000000000000000000","scope":"snsapi_base"}`})
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			b, silent, prompt := r.browser(), r.gate(ModeRequire), r.gate(ModeRequire, Prompt)
			b.login(silent, "/")
			start := b.get(prompt, "/profile")
			fail(r)
			out := b.get(prompt, b.consent(start))
			if out.Status != 503 || b.user(silent, "/") == nil {
				t.Errorf("the page, and the silent session: %d %s", out.Status, out.Body)
			}
			if name == "less is granted" && r.sim.Calls(wxsim.PathUserInfo) != 0 {
				t.Error("userinfo was asked with a token that does not cover it")
			}
		})
	}
}

func TestASnapshotsVirtualVisitorIsNobody(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire, Prompt)
	r.sim.SetSnapshot(b.person, true)
	hooked := false
	r.auth.logins.onLogin = func(context.Context, *User) error { hooked = true; return nil }
	out := b.get(g, b.consent(b.get(g, "/me")))
	if out.Status != 403 || !strings.Contains(string(out.Body), "使用完整服务") || len(b.cookies) != 1 || hooked {
		t.Errorf("a page, no session, no hook: %d %v %s", out.Status, b.cookies, out.Body)
	}
	r.sim.SetSnapshot(b.person, false)
	if b.login(g, "/me") != "/me" || b.user(g, "/me") == nil {
		t.Error("the real login afterwards works")
	}
}

func TestOnLoginDecides(t *testing.T) {
	for name, c := range map[string]struct {
		hook   func(context.Context, *User) error
		status int
	}{
		"its id is kept in the session":   {func(_ context.Context, u *User) error { u.AppUserID = "42"; return nil }, 303},
		"an error logs nobody in":         {func(context.Context, *User) error { return errors.New("database is down") }, 503},
		"a panic logs nobody in":          {func(context.Context, *User) error { panic("boom") }, 503},
		"another identity logs nobody in": {func(_ context.Context, u *User) error { u.OpenID = "osomebodyelse"; return nil }, 503},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(cfg *Config) { cfg.OnLogin = c.hook })
			b, g := r.browser(), r.gate(ModeRequire)
			out := b.get(g, b.consent(b.get(g, "/me")))
			if out.Status != c.status {
				t.Fatalf("%d %s", out.Status, out.Body)
			}
			u := b.user(g, "/me")
			if c.status == 303 && (u == nil || u.AppUserID != "42") || c.status != 303 && u != nil {
				t.Errorf("%v", u)
			}
		})
	}
}

func TestTheBulkheadAnswersAtOnce(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	back := b.consent(b.get(g, "/me"))
	var giveBack func()
	for i := range defaultMaxCalls {
		giveBack, _ = r.auth.logins.places.Take(fmt.Sprint("browser ", i))
	}
	if out := b.get(g, back); out.Status != 503 || r.exchanges() != 0 {
		t.Errorf("503 and no exchange: %d, %d", out.Status, r.exchanges())
	}
	giveBack()
	if b.arrives(b.get(g, back)) != "/me" {
		t.Error("the code still works when there is room")
	}
}

func TestErrorsCarryWeChatsOwn(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	back := b.consent(b.get(g, "/me"))
	r.sim.Fail(wxsim.PathAccessToken, wxsim.Fault{Code: 40164})
	out := b.get(g, back)
	var wx *wxapi.Error
	if !errors.As(out.Err, &wx) || wx.Code != 40164 || wx.RequestID == "" {
		t.Errorf("%v", out.Err)
	}
	if log := r.log.String(); !strings.Contains(log, "rid="+wx.RequestID) || !strings.Contains(log, "level=ERROR") {
		t.Errorf("an operator's fault is an error with WeChat's request id: %s", log)
	}
}

func TestScriptsGetTroubleAsAProblem(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Sessions = brokenManager() })
	out := r.browser().send(r.gate(ModeRequire), "GET", "/api", http.Header{"Accept": {"application/json"}, "Cookie": {"session=" + strings.Repeat("a", 43)}})
	if out.Status != 503 || out.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(string(out.Body), `"reference"`) {
		t.Errorf("%d %v %s", out.Status, out.Header, out.Body)
	}
}

// rewriting changes WeChat's replies on their way.
type rewriting func(body string) string

func (f rewriting) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	res.Body = io.NopCloser(strings.NewReader(f(string(body))))
	res.ContentLength = -1
	return res, err
}

func TestWithoutAScopeInTheReplyWhatWasAskedForWasGranted(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.HTTPClient = &http.Client{Transport: rewriting(func(body string) string {
			return strings.ReplaceAll(body, `"scope":"snsapi_userinfo"`, `"x":"y"`)
		})}
	})
	b, g := r.browser(), r.gate(ModeRequire, Prompt)
	if b.login(g, "/profile") != "/profile" || b.user(g, "/profile").Nickname == "" {
		t.Error("a profile")
	}
}
