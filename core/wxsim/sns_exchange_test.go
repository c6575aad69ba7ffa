package wxsim

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestExchangeIsRefused(t *testing.T) {
	for rule, tc := range map[string]struct {
		query string // %s is a fresh code of app
		code  int
		msg   string
	}{
		"appid is needed":                           {"secret=x&code=%s&grant_type=authorization_code", 41002, "appid missing"},
		"a missing appid comes before all":          {"", 41002, "appid missing"},
		"secret is needed":                          {"appid=" + app + "&code=%s", 41004, "appsecret missing"},
		"a missing secret comes before code":        {"appid=" + app, 41004, "appsecret missing"},
		"code is needed":                            {"appid=" + app + "&secret=" + secret, 41008, "missing code"},
		"missing ones come before a wrong appid":    {"appid=wxunknown&secret=x", 41008, "missing code"},
		"appid must be known":                       {"appid=wxunknown&secret=x&code=%s&grant_type=x", 40013, "invalid appid"},
		"secret must be right":                      {"appid=" + app + "&secret=x&code=%s&grant_type=x", 40125, "invalid appsecret"},
		"the secret is the account's own":           {"appid=" + app + "&secret=other-secret&code=%s&grant_type=authorization_code", 40125, "invalid appsecret"},
		"grant_type must be right, before the code": {"appid=" + app + "&secret=" + secret + "&code=x&grant_type=x", 40002, "invalid grant_type"},
		"grant_type is needed":                      {"appid=" + app + "&secret=" + secret + "&code=%s", 40002, "invalid grant_type"},
		"code must be known":                        {"appid=" + app + "&secret=" + secret + "&code=x&grant_type=authorization_code", 40029, "invalid code"},
		"code must be of this account":              {"appid=" + otherApp + "&secret=other-secret&code=%s&grant_type=authorization_code", 40029, "invalid code"},
	} {
		g := newRig(t)
		code := g.code("mei", scopeBase)
		got := g.api(PathAccessToken + "?" + strings.Replace(tc.query, "%s", code, 1))
		rid := fmt.Sprintf("%08x", g.clock.now().Unix())
		if got.code() != tc.code || !regexp.MustCompile("^"+tc.msg+", rid: "+rid+"-[0-9a-f]{8}-[0-9a-f]{8}$").MatchString(got.ErrMsg) {
			t.Errorf("rule: %s; got %d %q, want %d %q and a rid of %s", rule, got.code(), got.ErrMsg, tc.code, tc.msg, rid)
		}
		if after := g.api(tokenURL(code)); after.code() != 0 {
			t.Errorf("rule: a refused exchange uses no code up (%s); got %d", rule, after.code())
		}
	}
}

func TestASecretThatIsResetEndsTheOldOne(t *testing.T) {
	g := newRig(t)
	if err := g.SetSecret(app, "new-secret"); err != nil {
		t.Fatal(err)
	}
	exchange := func(secret string) int {
		return g.api(PathAccessToken + "?grant_type=authorization_code&appid=" + app + "&secret=" + secret + "&code=" + g.code("mei", scopeBase)).code()
	}
	token := func(secret string) int {
		return g.api(PathToken + "?grant_type=client_credential&appid=" + app + "&secret=" + secret).code()
	}
	if exchange(secret) != 40125 || token(secret) != 40125 || exchange("new-secret") != 0 || token("new-secret") != 0 {
		t.Error("rule: from the reset on the new secret counts, and the old one does not")
	}
	if g.SetSecret("wxunknown", "x") == nil || g.SetSecret(app, "") == nil {
		t.Error("rule: SetSecret refuses unknown accounts and an empty secret")
	}
}

