package wxsim

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestUserinfo(t *testing.T) {
	g := newRig(t)
	b := g.login("mei", scopeUserInfo)
	want := `{"openid":"` + g.OpenID(app, "mei") + `","nickname":"小美🌸","sex":0,"language":"","city":"","province":"","country":"",` +
		`"headimgurl":"http:\/\/example.com\/mmopen\/vi_32\/mei\/132","privilege":[],"unionid":"` + g.UnionID("mei") + `"}`
	for _, lang := range []string{"zh_CN", "en", "cn", ""} {
		raw := g.get(PathUserInfo + "?access_token=" + b.AccessToken + "&openid=" + b.OpenID + "&lang=" + lang).Body.String()
		if raw != want {
			t.Errorf("rule: userinfo is as today, whatever lang says (%q); got\n%s\nwant\n%s", lang, raw, want)
		}
	}
	if got := g.api(userinfoURL(g.login("lin", scopeUserInfo))); got.HeadImgURL == nil || *got.HeadImgURL != "" {
		t.Errorf("rule: without avatar headimgurl is there and empty; got %v", got.HeadImgURL)
	}
}

func TestAvatarIsReachedTheWayTheBrowserCame(t *testing.T) {
	g := newRig(t)
	r := httptest.NewRequest("GET", "https://sim.example.net"+linkFor(callback, scopeUserInfo, "s1"), nil)
	uuid := regexp.MustCompile(`name="uuid" value="(\w+)"`).FindStringSubmatch(g.do(r).Body.String())[1]
	loc := g.post(PathAuthorizeReply, "allow=1&person=mei&uuid="+uuid).Header().Get("Location")
	code := regexp.MustCompile(`code=(\w+)`).FindStringSubmatch(loc)[1]
	info := g.api(userinfoURL(g.api(tokenURL(code))))
	if info.HeadImgURL == nil || *info.HeadImgURL != "https://sim.example.net/mmopen/vi_32/mei/132" {
		t.Fatalf("rule: headimgurl has the browser's origin; got %v", info.HeadImgURL)
	}
	w := g.get("/mmopen/vi_32/mei/132")
	if w.Code != 200 || w.Header().Get("Content-Type") != "image/svg+xml" || !strings.HasPrefix(w.Body.String(), "<svg") {
		t.Errorf("rule: the simulator serves avatars; got %d %v", w.Code, w.Header())
	}
	for _, path := range []string{"/mmopen/vi_32/nobody/132", "/mmopen/vi_32/mei/9", "/mmopen/vi_32/mei"} {
		if w := g.get(path); w.Code != 404 {
			t.Errorf("rule: only known people have avatars, in WeChat's sizes; %s got %d", path, w.Code)
		}
	}
}

func TestTokenIsChecked(t *testing.T) {
	for rule, tc := range map[string]struct {
		query    string // AT and OPENID are put in
		after    time.Duration
		scope    string
		userinfo int
		auth     int
	}{
		"a good token works":                  {"access_token=AT&openid=OPENID", 0, scopeUserInfo, 0, 0},
		"access_token is needed":              {"openid=OPENID", 0, scopeUserInfo, 41001, 41001},
		"openid is needed":                    {"access_token=AT", 0, scopeUserInfo, 41009, 41009},
		"access_token must be known":          {"access_token=x&openid=OPENID", 0, scopeUserInfo, 40001, 40001},
		"openid must be the token's":          {"access_token=AT&openid=x", 0, scopeUserInfo, 40003, 40003},
		"a base token reads no profile":       {"access_token=AT&openid=OPENID", 0, scopeBase, 48001, 0},
		"openid comes before scope":           {"access_token=AT&openid=x", 0, scopeBase, 40003, 40003},
		"it works until just under 7200 s":    {"access_token=AT&openid=OPENID", 7200*time.Second - 1, scopeUserInfo, 0, 0},
		"it is expired at 7200 s":             {"access_token=AT&openid=OPENID", 7200 * time.Second, scopeUserInfo, 42001, 42001},
		"expiry comes before openid":          {"access_token=AT&openid=x", 7200 * time.Second, scopeUserInfo, 42001, 42001},
		"dead for 30 days, it is not known":   {"access_token=AT&openid=OPENID", 7200*time.Second + remember, scopeUserInfo, 40001, 40001},
		"until then it is known to have died": {"access_token=AT&openid=OPENID", 7200*time.Second + remember - 1, scopeUserInfo, 42001, 42001},
	} {
		g := newRig(t)
		b := g.login("mei", tc.scope)
		g.clock.advance(tc.after)
		query := strings.NewReplacer("AT", b.AccessToken, "OPENID", b.OpenID).Replace(tc.query)
		if got := g.api(PathUserInfo + "?" + query); got.code() != tc.userinfo {
			t.Errorf("rule: %s; userinfo got %d, want %d", rule, got.code(), tc.userinfo)
		}
		if got := g.api(PathAuth + "?" + query); got.code() != tc.auth {
			t.Errorf("rule: %s; auth got %d, want %d", rule, got.code(), tc.auth)
		}
	}
	g := newRig(t)
	if got := g.get(authURL(g.login("mei", scopeBase))).Body.String(); got != `{"errcode":0,"errmsg":"ok"}` {
		t.Errorf("rule: auth says ok without a rid; got %s", got)
	}
}

