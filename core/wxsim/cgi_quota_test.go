package wxsim

import (
	"testing"
	"time"
)

func TestQuota(t *testing.T) {
	limit := func(path string, n int) func(*Config) {
		return func(c *Config) { c.Accounts[0].Quotas = map[string]int{path: n} }
	}
	for rule, tc := range map[string]struct {
		path string
		ask  func(*rig, string) body
	}{
		"the token's":        {PathToken, func(g *rig, _ string) body { return g.api(PathToken + coreQuery) }},
		"the stable token's": {PathStableToken, func(g *rig, _ string) body { return g.stableBody(false) }},
		"user/info's": {PathFollower, func(g *rig, token string) body {
			return g.api(PathFollower + "?access_token=" + token + "&openid=" + g.OpenID(app, "mei"))
		}},
		"batchget's": {PathFollowers, func(g *rig, token string) body {
			return g.json(PathFollowers+"?access_token="+token, `{"user_list":[{"openid":"`+g.OpenID(app, "mei")+`"}]}`)
		}},
		"the ticket's": {PathTicket, func(g *rig, token string) body {
			return g.api(PathTicket + "?type=jsapi&access_token=" + token)
		}},
	} {
		g := newRig(t, limit(tc.path, 2))
		token := g.random.accountToken()
		if tc.path != PathToken {
			token = g.coreText()
		}
		for i, want := range []int{0, 0, 45009, 45009} {
			if got := tc.ask(g, token); got.code() != want {
				t.Errorf("rule: %s quota lets two calls through; call %d got %d %s", rule, i+1, got.code(), got.ErrMsg)
			}
		}
		// The clock says 03:04:05 UTC, 11:04:05 in Beijing.
		g.clock.advance(13*time.Hour - 4*time.Minute - 6*time.Second)
		if tc.path != PathToken {
			token = g.coreText()
		}
		if got := tc.ask(g, token); got.code() != 45009 {
			t.Errorf("rule: %s quota is one of Beijing's day; at 23:59:59 got %d", rule, got.code())
		}
		g.clock.advance(time.Second)
		if got := tc.ask(g, token); got.code() != 0 {
			t.Errorf("rule: %s quota begins anew at midnight in Beijing; got %d", rule, got.code())
		}
		if none := newRig(t, limit(tc.path, 0)); tc.path == PathToken && tc.ask(none, "").code() != 45009 {
			t.Errorf("rule: a limit of 0 is none at all")
		}
	}
}

func TestDefaultQuotas(t *testing.T) {
	g := newRig(t)
	for range 2000 {
		g.coreText()
	}
	if got := g.api(PathToken + coreQuery); got.code() != 45009 {
		t.Errorf("rule: by default there are 2000 tokens a day; got %d", got.code())
	}
	if got := g.api(PathToken + "?grant_type=client_credential&appid=" + otherApp + "&secret=other-secret"); got.code() != 0 {
		t.Errorf("rule: a quota is one account's; another got %d", got.code())
	}
	for path, want := range map[string]int{PathStableToken: 500000, PathFollower: 5000000, PathFollowers: -1, PathTicket: -1} {
		if got := dailyLimit(path); got != want {
			t.Errorf("rule: the default of %s is %d; got %d", path, want, got)
		}
	}
}

func TestQuotasAreTheSimulatorsOwn(t *testing.T) {
	mine := map[string]int{PathToken: 0}
	g := newRig(t, func(c *Config) { c.Accounts[0].Quotas = mine })
	mine[PathToken] = 5
	if got := g.api(PathToken + coreQuery); got.code() != 45009 {
		t.Errorf("rule: a map changed after New changes nothing; got %d", got.code())
	}
}
