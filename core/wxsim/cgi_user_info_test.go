package wxsim

import (
	"context"
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestFollowerReply(t *testing.T) {
	const since = "1767323045" // 2026-01-02 03:04:05 UTC
	for rule, tc := range map[string]struct {
		how  func(*rig) error
		want string // after openid
	}{
		"of somebody who does not follow there is the openid alone": {nil, ``},
		"a follower's keys are all there, nickname and avatar empty": {
			func(g *rig) error { return g.SetFollowing(app, "mei", true) },
			`"subscribe_scene":"ADD_SCENE_SEARCH","qr_scene":0,"qr_scene_str":""`},
		"Follow counts as a search": {
			func(g *rig) error { return g.Follow(context.Background(), app, "mei") },
			`"subscribe_scene":"ADD_SCENE_SEARCH","qr_scene":0,"qr_scene_str":""`},
		"a QR code's number is qr_scene": {
			func(g *rig) error { return g.Scan(context.Background(), app, "mei", "4294967295") },
			`"subscribe_scene":"ADD_SCENE_QR_CODE","qr_scene":4294967295,"qr_scene_str":""`},
		"a QR code's text is qr_scene_str": {
			func(g *rig) error { return g.Scan(context.Background(), app, "mei", "4294967296") },
			`"subscribe_scene":"ADD_SCENE_QR_CODE","qr_scene":0,"qr_scene_str":"4294967296"`},
	} {
		g := newRig(t)
		if tc.how != nil {
			if err := tc.how(g); err != nil {
				t.Fatalf("rule: %s; got %v", rule, err)
			}
		}
		token := g.coreText()
		want := `{"subscribe":0,"openid":"` + g.OpenID(app, "mei") + `"}`
		if tc.want != "" {
			want = `{"subscribe":1,"openid":"` + g.OpenID(app, "mei") + `","nickname":"","sex":0,"language":"zh_CN","city":"","province":"",` +
				`"country":"","headimgurl":"","subscribe_time":` + since + `,"unionid":"` + g.UnionID("mei") + `",` +
				`"remark":"","groupid":0,"tagid_list":[],` + tc.want + `}`
		}
		g.clock.advance(time.Minute)
		if got := g.get(PathFollower + "?access_token=" + token + "&openid=" + g.OpenID(app, "mei") + "&lang=en").Body.String(); got != want {
			t.Errorf("rule: %s; got\n%s\nwant\n%s", rule, got, want)
		}
	}
}

func TestNoUnionIDWithoutOpenPlatform(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Accounts[0].NoUnionID = true })
	g.SetFollowing(app, "mei", true)
	raw := g.get(PathFollower + "?access_token=" + g.coreText() + "&openid=" + g.OpenID(app, "mei")).Body.String()
	if strings.Contains(raw, "unionid") || !strings.Contains(raw, `"subscribe":1`) || !strings.Contains(raw, `,"remark":"",`) {
		t.Errorf("rule: an account with NoUnionID gets none, and everything else; got %s", raw)
	}
}

func TestFollowerIsRefused(t *testing.T) {
	g := newRig(t)
	token := g.coreText()
	for rule, tc := range map[string]struct {
		openid string
		code   int
	}{
		"openid is needed":                   {"", 41009},
		"openid must be one":                 {"x", 40003},
		"openid must be of this account":     {g.OpenID(otherApp, "mei"), 40003},
		"a unionid is no openid":             {g.UnionID("mei"), 40003},
		"a snapshot's openid is no person's": {snapshotOpenID(app, "mei"), 40003},
		"a good one is good":                 {g.OpenID(app, "jun"), 0},
	} {
		if got := g.api(PathFollower + "?access_token=" + token + "&openid=" + tc.openid); got.code() != tc.code {
			t.Errorf("rule: %s; got %d, want %d", rule, got.code(), tc.code)
		}
	}
	if got := g.api(PathFollower + "?access_token=x"); got.code() != 40014 {
		t.Errorf("rule: the token comes before openid; got %d", got.code())
	}
}

func TestBatchGet(t *testing.T) {
	g := newRig(t)
	g.SetFollowing(app, "jun", true)
	target := PathFollowers + "?access_token=" + g.coreText()
	entry := func(person string) string { return `{"openid":"` + g.OpenID(app, person) + `","lang":"zh_CN"}` }
	list := func(n int) string {
		return `{"user_list":[` + strings.TrimSuffix(strings.Repeat(entry("mei")+",", n), ",") + `]}`
	}
	one := func(person string) string {
		return g.get(PathFollower + "?access_token=" + g.coreText() + "&openid=" + g.OpenID(app, person)).Body.String()
	}
	raw := g.do(httptest.NewRequest("POST", target, strings.NewReader(`{"user_list":[`+entry("mei")+`,`+entry("jun")+`]}`))).Body.String()
	if want := `{"user_info_list":[` + one("mei") + `,` + one("jun") + `]}`; raw != want {
		t.Errorf("rule: each is as alone, in the order asked; got\n%s\nwant\n%s", raw, want)
	}
	for rule, tc := range map[string]struct {
		body string
		code int
	}{
		"an empty body is 44002":          {"", 44002},
		"what is no JSON is 47001":        {"x", 47001},
		"an empty list is none":           {`{"user_list":[]}`, 40032},
		"a hundred is the most":           {list(100), 0},
		"a hundred and one is too many":   {list(101), 40032},
		"one of another spoils the call":  {`{"user_list":[` + entry("mei") + `,{"openid":"` + g.OpenID(otherApp, "mei") + `"}]}`, 40003},
		"an entry without openid is none": {`{"user_list":[{}]}`, 40003},
	} {
		if got := g.json(target, tc.body); got.code() != tc.code {
			t.Errorf("rule: %s; got %d, want %d", rule, got.code(), tc.code)
		}
	}
	if got := g.json(PathFollowers, ""); got.code() != 41001 {
		t.Errorf("rule: the token comes before the body; got %d", got.code())
	}
}

func TestTicket(t *testing.T) {
	g := newRig(t)
	ask := func() string { return g.get(PathTicket + "?type=jsapi&access_token=" + g.coreText()).Body.String() }
	shape := func(seconds int) *regexp.Regexp {
		return regexp.MustCompile(fmt.Sprintf(`^\{"errcode":0,"errmsg":"ok","ticket":"([0-9A-Za-z_-]{86})","expires_in":%d\}$`, seconds))
	}
	first := shape(7200).FindStringSubmatch(ask())
	if first == nil {
		t.Fatalf("rule: a ticket has 86 characters and lives for 7200 s; got %s", ask())
	}
	g.clock.advance(ticketLife - time.Second)
	if again := shape(1).FindStringSubmatch(ask()); again == nil || again[1] != first[1] {
		t.Errorf("rule: it is the same while it lives, with the seconds that are left; got %s", ask())
	}
	g.clock.advance(time.Second)
	if next := shape(7200).FindStringSubmatch(ask()); next == nil || next[1] == first[1] {
		t.Errorf("rule: after that it is another; got %s", ask())
	}
	card := g.api(PathTicket + "?type=wx_card&access_token=" + g.coreText())
	if card.code() != 0 || card.ExpiresIn != 7200 || strings.Contains(ask(), card.Ticket) {
		t.Errorf("rule: cards have a ticket of their own; got %+v", card)
	}
	for _, kind := range []string{"", "&type=x"} {
		if got := g.api(PathTicket + "?access_token=" + g.coreText() + kind); got.code() != 40097 {
			t.Errorf("rule: there are two types of ticket; %q got %d", kind, got.code())
		}
	}
}