func TestCodeLife(t *testing.T) {
	for rule, tc := range map[string]struct {
		used  bool
		after time.Duration
		want  int
	}{
		"works at once":                         {false, 0, 0},
		"works until just under five minutes":   {false, 5*time.Minute - 1, 0},
		"is dead at five minutes":               {false, 5 * time.Minute, 40029},
		"works once":                            {true, 0, 40163},
		"is known as used under five minutes":   {true, 5*time.Minute - 1, 40163},
		"is unknown, used or not, five minutes": {true, 5 * time.Minute, 40029},
	} {
		g := newRig(t)
		code := g.code("mei", scopeBase)
		if !regexp.MustCompile(`^[0-9A-Za-z]{32}$`).MatchString(code) {
			t.Errorf("rule: a code is 32 letters and digits; got %q", code)
		}
		if tc.used {
			g.api(tokenURL(code))
		}
		g.clock.advance(tc.after)
		if got := g.api(tokenURL(code)); got.code() != tc.want {
			t.Errorf("rule: a code %s; got %d, want %d", rule, got.code(), tc.want)
		}
	}
}

func TestExchangeReply(t *testing.T) {
	g := newRig(t, func(c *Config) {
		c.Accounts = append(c.Accounts, Account{AppID: "wxfree", Secret: "s", Domain: "free.example.com", NoUnionID: true})
	})
	base, full := g.login("mei", scopeBase), g.login("mei", scopeUserInfo)
	shape := regexp.MustCompile(`^\d\d_[0-9A-Za-z_-]{107}$`)
	if !shape.MatchString(full.AccessToken) || !shape.MatchString(full.RefreshToken) || full.AccessToken == full.RefreshToken ||
		full.ExpiresIn != 7200 || full.OpenID != g.OpenID(app, "mei") || full.Scope != scopeUserInfo || full.Snapshot != 0 || full.ErrCode != nil {
		t.Errorf("rule: the reply has the fields of WeChat's; got %+v", full)
	}
	if base.UnionID != nil {
		t.Errorf("rule: snsapi_base brings no unionid; got %q", *base.UnionID)
	}
	if full.UnionID == nil || *full.UnionID != g.UnionID("mei") {
		t.Errorf("rule: snsapi_userinfo brings the unionid; got %v", full.UnionID)
	}
	code, _ := g.Code("wxfree", "mei", scopeUserInfo)
	if free := g.api(PathAccessToken + "?appid=wxfree&secret=s&grant_type=authorization_code&code=" + code); free.UnionID != nil || free.OpenID == "" {
		t.Errorf("rule: an account with NoUnionID gets none; got %+v", free)
	}
	raw := g.get(tokenURL(g.code("mei", scopeUserInfo))).Body.String()
	if !regexp.MustCompile(`^\{"access_token":"[^"]+","expires_in":7200,"refresh_token":"[^"]+","openid":"[^"]+","scope":"snsapi_userinfo","unionid":"[^"]+"\}$`).MatchString(raw) {
		t.Errorf("rule: the fields come in WeChat's order and nothing else does; got %s", raw)
	}
}

func TestExchangeTakesQueryAndForm(t *testing.T) {
	for rule, split := range map[string]int{
		"all in the form":                           0,
		"account in the query, code in the form":    2,
		"all in the query, with an empty form sent": 4,
	} {
		g := newRig(t)
		all := []string{"appid=" + app, "secret=" + secret, "code=" + g.code("mei", scopeBase), "grant_type=authorization_code"}
		got := decode(t, g.post(PathAccessToken+"?"+strings.Join(all[:split], "&"), strings.Join(all[split:], "&")))
		if got.code() != 0 || got.OpenID == "" {
			t.Errorf("rule: POST works with %s; got %d %s", rule, got.code(), got.ErrMsg)
		}
	}
	g := newRig(t)
	if got := decode(t, g.post(PathAccessToken, "pad="+strings.Repeat("x", maxBody)+"&appid="+app)); got.code() != 41002 {
		t.Errorf("rule: a form too large counts as missing; got %d", got.code())
	}
}

func TestOneCodeManyCallers(t *testing.T) {
	g := newRig(t)
	code := g.code("mei", scopeUserInfo)
	var wg sync.WaitGroup
	results := make([]int, 40)
	for i := range results {
		wg.Add(1)
		go func() {
			defer wg.Done()
			results[i] = decode(t, g.get(tokenURL(code))).code()
			g.login("jun", scopeBase)
			g.get("/")
			g.SetSnapshot("lin", i%2 == 0)
			g.Fail(PathAuth, Fault{Code: -1, Times: 1})
			g.get(PathAuth)
			g.Clear(PathAuth)
			g.Calls(PathAuth)
			g.post(PathAuthorizeReply, "allow=1&person=lin&uuid="+g.open())
		}()
	}
	wg.Wait()
	won := 0
	for _, c := range results {
		if c == 0 {
			won++
		} else if c != 40163 {
			t.Errorf("rule: whoever is late reads 40163; got %d", c)
		}
	}
	if won != 1 {
		t.Errorf("rule: a code works for exactly one of many callers; got %d", won)
	}
	if n := g.Calls(PathAccessToken); n != 80 {
		t.Errorf("rule: every call counts; got %d, want 80", n)
	}
}

