package core

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/wxsim"
)

func TestWithoutAUnionIDAPersonIsOnlyTheOpenID(t *testing.T) {
	var told []User
	r := newRig(t, withWebsite, func(c *Config) {
		c.OnLogin = func(_ context.Context, u *User) error { told = append(told, *u); return nil }
	})
	r.sim.Fail(wxsim.PathUserInfo, wxsim.Fault{Body: `{"openid":"` + r.sim.OpenID(testWebsiteID, "mei") + `","nickname":"小美"}`})
	r.sim.Fail(wxsim.PathAccessToken, wxsim.Fault{Body: `{"access_token":"59_0123456789012345678901234567890123456789","expires_in":7200,"openid":"` + r.sim.OpenID(testWebsiteID, "mei") + `","scope":"snsapi_login"}`})
	b, g := r.desktop(), r.gate(ModeRequire)
	if b.login(g, "/me") != "/me" {
		t.Fatal("no login")
	}
	if u := b.user(g, "/me"); u == nil || u.UnionID != "" || u.OpenID != r.sim.OpenID(testWebsiteID, "mei") || len(told) != 1 || told[0].UnionID != "" {
		t.Errorf("rule: the app is told that there is no union id, and none is made up: %+v", told)
	}
}

func TestASessionNamesItsApplication(t *testing.T) {
	store := session.NewMemory()
	shared := func(c *Config) { c.Sessions = manager(store) }
	r := newRig(t, withWebsite, shared)
	desk, phone := r.desktop(), r.browser()
	desk.login(r.gate(ModeRequire), "/me")
	phone.login(r.gate(ModeRequire), "/me")
	for rule, c := range map[string]struct {
		change         func(*Config)
		scans, account bool
	}{
		"with the same website application both stay":                 {change: withWebsite, scans: true, account: true},
		"after it was replaced, its sessions are nobody's":            {change: func(c *Config) { c.Website = Website{"wx00000000000000ff", "another-secret"} }, account: true},
		"after it was taken out, its sessions are nobody's":           {change: func(*Config) {}, account: true},
		"a replaced secret ends no session, because it signs nothing": {change: func(c *Config) { c.Website = Website{testWebsiteID, "another-secret"} }, scans: true, account: true},
	} {
		auth := r.instance(shared, c.change)
		for b, want := range map[*browser]bool{desk: c.scans, phone: c.account} {
			copied := *b
			copied.cookies = map[string]string{}
			for name, value := range b.cookies {
				copied.cookies[name] = value
			}
			u := copied.user(NewGate(ModeRequire, auth), "/me")
			if (u != nil) != want {
				t.Errorf("rule: %s: %v, want a session %v", rule, u, want)
			}
			if app := map[*browser]string{desk: testWebsiteID, phone: testAppID}[b]; u != nil && u.AppID != app {
				t.Errorf("rule: %s: the user is of %s, want %s", rule, u.AppID, app)
			}
		}
	}
}

// With AnyBrowser one browser may log in both ways.
func TestTheOtherOpenIDOfAPersonIsAnotherPerson(t *testing.T) {
	m := manager(session.NewMemory())
	r := newRig(t, withWebsite, func(c *Config) { c.Sessions = m })
	b, g := r.desktop(), r.gate(ModeRequire)
	b.login(g, "/me")
	ctx, err := m.Load(context.Background(), b.cookies["session"])
	if err != nil {
		t.Fatal(err)
	}
	m.Put(ctx, "cart", "full")
	if _, _, err := m.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	r.advance(2 * time.Second)
	b.ua = inWeChat
	again := r.gate(ModeLogin, MaxAge(0))
	b.arrives(b.get(again, b.consent(b.get(again, "/login"))))
	ctx, err = m.Load(context.Background(), b.cookies["session"])
	if u := b.user(g, "/me"); err != nil || u == nil || u.AppID != testAppID || m.GetString(ctx, "cart") != "" {
		t.Errorf("rule: the later login counts, and what the session held belongs to the former: %v, %q, %v", u, m.GetString(ctx, "cart"), err)
	}
}

