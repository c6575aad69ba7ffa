package site

import (
	"bytes"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/push"
)

func user(scope core.Scope, nickname, avatar string) *core.User {
	return &core.User{AppID: "wx1", OpenID: "osim_one", Scope: scope, Nickname: nickname, Avatar: avatar,
		LoggedInAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

const avatar = "http://127.0.0.1:8089/mmopen/vi_32/mei/132"

func html(page Page, acceptLanguage string, u *core.User) string {
	return string(New("gin", "http://127.0.0.1:8089", push.Config{Token: "t"}, slog.New(slog.DiscardHandler)).HTML(page, acceptLanguage, u))
}

func TestPages(t *testing.T) {
	for rule, tc := range map[string]struct {
		page  Page
		user  *core.User
		has   []string
		lacks []string
	}{
		"nobody is told so and can log in": {Home, nil,
			[]string{`data-page="home"`, `id="to-me"`, `id="to-profile"`, `id="to-members"`, `id="to-api"`, `id="to-login"`, "还没有登录", `Optional(auth)`},
			[]string{`id="openid"`, `id="logout"`, `id="nickname"`, `id="scope"`}},
		"a silent visitor sees the open id and no name": {Me, user(core.Silent, "", ""),
			[]string{`data-page="me"`, `<code id="openid" data-openid="osim_one">osim_one</code>`, `<code id="scope">snsapi_base</code>`, `id="avatar"`, `2026-01-02 03:04:05 UTC`, `<form id="logout" method="post" action="/logout"><button`},
			[]string{`id="nickname"`, `id="to-login"`, `<img`}},
		"a visitor who allowed it sees name and picture": {Profile, user(core.Prompt, "小美🌸", avatar),
			[]string{`data-page="profile"`, `<bdi id="nickname">小美🌸</bdi>`, `<img id="avatar" src="` + avatar + `"`, `snsapi_userinfo`},
			nil},
		"a follower is told so, and how the site knows": {Members, user(core.Silent, "", ""),
			[]string{`data-page="members"`, `<h1>你已关注公众号</h1>`, `Require(auth, MustFollow)`, `<code>/wechat/push</code>`, `href="/members" aria-current="page"`},
			[]string{`id="nickname"`}},
		"a follower whose name is known is greeted": {Members, user(core.Prompt, "小美🌸", avatar),
			[]string{`<bdi id="nickname">小美🌸</bdi>，这一页`, `<img id="avatar"`}, nil},
		"the silent page also shows what was allowed": {Me, user(core.Prompt, "小美🌸", avatar),
			[]string{`data-page="me"`, `<bdi id="nickname">小美🌸</bdi>`, `<img id="avatar"`}, nil},
		"without a picture the initial stands in": {Profile, user(core.Prompt, "lin", ""),
			[]string{`id="avatar" aria-hidden="true"><span>L</span>`}, []string{`<img`}},
		"without a nickname there is a word for it": {Profile, user(core.Prompt, "", ""),
			[]string{`<bdi id="nickname">（没有昵称）</bdi>`, `id="avatar"`}, nil},
		"the front page marks where a visitor stands": {Home, nil,
			[]string{`<li aria-current="step"><b>访客`}, []string{`class="done"`}},
		"the front page marks where a silent visitor stands": {Home, user(core.Silent, "", ""),
			[]string{`<li class="done"><b>访客`, `<li aria-current="step"><b>静默授权`}, nil},
		"the front page marks where a visitor who allowed it stands": {Home, user(core.Prompt, "小美", ""),
			[]string{`<li class="done"><b>静默授权`, `<li aria-current="step"><b>用户同意`}, nil},
		"the front page says how to log in at a desktop browser": {Home, nil,
			[]string{`id="desktop"`, `WECHAT_SCREEN_LOGIN=1`, `WECHAT_WEBSITE_APP_ID`, `WECHAT_WEBSITE_APP_SECRET`}, []string{`扫码登录已开启`}},
		"the simulator is linked where there is one": {Home, nil,
			[]string{`<a id="to-simulator" href="http://127.0.0.1:8089">`}, nil},
	} {
		got := html(tc.page, "", tc.user)
		for _, part := range tc.has {
			if !strings.Contains(got, part) {
				t.Errorf("rule: %s; the page lacks %s", rule, part)
			}
		}
		for _, part := range tc.lacks {
			if strings.Contains(got, part) {
				t.Errorf("rule: %s; the page has %s", rule, part)
			}
		}
	}
	scans := New("gin", "", push.Config{}, slog.Default()).Scans("wx2")
	desk := user(core.Prompt, "小美", "")
	desk.AppID = "wx2"
	for page, want := range map[Page]string{Home: "扫码登录已开启", Profile: "snsapi_login", Me: "网站应用"} {
		if got := string(scans.HTML(page, "", desk)); !strings.Contains(got, want) || !strings.Contains(got, "openid（你在此网站应用的身份）") {
			t.Errorf("rule: a visitor at a desktop browser reads so; %s lacks %s", page, want)
		}
	}
	if got := string(scans.HTML(Me, "", desk)); !strings.Contains(got, "二维码页") || !strings.Contains(got, `id="scope">snsapi_login<`) || strings.Contains(got, "你在授权页上同意过") {
		t.Errorf("rule: whoever scanned reads that it was a scan, on the page for silent logins as well; got\n%s", got)
	}
	if got := string(scans.HTML(Members, "", desk)); !strings.Contains(got, "用 unionid 找到你在公众号的 openid") {
		t.Error("rule: at a desktop browser the page for followers says whose open id WeChat was asked about")
	}
	screens := New("gin", "", push.Config{}, slog.Default())
	screens.screens = true
	at := user(core.Silent, "", "")
	at.Screen = true
	if got := string(screens.HTML(Me, "", at)); !strings.Contains(got, "四位数字（") || strings.Contains(got, "微信什么也没问") {
		t.Errorf("rule: whoever logged in at a screen reads of the phone's digits; got\n%s", got)
	}
	for rule, got := range map[string]string{"the website application": string(scans.HTML(Home, "", nil)), "screen login": string(screens.HTML(Home, "", nil))} {
		if !strings.Contains(got, "电脑浏览器要再扫一次码") || !strings.Contains(got, "扫码登录已开启") || strings.Contains(got, "WECHAT_WEBSITE_APP_ID") {
			t.Errorf("rule: with %s the front page says that scan login is on, and that a logout asks for another scan; got\n%s", rule, got)
		}
	}
	if strings.Contains(string(scans.HTML(Me, "", user(core.Prompt, "小美", ""))), "网站应用的身份") {
		t.Error("rule: a visitor of the account reads of the account")
	}
	if strings.Contains(string(New("gin", "", push.Config{}, slog.Default()).HTML(Home, "", nil)), "to-simulator") {
		t.Error("rule: with an account of WeChat's there is no simulator to open")
	}
	if strings.Contains(string(New("gin", "", push.Config{}, slog.Default()).HTML(Members, "", user(core.Silent, "", ""))), "/wechat/push") {
		t.Error("rule: a site without messages does not speak of them")
	}
}

func TestLanguage(t *testing.T) {
	for rule, tc := range map[string]struct{ header, want string }{
		"Chinese without a header":           {"", "zh-CN"},
		"Chinese when it comes first":        {"zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"},
		"English when it comes first":        {"en-US,en;q=0.9,zh;q=0.8", "en"},
		"English before Chinese elsewhere":   {"fr, en;q=0.8, zh;q=0.3", "en"},
		"Chinese for any language we lack":   {"fr,de;q=0.5", "zh-CN"},
		"Chinese for a header that is noise": {";;,,=", "zh-CN"},
	} {
		if got := html(Home, tc.header, nil); !strings.Contains(got, `<html lang="`+tc.want+`">`) {
			t.Errorf("rule: %s; %q does not give %s", rule, tc.header, tc.want)
		}
	}
	han := regexp.MustCompile(`\p{Han}+`)
	for page := range places {
		for _, u := range []*core.User{nil, user(core.Silent, "", ""), user(core.Prompt, "", "")} {
			if word := han.FindString(html(page, "en", u)); word != "" {
				t.Errorf("rule: an English page is English; %s has %s", page, word)
			}
		}
	}
}

func TestHostileProfile(t *testing.T) {
	const name = `</bdi><script>alert(1)</script>"'><img src=x onerror=alert(1)>`
	for _, page := range []Page{Home, Me, Profile, Members} {
		for _, lang := range []string{"zh", "en"} {
			got := html(page, lang, user(core.Prompt, name, `javascript:alert(1)`))
			if strings.Contains(got, "<script") || strings.Contains(got, "<img src=x") || strings.Contains(got, "javascript:") {
				t.Errorf("rule: nickname and avatar are text and picture only; %s is\n%s", page, got)
			}
			if !strings.Contains(got, `&lt;script&gt;`) {
				t.Errorf("rule: a nickname is shown as it is; %s lacks it", page)
			}
		}
	}
}

func TestPagesAreSelfContained(t *testing.T) {
	for rule, forbidden := range map[string]*regexp.Regexp{
		"no scripts":                    regexp.MustCompile(`(?i)<script|\son\w+=|javascript:`),
		"no style that the hash misses": regexp.MustCompile(`\sstyle="`),
		"nothing from outside":          regexp.MustCompile(`(?:src|action)="(?:https?:)?//|@import|url\(`),
	} {
		for page := range places {
			if found := forbidden.FindString(html(page, "", user(core.Prompt, "x", ""))); found != "" {
				t.Errorf("rule: %s; %s has %s", rule, page, found)
			}
		}
	}
	if !strings.Contains(html(Home, "", nil), "<style>"+style+"</style>") {
		t.Error("rule: the style sheet is on the page byte for byte, or its hash would not fit")
	}
	policy := Headers()["Content-Security-Policy"]
	for _, part := range []string{"default-src 'none'", hash(style), "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("rule: the policy is strict; it lacks %s", part)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Error("rule: the policy allows nothing inline but the style sheet")
	}
}

func TestServed(t *testing.T) {
	var b bytes.Buffer
	s := New("gin", "", push.Config{}, slog.New(slog.NewTextHandler(&b, nil)))
	s.Served("GET", "/me\nlevel=ERROR msg=made-up", 200, 1500*time.Microsecond)
	got := b.String()
	if strings.Count(got, "\n") != 1 {
		t.Errorf("rule: a request is one line, whatever its path is; got %q", got)
	}
	for _, part := range []string{"method=GET", `path="/me\nlevel`, "status=200", "took=1.5ms"} {
		if !strings.Contains(got, part) {
			t.Errorf("rule: the line has method, path, status and duration; got %q", got)
		}
	}
}

func TestPanicked(t *testing.T) {
	var b bytes.Buffer
	New("gin", "", push.Config{}, slog.New(slog.NewTextHandler(&b, nil))).Panicked(fmt.Errorf("boom"))
	if got := b.String(); !strings.Contains(got, "boom") || !strings.Contains(got, "site_test.go") {
		t.Errorf("rule: the log says what a handler panicked with and where; got %q", got)
	}
}
