package wxsim

import (
	"strings"
	"testing"
	"time"
)

func TestEveryCallOfAPlatformChecksItsToken(t *testing.T) {
	g, e := platformRig(t)
	token := g.componentText(e)
	paths := []string{PathPreAuthCode, PathQueryAuth, PathAuthorizerToken, PathAuthorizerInfo, PathAuthorizerList}
	check := func(rule, query string, fields map[string]any, want int) {
		t.Helper()
		for _, path := range paths {
			if got := g.component(path+query, fields).ErrCode; got != want {
				t.Errorf("rule: %s; %s got %d, want %d", rule, path, got, want)
			}
		}
		code := g.code("mei", scopeBase)
		id, _ := fields["component_appid"].(string)
		got := g.api(PathComponentAccessToken + "?appid=" + app + "&code=" + code + "&grant_type=authorization_code&component_appid=" + id + strings.Replace(query, "?", "&", 1)).code()
		if got != want {
			t.Errorf("rule: %s; the exchange got %d, want %d", rule, got, want)
		}
	}
	own := func() map[string]any { return map[string]any{"component_appid": component} }
	at := "?component_access_token=" + token
	check("no token is 41021", "", own(), 41021)
	check("a wrong token is 40001", "?component_access_token=x", own(), 40001)
	check("an unknown platform is 61011", at, map[string]any{"component_appid": "wxunknown"}, 61011)
	g.SetPlatformIPs(component, "10.0.0.0/8")
	check("an address outside the whitelist is 61004", at, own(), 61004)
	g.SetPlatformIPs(component)
	g.componentText(e)
	if got := g.component(PathPreAuthCode+at, own()); got.PreAuth == "" {
		t.Errorf("rule: for five minutes the older token works; got %+v", got)
	}
	g.clock.advance(5 * time.Minute)
	check("then it is 40001", at, own(), 40001)
	at = "?component_access_token=" + g.componentText(e)
	g.clock.advance(2 * time.Hour)
	check("a token of two hours is 42006", at, own(), 42006)
	at = "?component_access_token=" + g.componentText(e)
	g.ExpireComponentToken(component)
	check("a token that another program replaced is 40001", at, own(), 40001)
	check("no component_appid is 41018", at, map[string]any{"component_appid": ""}, 41018)
}
