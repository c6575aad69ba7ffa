package wxsim

import (
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
)

const coreQuery = "?grant_type=client_credential&appid=" + app + "&secret=" + secret

// coreText asks for a token of /cgi-bin/token.
func (g *rig) coreText() string {
	g.t.Helper()
	b := g.api(PathToken + coreQuery)
	if b.AccessToken == "" || b.ExpiresIn != 7200 {
		g.t.Fatalf("a call of %s gives a token for 7200 s; got %+v", PathToken, b)
	}
	return b.AccessToken
}

// stableBody asks for a token of /cgi-bin/stable_token.
func (g *rig) stableBody(force bool) body {
	g.t.Helper()
	return g.json(PathStableToken, fmt.Sprintf(`{"grant_type":"client_credential","appid":"%s","secret":"%s","force_refresh":%v}`, app, secret, force))
}

func (g *rig) json(target, text string) body {
	g.t.Helper()
	return decode(g.t, g.do(httptest.NewRequest("POST", target, strings.NewReader(text))))
}

// use calls user/info with a token and returns the error code.
func (g *rig) use(token string) int {
	g.t.Helper()
	return g.api(PathFollower + "?access_token=" + token + "&openid=" + g.OpenID(app, "mei")).code()
}

func TestTokenIsRefused(t *testing.T) {
	for rule, tc := range map[string]struct {
		appID, secret, grant string
		code                 int
		msg                  string
	}{
		"appid is needed":                         {"", "x", "x", 41002, "appid missing"},
		"secret is needed, before appid is known": {"wxunknown", "", "x", 41004, "appsecret missing"},
		"appid must be known":                     {"wxunknown", "x", "x", 40013, "invalid appid"},
		"secret must be right":                    {app, "x", "x", 40125, "invalid appsecret"},
		"the secret is the account's own":         {app, "other-secret", "client_credential", 40125, "invalid appsecret"},
		"grant_type must be right":                {app, secret, "authorization_code", 40002, "invalid grant_type"},
		"grant_type is needed":                    {app, secret, "", 40002, "invalid grant_type"},
	} {
		g := newRig(t)
		for path, got := range map[string]body{
			PathToken:       g.api(PathToken + "?grant_type=" + tc.grant + "&appid=" + tc.appID + "&secret=" + tc.secret),
			PathStableToken: g.json(PathStableToken, `{"grant_type":"`+tc.grant+`","appid":"`+tc.appID+`","secret":"`+tc.secret+`"}`),
		} {
			rid := fmt.Sprintf("%08x", g.clock.now().Unix())
			if got.code() != tc.code || !regexp.MustCompile("^"+tc.msg+" rid: "+rid+"-[0-9a-f]{8}-[0-9a-f]{8}$").MatchString(got.ErrMsg) {
				t.Errorf("rule: %s at %s; got %d %q, want %d %q and a rid after a space", rule, path, got.code(), got.ErrMsg, tc.code, tc.msg)
			}
		}
		if g.states[app].used.today[PathToken]+g.states[app].used.today[PathStableToken] != 0 {
			t.Errorf("rule: a refused call costs nothing of the quota (%s)", rule)
		}
	}
}

func TestCoreMethods(t *testing.T) {
	g := newRig(t)
	for rule, tc := range map[string]struct {
		method, target string
		code           int
	}{
		"a token is asked for by GET":         {"POST", PathToken + coreQuery, 43001},
		"a follower is asked for by GET":      {"POST", PathFollower, 43001},
		"a ticket is asked for by GET":        {"PUT", PathTicket, 43001},
		"a stable token is asked for by POST": {"GET", PathStableToken, 43002},
		"followers are asked for by POST":     {"GET", PathFollowers, 43002},
		"HEAD is no GET":                      {"HEAD", PathToken + coreQuery, 43001},
	} {
		if got := decode(t, g.do(httptest.NewRequest(tc.method, tc.target, nil))); got.code() != tc.code {
			t.Errorf("rule: %s; got %d, want %d", rule, got.code(), tc.code)
		}
	}
}