func TestFollowersAtTheScreen(t *testing.T) {
	const follow, unavailable = `data-page="follow"`, `data-page="unavailable"`
	for rule, c := range map[string]struct {
		openIDFor func(r *rig, u *User) (string, error)
		follows   bool
		down      bool
		following Following
		status    int
		page      string
		asked     int
	}{
		"whom the app does not know is asked to scan and follow":    {func(*rig, *User) (string, error) { return "", nil }, true, false, MustFollow, 403, follow, 0},
		"whom the app knows, and who follows, comes in":             {openIDByUnionID, true, false, MustFollow, 0, "", 1},
		"whom the app knows, and who does not follow, is asked to":  {openIDByUnionID, false, false, MustFollow, 403, follow, 1},
		"an app that fails is unavailable":                          {func(*rig, *User) (string, error) { return "", errors.New("down") }, true, false, MustFollow, 503, unavailable, 0},
		"an app that fails is unavailable also while WeChat may be": {func(*rig, *User) (string, error) { return "", errors.New("down") }, true, false, MustFollowUnlessDown, 503, unavailable, 0},
		"an app that panics is unavailable":                         {func(*rig, *User) (string, error) { panic("secret") }, true, false, MustFollow, 503, unavailable, 0},
		"the website's own open id follows no account":              {func(_ *rig, u *User) (string, error) { return u.OpenID, nil }, true, false, MustFollow, 503, unavailable, 0},
		"what is no open id is not asked about":                     {func(*rig, *User) (string, error) { return "a b", nil }, true, false, MustFollow, 503, unavailable, 0},
		"while WeChat is down nobody comes in":                      {openIDByUnionID, true, true, MustFollow, 503, unavailable, 1},
		"while WeChat may be down everybody does":                   {openIDByUnionID, true, true, MustFollowUnlessDown, 0, "", 1},
		"without the hook nobody follows":                           {nil, true, false, MustFollow, 403, follow, 0},
	} {
		r := newRig(t, withWebsite)
		if c.openIDFor != nil {
			r.auth = r.instance(withWebsite, func(k *Config) {
				k.FollowQRCode = "https://mp.weixin.qq.com/mp/profile_ext?action=home&__biz=x"
				k.OpenIDFor = func(_ context.Context, u *User) (string, error) { return c.openIDFor(r, u) }
			})
		}
		b, g := r.desktop(), r.gate(ModeRequire, c.following)
		r.sim.SetFollowing(testAppID, b.person, c.follows)
		if b.login(g, "/members") != "/members" {
			t.Fatal("no login")
		}
		if c.down {
			r.sim.Fail(wxsim.PathFollower, wxsim.Fault{Drop: true})
		}
		before := r.sim.Calls(wxsim.PathFollower)
		out := b.get(g, "/members")
		if out.Status != c.status || !strings.Contains(string(out.Body), c.page) {
			t.Errorf("rule: %s: %d %s", rule, out.Status, out.Body)
		}
		if asked := r.sim.Calls(wxsim.PathFollower) - before; (asked > 0) != (c.asked > 0) {
			t.Errorf("rule: %s: WeChat is asked %d times", rule, asked)
		}
		if c.page == follow && c.openIDFor != nil && (!strings.Contains(string(out.Body), "用手机微信扫码关注") || strings.Contains(string(out.Body), `id="follow"`) || !strings.Contains(string(out.Body), `<img src="data:image/png`)) {
			t.Errorf("rule: the page shows a code for the phone, and no link that only WeChat opens: %s", out.Body)
		}
		if strings.Contains(r.log.String(), "secret") {
			t.Errorf("rule: no value of a panic is logged: %s", r.log)
		}
	}
}

func openIDByUnionID(r *rig, u *User) (string, error) {
	for _, p := range wxsim.DefaultPeople() {
		if r.sim.UnionID(p.ID) == u.UnionID {
			return r.sim.OpenID(testAppID, p.ID), nil
		}
	}
	return "", nil
}

func TestAVisitorOfTheAccountIsNotAskedFor(t *testing.T) {
	asked := 0
	r := newRig(t, withWebsite, func(c *Config) {
		c.OpenIDFor = func(context.Context, *User) (string, error) { asked++; return "", nil }
	})
	b, g := r.browser(), r.gate(ModeRequire, MustFollow)
	r.sim.SetFollowing(testAppID, b.person, true)
	if b.login(g, "/members"); b.user(g, "/members") == nil || asked != 0 {
		t.Errorf("rule: an open id of the account's needs no look-up: %d", asked)
	}
}

func TestAVisitorAtTheScreenIsTheInstances(t *testing.T) {
	r := newRig(t, withWebsite)
	b, g := r.desktop(), r.gate(ModeRequire)
	b.login(g, "/me")
	for _, gate := range []*Gate{g, r.gate(ModeRequire, Skip(func(*Request) bool { return false }))} { // the second is not fast
		if u, ok := FromContextFor(b.get(gate, "/me").Context, r.auth); !ok || u.AppID != testWebsiteID {
			t.Errorf("rule: the user of the website application is the instance's user: %v", u)
		}
	}
	if _, ok := FromContextFor(b.get(g, "/me").Context, r.instance(func(c *Config) { c.AppID = "wx00000000000000ff" })); ok {
		t.Error("rule: and no other instance's")
	}
}