func TestSnapshot(t *testing.T) {
	g := newRig(t)
	g.SetSnapshot("mei", true)
	b := g.login("mei", scopeUserInfo)
	if b.Snapshot != 1 || b.OpenID == g.OpenID(app, "mei") || len(b.OpenID) != 28 || b.UnionID == nil || *b.UnionID == g.UnionID("mei") {
		t.Errorf("rule: a snapshot login is marked and has virtual ids; got %+v", b)
	}
	if again := g.login("mei", scopeUserInfo); again.OpenID != b.OpenID {
		t.Errorf("rule: virtual ids are stable; got %s and %s", b.OpenID, again.OpenID)
	}
	raw := g.get(userinfoURL(b)).Body.String()
	if !strings.Contains(raw, `"nickname":"微信用户"`) || strings.Contains(raw, "is_snapshotuser") {
		t.Errorf("rule: a snapshot profile is virtual and not marked; got %s", raw)
	}
	if base := g.login("mei", scopeBase); base.Snapshot != 0 || base.OpenID != g.OpenID(app, "mei") {
		t.Errorf("rule: snsapi_base is never a snapshot; got %+v", base)
	}
	if jun := g.login("jun", scopeUserInfo); jun.Snapshot != 0 {
		t.Errorf("rule: other people are not; got %+v", jun)
	}
	g.SetSnapshot("mei", false)
	if back := g.login("mei", scopeUserInfo); back.Snapshot != 0 || back.OpenID != g.OpenID(app, "mei") {
		t.Errorf("rule: it can be switched off; got %+v", back)
	}
}

func TestIDs(t *testing.T) {
	g := newRig(t)
	shape := regexp.MustCompile(`^osim_[0-9A-Za-z_-]{23}$`)
	seen := map[string]bool{}
	for _, p := range DefaultPeople() {
		for _, id := range []string{g.OpenID(app, p.ID), g.OpenID(otherApp, p.ID), g.UnionID(p.ID)} {
			if !shape.MatchString(id) || seen[id] {
				t.Errorf("rule: ids are osim_ and 23 more, each its own; got %q", id)
			}
			seen[id] = true
		}
	}
	if g.OpenID(app, "mei")[:10] != g.OpenID(app, "jun")[:10] || g.OpenID(app, "mei")[:10] == g.OpenID(otherApp, "mei")[:10] {
		t.Error("rule: openids of one account share a beginning, those of two do not")
	}
	if newRig(t).OpenID(app, "mei") != g.OpenID(app, "mei") {
		t.Error("rule: ids outlive the simulator")
	}
	if g.OpenID("x", "mei") != "" || g.OpenID(app, "x") != "" || g.UnionID("x") != "" {
		t.Error("rule: who is unknown has no id")
	}
}
