package wxsim

import (
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// agree goes through the consent page and returns where it leads.
func (g *rig) agree(at, account, allow string) (location string, failure string) {
	g.t.Helper()
	pre := g.component(PathPreAuthCode+at, map[string]any{}).PreAuth
	link := PathComponentLogin + "?component_appid=" + component + "&pre_auth_code=" + url.QueryEscape(pre) + "&redirect_uri=" + url.QueryEscape("https://saas.example.com/connected?shop=7") + "&auth_type=1"
	r := httptest.NewRequest("GET", link, nil)
	r.Header.Set("Referer", "https://saas.example.com/")
	w := g.do(r)
	m := regexp.MustCompile(`name="uuid" value="([0-9A-Za-z]{16})"`).FindStringSubmatch(w.Body.String())
	if m == nil {
		return "", w.Header().Get("X-Wxsim-Error")
	}
	w = g.post(PathComponentReply, "uuid="+m[1]+"&account="+account+"&allow="+allow)
	return w.Header().Get("Location"), w.Header().Get("X-Wxsim-Error")
}

func TestAMerchantConnectsAndDisconnects(t *testing.T) {
	g, e := platformRig(t)
	at := "?component_access_token=" + g.componentText(e)
	to, wrong := g.agree(at, app, "1")
	back, err := url.Parse(to)
	code := ""
	if err == nil {
		code = back.Query().Get("auth_code")
	}
	if wrong != "" || !strings.HasPrefix(to, "https://saas.example.com/connected?shop=7&auth_code=queryauthcode") || back.Query().Get("expires_in") != "3600" {
		t.Fatalf("rule: the consent leads back with auth_code; got %q %q", to, wrong)
	}
	if got := e.take(); len(got) != 1 || got[0]["InfoType"] != "authorized" || got[0]["AuthorizationCode"] != code || got[0]["AuthorizerAppid"] != app || got[0]["PreAuthCode"] == "" {
		t.Errorf("rule: the same code is pushed; got %v", got)
	}
	query := func() componentReplyBody {
		return g.component(PathQueryAuth+at, map[string]any{"authorization_code": code})
	}
	first := query()
	if first.Info.AppID != app || first.Info.Token == "" || first.Info.Refresh == "" || len(first.Info.Permissions) != 3 {
		t.Errorf("rule: the code gives the account's tokens; got %+v", first)
	}
	if got := query().ErrCode; got != 61009 {
		t.Errorf("rule: a code works once, then it is 61009; got %d", got)
	}
	late, _ := g.Connect(t.Context(), component, otherApp)
	if got := e.take(); len(got) != 1 || got[0]["InfoType"] != "authorized" {
		t.Errorf("rule: a consent without a page is pushed, too; got %v", got)
	}
	if w := g.api(PathFollower + "?access_token=" + first.Info.Token + "&openid=" + g.OpenID(app, "mei")); w.code() != 0 {
		t.Errorf("rule: the authorizer's token is good for the account's API; got %d", w.code())
	}
	renew := func(refresh string) componentReplyBody {
		return g.component(PathAuthorizerToken+at, map[string]any{"authorizer_appid": app, "authorizer_refresh_token": refresh})
	}
	if got := renew(first.Info.Refresh); got.AuthorizerToken == "" || got.AuthorizerToken == first.Info.Token || got.Refresh != first.Info.Refresh {
		t.Errorf("rule: the refresh token gives a new token; got %+v", got)
	}
	if got := renew("x").ErrCode; got != 61023 {
		t.Errorf("rule: a wrong refresh token is 61023; got %d", got)
	}
	if got := renew("").ErrCode; got != 41003 {
		t.Errorf("rule: no refresh token is 41003; got %d", got)
	}
	if got := g.component(PathAuthorizerInfo+at, map[string]any{"authorizer_appid": app}); got.Account.Name != "app.example.com" || !strings.HasPrefix(got.Account.OriginalID, "gh_") {
		t.Errorf("rule: the account is described; got %+v", got)
	}
	list := g.component(PathAuthorizerList+at, map[string]any{"offset": 0, "count": 1})
	if list.Total != 2 || len(list.List) != 1 || list.List[0].AppID != app || list.List[0].Refresh != first.Info.Refresh {
		t.Errorf("rule: the list has refresh tokens, page by page; got %+v", list)
	}
	if got := g.component(PathAuthorizerList+at, map[string]any{"offset": 0, "count": 501}).ErrCode; got == 0 {
		t.Errorf("rule: a page has at most 500")
	}
	if g.Connect(t.Context(), component, app); e.take()[0]["InfoType"] != "updateauthorized" || renew(first.Info.Refresh).ErrCode != 61023 {
		t.Errorf("rule: a second consent is an update with another refresh token")
	}
	g.clock.advance(time.Hour)
	if got := g.component(PathQueryAuth+at, map[string]any{"authorization_code": late}).ErrCode; got != 61010 {
		t.Errorf("rule: a code of an hour is 61010; got %d", got)
	}
	if err := g.Disconnect(t.Context(), component, app); err != nil || e.take()[0]["InfoType"] != "unauthorized" {
		t.Errorf("rule: a disconnect is pushed; %v", err)
	}
	if err := g.Disconnect(t.Context(), component, app); err == nil {
		t.Error("rule: only a connected account can disconnect")
	}
	for path, fields := range map[string]map[string]any{
		PathAuthorizerToken: {"authorizer_appid": app, "authorizer_refresh_token": first.Info.Refresh}, PathAuthorizerInfo: {"authorizer_appid": app},
	} {
		if got := g.component(path+at, fields).ErrCode; got != 61003 {
			t.Errorf("rule: of an account that disconnected it is 61003; %s got %d", path, got)
		}
	}
}

func TestTheConsentPageChecksItsLink(t *testing.T) {
	g, e := platformRig(t)
	token := g.componentText(e)
	good := func() url.Values {
		pre := g.component(PathPreAuthCode+"?component_access_token="+token, map[string]any{}).PreAuth
		return url.Values{"component_appid": {component}, "pre_auth_code": {pre}, "redirect_uri": {"https://saas.example.com/c"}}
	}
	for _, c := range []struct {
		rule, name, value, referer, want string
	}{
		{"a click on a page of the start domain is let in", "auth_type", "3", "https://saas.example.com/x", ""},
		{"an address typed in is not", "auth_type", "3", "", "start-domain"},
		{"a page elsewhere is not", "auth_type", "3", "https://evil.example.com/", "start-domain"},
		{"the platform must be known", "component_appid", "wx1", "https://saas.example.com/", "component_appid"},
		{"it leads back to the start domain only", "redirect_uri", "https://evil.example.com/", "https://saas.example.com/", "redirect_uri"},
		{"pre_auth_code must be a live one", "pre_auth_code", "x", "https://saas.example.com/", "pre_auth_code"},
		{"biz_appid must be known", "biz_appid", "wx1", "https://saas.example.com/", "appid"},
	} {
		for _, path := range []string{PathComponentLogin, PathBindComponent, PathOldBindComponent} {
			q := good()
			q.Set(c.name, c.value)
			r := httptest.NewRequest("GET", path+"?"+q.Encode(), nil)
			r.Header.Set("Referer", c.referer)
			if got := g.do(r).Header().Get("X-Wxsim-Error"); got != c.want {
				t.Errorf("rule: %s; %s got %q", c.rule, path, got)
			}
		}
	}
	if to, wrong := g.agree("?component_access_token="+token, app, "0"); to != "" || wrong != "" || len(e.take()) != 0 {
		t.Errorf("rule: nobody is told of a refusal; got %q %q", to, wrong)
	}
	if _, wrong := g.agree("?component_access_token="+token, "wxunknown", "1"); wrong != "appid" {
		t.Errorf("rule: only a known account can be connected; got %q", wrong)
	}
	q := good()
	g.clock.advance(preAuthCodeLife)
	r := httptest.NewRequest("GET", PathComponentLogin+"?"+q.Encode(), nil)
	r.Header.Set("Referer", "https://saas.example.com/")
	if got := g.do(r).Header().Get("X-Wxsim-Error"); got != "pre_auth_code" {
		t.Errorf("rule: pre_auth_code lives 600 s; got %q", got)
	}
	g.userAgent = "Mozilla/5.0 (X11) Chrome/120"
	if got := g.get(PathBindComponent + "?" + good().Encode()).Header().Get("X-Wxsim-Error"); got != "ua" {
		t.Errorf("rule: the page for phones is for WeChat alone; got %q", got)
	}
}