func TestRefresh(t *testing.T) {
	const day = 24 * time.Hour
	g := newRig(t)
	first := g.login("mei", scopeUserInfo)
	g.clock.advance(time.Hour)
	same := g.api(refreshURL(first))
	if same.AccessToken != first.AccessToken || same.RefreshToken != first.RefreshToken || same.ExpiresIn != 7200 ||
		same.OpenID != first.OpenID || same.Scope != scopeUserInfo || same.UnionID != nil {
		t.Errorf("rule: a token alive is returned again, without unionid; got %+v", same)
	}
	g.clock.advance(7199 * time.Second)
	if got := g.api(authURL(first)); got.code() != 0 {
		t.Errorf("rule: a refresh extends the token by 7200 s; got %d", got.code())
	}
	g.clock.advance(time.Second)
	fresh := g.api(refreshURL(first))
	if fresh.AccessToken == first.AccessToken || g.api(userinfoURL(fresh)).code() != 0 {
		t.Errorf("rule: a dead token is replaced by one that works; got %+v", fresh)
	}
	g.clock.advance(30*day - time.Hour - 7200*time.Second - 1)
	if got := g.api(refreshURL(first)); got.code() != 0 {
		t.Errorf("rule: refresh works until 30 days; got %d", got.code())
	}
	g.clock.advance(1)
	if got := g.api(refreshURL(first)); got.code() != 42002 {
		t.Errorf("rule: refresh is dead at 30 days, whatever was refreshed; got %d", got.code())
	}
	g.clock.advance(30 * day)
	if got := g.api(refreshURL(first)); got.code() != 40030 {
		t.Errorf("rule: a token dead for 30 days is forgotten; got %d", got.code())
	}
}

func TestRefreshIsRefused(t *testing.T) {
	g := newRig(t)
	b := g.login("mei", scopeBase)
	for rule, tc := range map[string]struct {
		query string
		code  int
	}{
		"appid is needed":             {"", 41002},
		"refresh_token is needed":     {"appid=" + app, 41003},
		"appid must be known":         {"appid=x&refresh_token=x", 40013},
		"grant_type must be right":    {"appid=" + app + "&refresh_token=x&grant_type=authorization_code", 40002},
		"refresh_token must be known": {"appid=" + app + "&refresh_token=x&grant_type=refresh_token", 40030},
		"it is bound to the account":  {"appid=" + otherApp + "&grant_type=refresh_token&refresh_token=" + b.RefreshToken, 40030},
		"an access token is none":     {"appid=" + app + "&grant_type=refresh_token&refresh_token=" + b.AccessToken, 40030},
	} {
		if got := g.api(PathRefreshToken + "?" + tc.query); got.code() != tc.code {
			t.Errorf("rule: %s; got %d, want %d", rule, got.code(), tc.code)
		}
	}
	g.login("jun", scopeBase)
	if got := g.api(refreshURL(b)); got.code() != 0 {
		t.Errorf("rule: another person's login leaves the token alone; got %d", got.code())
	}
	g.login("mei", scopeBase)
	if got := g.api(refreshURL(b)); got.code() != 40030 {
		t.Errorf("rule: the same person's next login ends the refresh_token; got %d", got.code())
	}
	if got := g.api(authURL(b)); got.code() != 0 {
		t.Errorf("rule: the access token lives on after that; got %d", got.code())
	}
	if got := decode(t, g.post(PathRefreshToken, url.Values{"appid": {app}}.Encode())); got.code() != 43001 {
		t.Errorf("rule: refresh wants GET; got %d", got.code())
	}
}
