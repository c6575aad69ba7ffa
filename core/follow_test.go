package core

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/follow"
	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// follows sets who follows, without a message.
func (b *browser) follows(yes bool) {
	b.rig.t.Helper()
	if err := b.rig.sim.SetFollowing(testAppID, b.person, yes); err != nil {
		b.rig.t.Fatal(err)
	}
}

func (b *browser) openID() string { return b.rig.sim.OpenID(loginAppID(), b.person) }

// members is a browser that is logged in, and a gate for followers.
func members(r *rig, options ...Option) (*browser, *Gate) {
	r.t.Helper()
	b, g := r.browser(), r.gate(ModeRequire, append([]Option{MustFollow}, options...)...)
	if got := b.login(g, "/members"); got != "/members" {
		r.t.Fatal(got)
	}
	return b, g
}

func TestFollowersComeInWithoutANewLogin(t *testing.T) {
	r := newRig(t, func(c *Config) { c.AccountName = "橘子书店"; c.FollowQRCode = "https://img.example.com/qr.png" })
	b, g := members(r)
	out := b.get(g, "/members")
	page := string(out.Body)
	if out.Status != 403 || !errors.Is(out.Err, ErrNotFollowing) || !strings.Contains(page, `data-page="follow"`) ||
		!strings.Contains(page, "橘子书店") || !strings.Contains(page, `src="https://img.example.com/qr.png"`) ||
		!strings.Contains(page, `href="https://app.example.com/members"`) {
		t.Fatalf("rule: who does not follow is asked to, with the account's name and code: %d %s", out.Status, page)
	}
	if policy := out.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "img-src data: https://img.example.com;") {
		t.Errorf("rule: the page's policy lets in the operator's picture: %s", policy)
	}
	if b.user(r.gate(ModeRequire), "/me") == nil {
		t.Error("rule: who does not follow is logged in all the same")
	}
	b.follows(true)
	if b.user(g, "/members") != nil {
		t.Error("rule: a no is remembered for a moment")
	}
	r.advance(follow.NoLife)
	if follow.NoLife > 5*time.Second || b.user(g, "/members") == nil || r.exchanges() != 1 {
		t.Errorf("rule: who follows now comes in with the next visit, without a new login: %d exchanges", r.exchanges())
	}
	b.follows(false)
	if b.user(g, "/members") == nil {
		t.Error("rule: a yes is remembered")
	}
	r.advance(follow.YesLife)
	if b.user(g, "/members") != nil {
		t.Error("rule: a yes is remembered for 5 minutes only")
	}
}

func TestWhileWeChatCannotTell(t *testing.T) {
	for _, tt := range []struct {
		rule  string
		fault wxsim.Fault
		log   string
	}{
		{"WeChat is away", wxsim.Fault{Drop: true}, ""},
		{"WeChat answers nonsense", wxsim.Fault{Body: "<html>"}, ""},
		{"the reply says neither yes nor no", wxsim.Fault{Body: `{"openid":"oAlice_1"}`}, ""},
		{"the account may not ask", wxsim.Fault{Code: 48001}, "errcode=48001"},
		{"the quota is used up", wxsim.Fault{Code: 45009}, "errcode=45009"},
	} {
		r := newRig(t)
		b, g := r.browser(), r.gate(ModeRequire, MustFollow)
		b.follows(true)
		b.login(g, "/members")
		r.sim.Fail(wxsim.PathFollower, tt.fault)
		out := b.get(g, "/members")
		if out.Status != 503 || !errors.Is(out.Err, ErrUnavailable) || out.Header.Get("Retry-After") == "" || !strings.Contains(string(out.Body), "https://app.example.com/members") {
			t.Errorf("rule: while %s access is denied, with a page to try again: %d %v", tt.rule, out.Status, out.Err)
		}
		if out := b.get(r.gate(ModeRequire, MustFollowUnlessDown), "/members"); out.Status != 0 {
			t.Errorf("rule: while %s MustFollowUnlessDown lets the visitor through: %d %v", tt.rule, out.Status, out.Err)
		}
		if out := r.browser().get(r.gate(ModeRequire, MustFollowUnlessDown), "/members"); out.Status != 302 {
			t.Errorf("rule: without a login there is no access, whatever WeChat answers: %d", out.Status)
		}
		if log := r.log.String(); !strings.Contains(log, tt.log) || tt.log != "" && (!strings.Contains(log, "advice=") || !strings.Contains(log, "rid=")) {
			t.Errorf("rule: while %s the operator reads what to do: %s", tt.rule, log)
		}
		calls := r.sim.Calls(wxsim.PathFollower)
		b.get(g, "/members")
		if n := r.sim.Calls(wxsim.PathFollower) - calls; n != 0 {
			t.Errorf("rule: while %s WeChat is not asked with every request: %d", tt.rule, n)
		}
		r.sim.Clear(wxsim.PathFollower)
		r.advance(time.Minute)
		if b.user(g, "/members") == nil {
			t.Errorf("rule: when it is over that %s, followers come in", tt.rule)
		}
	}
}

