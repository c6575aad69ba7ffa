package core

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed467724c4/wechat/core/wxapi"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// follows sets who follows, without a message.
func (b *browser) follows(yes bool) {
	b.rig.t.Helper()
	if err := b.rig.sim.SetFollowing(testAppID, b.person, yes); err != nil {
		b.rig.t.Fatal(err)
	}
}

func (b *browser) openID() string { return b.rig.sim.OpenID(testAppID, b.person) }

// members is a browser that is logged in, and a gate for followers.
func members(r *rig, options ...Option) (*browser, *Gate) {
	r.t.Helper()
	b, g := r.browser(), r.gate(Require, append([]Option{MustFollow}, options...)...)
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
	if b.user(r.gate(Require), "/me") == nil {
		t.Error("rule: who does not follow is logged in all the same")
	}
	b.follows(true)
	if b.user(g, "/members") != nil {
		t.Error("rule: a no is remembered for a moment")
	}
	r.advance(followsNotFor)
	if followsNotFor > 5*time.Second || b.user(g, "/members") == nil || r.exchanges() != 1 {
		t.Errorf("rule: who follows now comes in with the next visit, without a new login: %d exchanges", r.exchanges())
	}
	b.follows(false)
	if b.user(g, "/members") == nil {
		t.Error("rule: a yes is remembered")
	}
	r.advance(followsFor)
	if b.user(g, "/members") != nil {
		t.Error("rule: a yes is remembered for 5 minutes only")
	}
}

func TestAMessageChangesWhoFollowsAtOnce(t *testing.T) {
	r := newRig(t)
	p := r.poster(Push{})
	b, g := members(r)
	if b.user(g, "/members") != nil {
		t.Fatal("a stranger came in")
	}
	calls := r.sim.Calls(wxsim.PathFollower)
	at := r.now()
	for i, tt := range []struct {
		rule  string
		event string
		want  bool
	}{
		{"who follows comes in at once", "subscribe", true},
		{"who leaves is out at once", "unsubscribe", false},
		{"who comes back is in at once", "subscribe", true},
	} {
		p.post(event(b.openID(), tt.event, "", at.Add(time.Duration(i)*time.Second)))
		if in := b.user(g, "/members") != nil; in != tt.want {
			t.Errorf("rule: %s: %t", tt.rule, in)
		}
	}
	if n := r.sim.Calls(wxsim.PathFollower) - calls; n != 0 {
		t.Errorf("rule: what a message told is not asked for: %d calls", n)
	}
	p.post(event(b.openID(), "unsubscribe", "old", at.Add(-time.Minute)))
	if b.user(g, "/members") == nil {
		t.Error("rule: a message that arrives after a later one changes nothing")
	}
}

func TestAMessageWinsOverALookUpUnderWay(t *testing.T) {
	r := newRig(t)
	p := r.poster(Push{})
	b, g := members(r)
	b.follows(true)
	release := make(chan struct{})
	r.sim.Fail(wxsim.PathFollower, wxsim.Fault{Times: 1, Wait: release})
	passed := make(chan bool)
	tab := *b
	go func() { passed <- tab.user(g, "/members") != nil }()
	for r.sim.Calls(wxsim.PathFollower) == 0 {
		runtime.Gosched()
	}
	r.advance(time.Second)
	p.post(event(b.openID(), "unsubscribe", "", r.now()))
	close(release)
	if <-passed {
		t.Error("rule: who left while WeChat was asked is out, whatever WeChat said before")
	}
}