func TestTokenOverlap(t *testing.T) {
	g := newRig(t)
	first := g.coreText()
	if !regexp.MustCompile(`^\d\d_[0-9A-Za-z_-]{136}$`).MatchString(first) {
		t.Errorf("rule: an account token is opaque and longer than 130 characters; got %q", first)
	}
	raw := g.get(PathToken + coreQuery).Body.String()
	if !regexp.MustCompile(`^\{"access_token":"[^"]+","expires_in":7200\}$`).MatchString(raw) {
		t.Errorf("rule: the reply is token and seconds, nothing else; got %s", raw)
	}
	second := regexp.MustCompile(`\d\d_[\w-]{136}`).FindString(raw)
	if second == first {
		t.Error("rule: each call gives a new token")
	}
	g.clock.advance(overlap - 1)
	if g.use(first) != 0 || g.use(second) != 0 {
		t.Error("rule: for five minutes both work")
	}
	third := g.coreText()
	g.clock.advance(1)
	dead := g.api(PathFollower + "?access_token=" + first)
	want := "invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r rid: "
	if dead.code() != 40001 || !strings.HasPrefix(dead.ErrMsg, want) {
		t.Errorf("rule: after five minutes the older one is not the latest, in WeChat's words; got %d %q", dead.code(), dead.ErrMsg)
	}
	if g.use(second) != 0 || g.use(third) != 0 {
		t.Error("rule: the one before the latest has five minutes of its own")
	}
	g.clock.advance(accountTokenLife - 2)
	if g.use(third) != 0 || g.use(second) != 40001 {
		t.Error("rule: the latest lives for 7200 s, one that was replaced is 40001 and not expired")
	}
	g.clock.advance(1)
	if got := g.use(third); got != 42001 {
		t.Errorf("rule: at 7200 s it is expired; got %d", got)
	}
	if got := g.use(g.coreText()); got != 0 {
		t.Errorf("rule: then a new one works; got %d", got)
	}
	g.clock.advance(accountTokenLife + remember)
	if got := g.use(third); got != 40014 {
		t.Errorf("rule: dead for 30 days it is not known at all; got %d", got)
	}
}

func TestAnExpiryStaysOne(t *testing.T) {
	g := newRig(t)
	first := g.coreText()
	g.clock.advance(accountTokenLife - time.Minute)
	g.coreText()
	g.clock.advance(time.Hour)
	if got := g.use(first); got != 42001 {
		t.Errorf("rule: one that expires before its overlap ends has expired; got %d", got)
	}
}

func TestTokensOfAnotherKind(t *testing.T) {
	g := newRig(t)
	for rule, tc := range map[string]struct {
		token string
		code  int
	}{
		"no token is 41001":              {"", 41001},
		"a malformed one is 40014":       {"x", 40014},
		"an unknown one is 40014":        {g.random.accountToken(), 40014},
		"a person's web token is 40001":  {g.login("mei", scopeUserInfo).AccessToken, 40001},
		"the secret is no token, either": {secret, 40014},
	} {
		for _, path := range []string{PathFollower, PathTicket} {
			if got := g.api(path + "?type=jsapi&openid=x&access_token=" + tc.token); got.code() != tc.code {
				t.Errorf("rule: %s at %s; got %d", rule, path, got.code())
			}
		}
		if got := g.json(PathFollowers+"?access_token="+tc.token, `{"user_list":[]}`); got.code() != tc.code {
			t.Errorf("rule: %s at %s; got %d", rule, PathFollowers, got.code())
		}
	}
	if got := g.api(PathAuth + "?openid=x&access_token=" + g.coreText()); got.code() != 40001 {
		t.Errorf("rule: an account token opens nothing of a person's; got %d", got.code())
	}
}

func TestExpireTokens(t *testing.T) {
	g := newRig(t)
	old, minted, stable := g.coreText(), g.coreText(), g.stableBody(false).AccessToken
	other := g.api(PathToken + "?grant_type=client_credential&appid=" + otherApp + "&secret=other-secret").AccessToken
	g.ExpireTokens(app)
	g.ExpireTokens("wxunknown")
	for _, token := range []string{old, minted, stable} {
		if got := g.use(token); got != 40001 {
			t.Errorf("rule: every live token answers 40001; got %d", got)
		}
	}
	if got := g.api(PathFollower + "?openid=" + g.OpenID(otherApp, "mei") + "&access_token=" + other); got.code() != 0 {
		t.Errorf("rule: those of another account live on; got %d", got.code())
	}
	if next := g.stableBody(false).AccessToken; next == stable || g.use(next) != 0 || g.use(g.coreText()) != 0 {
		t.Error("rule: both endpoints then give tokens that work")
	}
	if g.use(minted) != 40001 || g.use(stable) != 40001 {
		t.Error("rule: what is dead stays dead when the next one overlaps with it")
	}
}