func TestWhoDoesNotFollowIsAnsweredByKind(t *testing.T) {
	r := newRig(t)
	b, g := members(r, AllowOutside())
	out := b.send(g, "GET", "/api/members", with("Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Accept", "application/json"))
	var problem struct {
		Title  string
		Status int
	}
	if err := json.Unmarshal(out.Body, &problem); err != nil || out.Status != 403 || problem.Status != 403 || problem.Title == "" || out.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("rule: a script gets a problem document: %d %s", out.Status, out.Body)
	}
	if out := b.send(g, "GET", "/members", with("Sec-Fetch-Dest", "iframe")); out.Status != 403 || !errors.Is(out.Err, ErrFrame) {
		t.Errorf("rule: a frame is shown the way out of it: %d %v", out.Status, out.Err)
	}
	guest := r.browser()
	guest.ua = "Mozilla/5.0"
	if out := guest.get(g, "/members"); out.Status != 0 || MustFromContext(out.Context) != nil {
		t.Errorf("rule: anonymous visitors outside WeChat are not asked to follow: %d", out.Status)
	}
}

func TestAFollowersRequestIsQuick(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire, MustFollow)
	b.follows(true)
	b.login(g, "/members")
	b.user(g, "/members")
	cookies := ""
	for name, value := range b.cookies {
		cookies += name + "=" + value + "; "
	}
	if g.Known(context.Background(), "/members", cookies) == nil {
		t.Error("rule: who is known to follow is let through without a second look")
	}
	p := r.poster(push.Config{})
	p.post(event(b.openID(), "unsubscribe", "", r.now()))
	if g.Known(context.Background(), "/members", cookies) != nil {
		t.Error("rule: the quick way knows at once who has left")
	}
}

func TestMustFollowGoesWithRequire(t *testing.T) {
	r := newRig(t)
	for _, mode := range []Mode{ModeOptional, ModeLogin, ModeLogout} {
		func() {
			defer func() {
				if p := recover(); p == nil || !strings.Contains(p.(string), "MustFollow goes with Require") {
					t.Errorf("rule: MustFollow goes with Require: mode %d: %v", mode, p)
				}
			}()
			r.gate(mode, MustFollow)
		}()
	}
	defer func() {
		if p := recover(); p == nil || !strings.Contains(p.(string), "unknown demand") {
			t.Errorf("rule: an unknown Following panics: %v", p)
		}
	}()
	r.gate(ModeRequire, Following("follow?"))
}

func TestFollowCodes(t *testing.T) {
	const sim = "http://127.0.0.1:8089"
	for _, tt := range []struct {
		rule, value string
		ok          bool
		want        followCode // image "*" for one that was drawn
	}{
		{"nothing is no code", "", true, followCode{}},
		{"an image elsewhere", "https://img.example.com/a.png?x=1", true, followCode{image: "https://img.example.com/a.png?x=1", source: " https://img.example.com"}},
		{"WeChat's image of a code", "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQH", true, followCode{image: "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQH", source: " https://mp.weixin.qq.com"}},
		{"the code of a user name", "https://open.weixin.qq.com/qr/code?username=gh_1", true, followCode{image: "https://open.weixin.qq.com/qr/code?username=gh_1", source: " https://open.weixin.qq.com"}},
		{"an image of the site", "/static/qr.png", true, followCode{image: "/static/qr.png", local: true, source: " 'self'"}},
		{"an image in place", "data:image/png;base64,AAAA", true, followCode{image: "data:image/png;base64,AAAA"}},
		{"a link to scan", "http://weixin.qq.com/r/abc", true, followCode{image: "*"}},
		{"a link to open", "https://mp.weixin.qq.com/mp/profile_ext?action=home&__biz=MzA==", true, followCode{image: "*", link: "https://mp.weixin.qq.com/mp/profile_ext?action=home&__biz=MzA=="}},
		{"the simulator's link", sim + "/mp/profile_ext?action=home&__biz=wx1", true, followCode{image: "*", link: sim + "/mp/profile_ext?action=home&__biz=wx1"}},
		{"another host's", "//evil.example/qr.png", false, followCode{}},
		{"a script", "javascript:alert(1)", false, followCode{}},
		{"a page in place", "data:text/html,<script>", false, followCode{}},
		{"an image whose path looks like a link's", "https://img.example.com/r/a.png", true, followCode{image: "https://img.example.com/r/a.png", source: " https://img.example.com"}},
		{"another directive in a host", "https://a.example;script-src/qr.png", false, followCode{}},
		{"an article", "https://mp.weixin.qq.com/s/abc", false, followCode{}},
		{"WeChat's front page", "https://weixin.qq.com/", false, followCode{}},
		{"a policy in a host", "https://a.example;script-src *", false, followCode{}},
		{"a user in an address", "https://a:b@img.example.com/", false, followCode{}},
		{"no address", "qr.png", false, followCode{}},
		{"a line end", "/a\nb", false, followCode{}},
	} {
		got, ok := parseFollowCode(tt.value, sim)
		if tt.want.image == "*" && strings.HasPrefix(got.image, "data:image/png;base64,") {
			tt.want.image = got.image
		}
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("rule: %s: %t %+v", tt.rule, ok, got)
		}
		_, err := New(Config{AppID: "wx1", AppSecret: "s", OpenURL: sim, APIURL: sim, FollowQRCode: tt.value, Logger: slog.New(slog.DiscardHandler)})
		if (err == nil) != tt.ok {
			t.Errorf("rule: %s: New says %v", tt.rule, err)
		}
	}
}