func TestAMessageToOneNodeWinsOverALookUpOfAnother(t *testing.T) {
	shared := newMemory()
	r := newRig(t, func(c *Config) { c.Cache = shared })
	p := r.poster(Push{})
	other := r.instance(func(c *Config) { c.Cache = shared })
	b := r.browser()
	b.follows(true)
	release := make(chan struct{})
	r.sim.Fail(wxsim.PathFollower, wxsim.Fault{Times: 1, Wait: release})
	follows := make(chan bool)
	go func() {
		yes, _ := other.Follows(context.Background(), b.openID())
		follows <- yes
	}()
	for r.sim.Calls(wxsim.PathFollower) == 0 {
		runtime.Gosched()
	}
	r.advance(time.Second)
	p.post(event(b.openID(), "unsubscribe", "", r.now()))
	r.auth.work.working.Wait()
	close(release)
	if <-follows {
		t.Error("rule: what one node was told while another asked counts for both")
	}
	if yes, _ := r.instance(func(c *Config) { c.Cache = shared }).Follows(context.Background(), b.openID()); yes {
		t.Error("rule: a look-up does not overwrite for all nodes what a message told")
	}
}

func TestFollowersAreAskedAboutOnce(t *testing.T) {
	var people []wxsim.Person
	for i := range 20 {
		people = append(people, wxsim.Person{ID: "p" + strconv.Itoa(i), Follows: true})
	}
	r := newRigOf(t, people)
	g := r.gate(Require, MustFollow)
	var visits sync.WaitGroup
	for _, p := range people {
		b := r.browser()
		b.person = p.ID
		b.login(r.gate(Require), "/me")
		for range 10 {
			tab := *b
			visits.Go(func() {
				if out := tab.get(g, "/members"); out.Status != 0 {
					t.Errorf("rule: followers come in: %d %v", out.Status, out.Err)
				}
			})
		}
	}
	visits.Wait()
	tokens, infos := r.sim.Calls(wxsim.PathStableToken), r.sim.Calls(wxsim.PathFollower)
	if tokens != 1 || infos != 20 {
		t.Errorf("rule: 200 requests of 20 followers are 1 token call and 20 user/info calls: %d, %d", tokens, infos)
	}
	t.Logf("200 requests of 20 followers: %d token call, %d user/info calls", tokens, infos)
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
		b, g := r.browser(), r.gate(Require, MustFollow)
		b.follows(true)
		b.login(g, "/members")
		r.sim.Fail(wxsim.PathFollower, tt.fault)
		out := b.get(g, "/members")
		if out.Status != 503 || !errors.Is(out.Err, ErrUnavailable) || out.Header.Get("Retry-After") == "" || !strings.Contains(string(out.Body), "https://app.example.com/members") {
			t.Errorf("rule: while %s the door is shut, with a way to try again: %d %v", tt.rule, out.Status, out.Err)
		}
		if out := b.get(r.gate(Require, MustFollowUnlessDown), "/members"); out.Status != 0 {
			t.Errorf("rule: while %s the door is open, where the app says so: %d %v", tt.rule, out.Status, out.Err)
		}
		if out := r.browser().get(r.gate(Require, MustFollowUnlessDown), "/members"); out.Status != 302 {
			t.Errorf("rule: nobody comes in without a login, whatever WeChat tells: %d", out.Status)
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
		t.Errorf("rule: a script is told, in a problem document: %d %s", out.Status, out.Body)
	}
	if out := b.send(g, "GET", "/members", with("Sec-Fetch-Dest", "iframe")); out.Status != 403 || !errors.Is(out.Err, ErrFrame) {
		t.Errorf("rule: a frame is shown the way out of it: %d %v", out.Status, out.Err)
	}
	guest := r.browser()
	guest.ua = "Mozilla/5.0"
	if out := guest.get(g, "/members"); out.Status != 0 || MustFromContext(out.Context) != nil {
		t.Errorf("rule: guests outside WeChat are nobody, and not asked to follow: %d", out.Status)
	}
}

func TestAFollowersRequestIsQuick(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(Require, MustFollow)
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
	p := r.poster(Push{})
	p.post(event(b.openID(), "unsubscribe", "", r.now()))
	if g.Known(context.Background(), "/members", cookies) != nil {
		t.Error("rule: the quick way knows at once who has left")
	}
}

