package wxsim

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestAVisitorLogsInThroughThePlatform(t *testing.T) {
	g, e := platformRig(t, func(p *Platform) { p.Connected = []string{app} })
	token := g.componentText(e)
	link := func(redirect, scope, platform string) *httptest.ResponseRecorder {
		return g.get(strings.Replace(linkFor(redirect, scope, "s1"), "?", "?", 1) + "&component_appid=" + platform)
	}
	for _, c := range []struct{ rule, redirect, platform, want string }{
		{"the platform's domain counts", "https://saas.example.com/a", component, ""},
		{"the account's own domain does not", callback, component, "10003"},
		{"an unknown platform is refused", "https://saas.example.com/a", "wx1", "component_appid"},
	} {
		if got := link(c.redirect, scopeBase, c.platform).Header().Get("X-Wxsim-Error"); got != c.want {
			t.Errorf("rule: %s; got %q", c.rule, got)
		}
	}
	code := func() string {
		to, _ := url.Parse(link("https://saas.example.com/a?b=c", scopeBase, component).Header().Get("Location"))
		if to.Query().Get("appid") != app || to.Query().Get("state") != "s1" || to.Query().Get("b") != "c" {
			t.Fatalf("rule: the callback has code, state and appid; got %s", to)
		}
		return to.Query().Get("code")
	}
	exchange := func(appID, code string) body {
		return g.api(PathComponentAccessToken + "?appid=" + appID + "&code=" + code + "&grant_type=authorization_code&component_appid=" + component + "&component_access_token=" + token)
	}
	first := code()
	if got := g.api(tokenURL(first)).code(); got != 40029 {
		t.Errorf("rule: the account's own secret does not spend a code of the platform; got %d", got)
	}
	if got := exchange(app, g.code("mei", scopeBase)).code(); got != 40029 {
		t.Errorf("rule: the platform does not spend a code of the account's own login; got %d", got)
	}
	tokens := exchange(app, first)
	if tokens.OpenID != g.OpenID(app, "mei") || tokens.RefreshToken == "" {
		t.Errorf("rule: the code gives the openid at the account; got %+v", tokens)
	}
	if got := exchange(app, first).code(); got != 40163 {
		t.Errorf("rule: a code works once; got %d", got)
	}
	if got := exchange(otherApp, code()).code(); got != 61003 {
		t.Errorf("rule: an account that has not agreed is 61003; got %d", got)
	}
	renew := PathComponentRefreshToken + "?appid=" + app + "&grant_type=refresh_token&component_appid=" + component + "&component_access_token=" + token + "&refresh_token=" + tokens.RefreshToken
	if got := g.api(renew); got.OpenID != tokens.OpenID {
		t.Errorf("rule: the refresh token is renewed through the platform; got %+v", got)
	}
	if got := g.api(refreshURL(tokens)).code(); got != 40030 {
		t.Errorf("rule: and only through it; got %d", got)
	}
	last := code()
	g.Disconnect(t.Context(), component, app)
	if got := exchange(app, last).code(); got != 61003 {
		t.Errorf("rule: after the merchant's disconnect a code is 61003; got %d", got)
	}
	if got := link("https://saas.example.com/a", scopeBase, component).Header().Get("X-Wxsim-Error"); got != "10015" {
		t.Errorf("rule: then the page is 10015; got %q", got)
	}
	g.Connect(t.Context(), component, app, PermissionMessages)
	if got := link("https://saas.example.com/a", scopeBase, component).Header().Get("X-Wxsim-Error"); got != "10005" {
		t.Errorf("rule: without the permission set for web pages it is 10005; got %q", got)
	}
	if _, err := g.Connect(t.Context(), component, app, make([]int, maxPermissions+1)...); err == nil || len(g.ConnectedAccounts(component)) != 1 {
		t.Errorf("rule: more permission sets than WeChat can have are refused, and what was agreed stays; got %v", err)
	}
}

func TestMessagesOfConnectedAccountsGoToThePlatform(t *testing.T) {
	g, e := platformRig(t)
	v := newReceiver(t, "")
	g.SetPush(app, v.url, pushToken, "")
	g.Follow(t.Context(), app, "mei")
	if len(v.all()) != 1 || len(e.take()) != 0 {
		t.Errorf("rule: before the consent the account's own address gets its messages")
	}
	g.Connect(t.Context(), component, app)
	e.take()
	if err := g.SendText(t.Context(), app, "mei", "hello"); err != nil {
		t.Error(err)
	}
	got := e.take()
	if len(v.all()) != 1 || len(got) != 1 || got[0]["path"] != "/messages/"+app || got[0]["Content"] != "hello" || got[0]["ToUserName"] != g.accounts[app].OriginalID {
		t.Errorf("rule: after it the platform's does, with the account's appid in its path; got %v", got)
	}
	g.Disconnect(t.Context(), component, app)
	g.SendText(t.Context(), app, "mei", "again")
	if len(v.all()) != 2 {
		t.Errorf("rule: after the disconnect the account's own address gets them again")
	}
}