func TestTheFollowPagesLinkAndCode(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.FollowQRCode = "https://mp.weixin.qq.com/mp/profile_ext?action=home&__biz=MzA=="
	})
	b, g := members(r)
	for lang, words := range map[string][]string{
		"zh": {"请先关注公众号", "我已关注，继续", "打开公众号主页"}, "en": {"Please follow the account", "I have followed it", "Open the account"},
	} {
		out := b.send(g, "GET", "/members", with("Accept", "text/html", "Accept-Language", lang))
		page := string(out.Body)
		for _, w := range append(words, `src="data:image/png;base64,`, `id="follow" href="https://mp.weixin.qq.com/mp/profile_ext?action=home&amp;__biz=MzA=="`) {
			if !strings.Contains(page, w) {
				t.Errorf("rule: the page shows code and link (%s): %q is missing in %s", lang, w, page)
			}
		}
	}
	r.advance(follow.NoLife)
	local := NewGate(ModeRequire, r.instance(func(c *Config) { c.FollowQRCode = "/qr.png"; c.Sessions = nil }), MustFollow)
	b.cookies = map[string]string{}
	b.login(local, "/members")
	if page := string(b.get(local, "/members").Body); !strings.Contains(page, `src="https://app.example.com/qr.png"`) {
		t.Errorf("rule: a picture of the site is asked of the site: %s", page)
	}
}

func TestATokenServerOfTheApps(t *testing.T) {
	var refused []string
	r := newRig(t, func(c *Config) {
		c.AccountToken = func(_ context.Context, token string) (string, time.Duration, error) {
			refused = append(refused, token)
			return "92_token-of-a-server-of-the-apps-own-" + strconv.Itoa(len(refused)), time.Hour, nil
		}
	})
	token, err := r.auth.AccountToken().Token(context.Background())
	if err != nil || !strings.HasSuffix(token, "-1") || r.sim.Calls(wxsim.PathStableToken) != 0 {
		t.Errorf("rule: an app's token server is asked instead of WeChat: %v", err)
	}
	if _, err := r.auth.AccountToken().Renew(context.Background(), token); err != nil || len(refused) != 2 || refused[1] != token {
		t.Errorf("rule: a token server gets the token that WeChat refused: %v", err)
	}
}

func TestOneSourceOfTheAccountsToken(t *testing.T) {
	_, err := New(Config{AppID: testAppID, AppSecret: testSecret, ClassicToken: true, AccountToken: func(context.Context, string) (string, time.Duration, error) {
		return "", 0, nil
	}})
	if err == nil || !strings.Contains(err.Error(), "ClassicToken") {
		t.Errorf("rule: two sources of one token are one too many: %v", err)
	}
}

func TestTheClassicToken(t *testing.T) {
	r := newRig(t, func(c *Config) { c.ClassicToken = true })
	b, g := r.browser(), r.gate(ModeRequire, MustFollow)
	b.follows(true)
	b.login(g, "/members")
	if b.user(g, "/members") == nil || r.sim.Calls(wxsim.PathToken) != 1 || r.sim.Calls(wxsim.PathStableToken) != 0 {
		t.Error("rule: /cgi-bin/token is used where the app says so")
	}
}

func TestATokenThatWeChatTookBackIsRenewed(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire, MustFollow)
	b.follows(true)
	b.login(g, "/members")
	b.user(g, "/members")
	r.sim.ExpireTokens(testAppID)
	r.advance(follow.YesLife)
	if b.user(g, "/members") == nil {
		t.Errorf("rule: a token that another node invalidated is renewed without an error: %s", r.log)
	}
}

func TestCloseEndsTheAccountsToken(t *testing.T) {
	r := newRig(t)
	r.auth.Close()
	if _, err := r.auth.AccountToken().Token(context.Background()); err == nil || r.sim.Calls(wxsim.PathStableToken) != 0 {
		t.Errorf("rule: after Close there is no call to WeChat: %v", err)
	}
}