func TestOtherNodesHearOfAFollowSoon(t *testing.T) {
	shared := newMemory()
	r := newRig(t, func(c *Config) { c.Cache = shared; c.Sessions = manager(shared) })
	p := r.poster(Push{})
	b, g := members(r)
	other := NewGate(Require, r.instance(func(c *Config) { c.Cache = shared; c.Sessions = manager(shared) }), MustFollow)
	if b.user(g, "/members") != nil || b.user(other, "/members") != nil {
		t.Fatal("a stranger came in")
	}
	calls := r.sim.Calls(wxsim.PathFollower)
	p.post(event(b.openID(), "subscribe", "", r.now()))
	if b.user(g, "/members") == nil {
		t.Error("rule: the node that was told knows at once")
	}
	r.auth.work.working.Wait()
	r.advance(followsHere)
	if followsHere > 5*time.Second || b.user(other, "/members") == nil || r.sim.Calls(wxsim.PathFollower) != calls {
		t.Errorf("rule: the others know within 5 seconds, and do not ask WeChat: %d calls", r.sim.Calls(wxsim.PathFollower)-calls)
	}
	p.post(event(b.openID(), "unsubscribe", "", r.now().Add(time.Second)))
	r.auth.work.working.Wait()
	r.advance(followsHere)
	if b.user(other, "/members") != nil {
		t.Error("rule: the others know within 5 seconds who has left")
	}
}

func TestAYesOfAnotherNodeHasItsTime(t *testing.T) {
	shared := newMemory() // which goes by the real clock, and so keeps values too long
	r := newRig(t, func(c *Config) { c.Cache = shared })
	b := r.browser()
	b.follows(true)
	if yes, err := r.auth.Follows(context.Background(), b.openID()); !yes || err != nil {
		t.Fatal(yes, err)
	}
	b.follows(false)
	r.advance(followsFor)
	if yes, _ := r.instance(func(c *Config) { c.Cache = shared }).Follows(context.Background(), b.openID()); yes {
		t.Error("rule: a yes that another node heard is remembered for 5 minutes, whatever the store keeps")
	}
}

func TestALateLookUpUndoesNoMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := newFollowers(&Config{AppID: testAppID, AppSecret: testSecret}, nil, nil, time.Now, t.Context())
		if err != nil {
			t.Fatal(err)
		}
		asked := time.Now()
		time.Sleep(time.Second) // the clock of synctest: nobody waits
		f.note("oAlice_1", f.told(false, time.Now()))
		time.Sleep(followBudget - time.Second) // the no is over, and still known to have been
		if _, taken := f.note("oAlice_1", sighting{follows: true, at: asked}); taken {
			t.Error("rule: a look-up that began before a message came and takes all its time undoes nothing")
		}
		time.Sleep(pushRemembered)
		f.local.DeleteExpired()
		if n := f.local.ItemCount(); n != 0 {
			t.Errorf("rule: what is old is forgotten: %d", n)
		}
	})
}

func TestMustFollowGoesWithRequire(t *testing.T) {
	r := newRig(t)
	for _, mode := range []Mode{Optional, Login, Logout} {
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
			t.Errorf("rule: a demand that nobody knows is no open door: %v", p)
		}
	}()
	r.gate(Require, Following("follow?"))
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
		"zh": {"请先关注公众号", "我已关注，继续", "打开公众号主页"}, "en": {"Please follow the account", "I follow it now", "Show the account"},
	} {
		out := b.send(g, "GET", "/members", with("Accept", "text/html", "Accept-Language", lang))
		page := string(out.Body)
		for _, w := range append(words, `src="data:image/png;base64,`, `id="follow" href="https://mp.weixin.qq.com/mp/profile_ext?action=home&amp;__biz=MzA=="`) {
			if !strings.Contains(page, w) {
				t.Errorf("rule: the page shows code and link (%s): %q is missing in %s", lang, w, page)
			}
		}
	}
	r.advance(followsNotFor)
	local := NewGate(Require, r.instance(func(c *Config) { c.FollowQRCode = "/qr.png"; c.Sessions = nil }), MustFollow)
	b.cookies = map[string]string{}
	b.login(local, "/members")
	if page := string(b.get(local, "/members").Body); !strings.Contains(page, `src="https://app.example.com/qr.png"`) {
		t.Errorf("rule: a picture of the site is asked of the site: %s", page)
	}
}

func TestAuthTellsWhoFollows(t *testing.T) {
	r := newRig(t)
	b := r.browser()
	b.follows(true)
	ctx := context.Background()
	if yes, err := r.auth.Follows(ctx, b.openID()); !yes || err != nil {
		t.Errorf("rule: the app can ask too: %t %v", yes, err)
	}
	who, err := r.auth.Follower(ctx, b.openID())
	if err != nil || !who.Subscribed || who.UnionID == "" || who.SubscribedAt.IsZero() {
		t.Errorf("rule: a follower's union id and time are told: %+v %v", who, err)
	}
	if _, err := r.auth.Follows(ctx, "oStranger_1"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("rule: an openid of another account is no answer: %v", err)
	}
	if token, err := r.auth.AccountToken().Token(ctx); token == "" || err != nil || r.sim.Calls(wxsim.PathStableToken) != 1 {
		t.Errorf("rule: the account's token is the app's to use, and fetched once: %v", err)
	}
	left, cancel := context.WithCancel(ctx)
	cancel()
	release := make(chan struct{})
	defer close(release)
	r.sim.Fail(wxsim.PathFollower, wxsim.Fault{Times: 1, Wait: release})
	if _, err := r.auth.Follows(left, r.sim.OpenID(testAppID, "jun")); !errors.Is(err, context.Canceled) {
		t.Errorf("rule: who leaves does not wait: %v", err)
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
		t.Errorf("rule: a token server is told what WeChat refused: %v", err)
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
	b, g := r.browser(), r.gate(Require, MustFollow)
	b.follows(true)
	b.login(g, "/members")
	if b.user(g, "/members") == nil || r.sim.Calls(wxsim.PathToken) != 1 || r.sim.Calls(wxsim.PathStableToken) != 0 {
		t.Error("rule: /cgi-bin/token is used where the app says so")
	}
}

func TestATokenThatWeChatTookBackIsRenewed(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(Require, MustFollow)
	b.follows(true)
	b.login(g, "/members")
	b.user(g, "/members")
	r.sim.ExpireTokens(testAppID)
	r.advance(followsFor)
	if b.user(g, "/members") == nil {
		t.Errorf("rule: a token that another node ended is renewed, and nobody notices: %s", r.log)
	}
}

func TestWhatIsOldIsSwept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, err := newAuth(Config{AppID: testAppID, AppSecret: testSecret, KeepTokens: true, Logger: slog.New(slog.DiscardHandler)}, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		a.pushed.SetDefault("message", true)
		a.followers.note("oAlice_1", sighting{follows: true, at: time.Now()})
		a.tokens.keep(t.Context(), &wxapi.Token{OpenID: "oAlice_1", RefreshToken: "59_token"})
		time.Sleep(refreshLife + 2*sweepEvery) // the clock of synctest: nobody waits
		kept := 0
		for i := range a.tokens.memory.shards {
			kept += len(a.tokens.memory.shards[i].items)
		}
		if n := a.pushed.ItemCount() + a.followers.local.ItemCount() + kept; n != 0 {
			t.Errorf("rule: messages, followers and tokens that are over are forgotten: %d left", n)
		}
	})
}

func TestCloseEndsTheAccountsToken(t *testing.T) {
	r := newRig(t)
	r.auth.Close()
	if _, err := r.auth.AccountToken().Token(context.Background()); err == nil || r.sim.Calls(wxsim.PathStableToken) != 0 {
		t.Errorf("rule: after Close nobody calls WeChat: %v", err)
	}
}
