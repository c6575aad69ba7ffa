package wxsim

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func TestLinkIsRefused(t *testing.T) {
	const (
		r = "&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb"
		c = "&response_type=code"
		b = "&scope=snsapi_base"
		s = "&state=s1"
		a = "appid=" + app
	)
	for rule, tc := range map[string]struct{ query, id, text string }{
		"appid is needed":                          {"x=1" + r + c + b + s, "10012", "appid不能为空"},
		"appid must be known":                      {"appid=wxunknown" + r + c + b + s, "appid", "AppID 参数错误"},
		"appid is checked before redirect_uri":     {"appid=wxunknown", "appid", "AppID 参数错误"},
		"redirect_uri is needed":                   {a + c + b + s, "10011", "redirect_uri不能为空"},
		"redirect_uri is checked before scope":     {a + "&redirect_uri=https%3A%2F%2Fevil.com%2F", "10003", "redirect_uri域名与后台配置不一致"},
		"response_type must be code":               {a + r + "&response_type=token" + b + s, "response_type", "该链接无法访问"},
		"response_type is needed":                  {a + r + b + s, "response_type", "该链接无法访问"},
		"scope is needed":                          {a + r + c + s, "10010", "scope不能为空"},
		"scope must be one of the two":             {a + r + c + "&scope=snsapi_login" + s, "10005", "Scope 参数错误或没有 Scope 权限"},
		"two scopes at once are none":              {a + r + c + "&scope=snsapi_base,snsapi_userinfo" + s, "10005", "Scope 参数错误"},
		"scope is checked before state":            {a + r + c + "&scope=x", "10005", "Scope 参数错误"},
		"state is needed":                          {a + r + c + b, "10013", "state不能为空"},
		"an empty state is none":                   {a + r + c + b + "&state=", "10013", "state不能为空"},
		"state has at most 128 bytes":              {a + r + c + b + "&state=" + strings.Repeat("a", 129), "state", "state参数过长"},
		"state is measured in bytes, decoded":      {a + r + c + b + "&state=" + strings.Repeat("%E5%BE%AE", 43), "state", "state参数过长"},
		"scope stands before state":                {a + r + c + s + b, "order", "该链接无法访问"},
		"appid stands first":                       {strings.TrimPrefix(r, "&") + "&" + a + c + b + s, "order", "该链接无法访问"},
		"extras stand last":                        {a + "&connect_redirect=1" + r + c + b + s, "order", "connect_redirect"},
		"unknown extras are refused":               {a + r + c + b + s + "&utm=1", "order", "utm"},
		"no parameter stands twice":                {a + r + c + b + s + "&state=s2", "order", "state"},
		"no extra stands twice":                    {a + r + c + b + s + "&forcePopup=true&forcePopup=true", "order", "forcePopup"},
		"a redirect_uri not encoded spills over":   {a + "&redirect_uri=https://app.example.com/cb?a=1&b=2" + c + b + s, "order", "该链接无法访问"},
		"the page escapes what the link smuggles":  {a + r + c + b + s + "&%3Cscript%3E=1", "order", "&lt;script&gt;"},
		"the order is checked after all the other": {a + c + r + b, "10013", "state不能为空"},
	} {
		w := newRig(t).get(PathAuthorize + "?" + tc.query)
		page := w.Body.String()
		if w.Header().Get("X-Wxsim-Error") != tc.id || !strings.Contains(page, tc.text) {
			t.Errorf("rule: %s; got error %q, want %q and %q on the page:\n%s", rule, w.Header().Get("X-Wxsim-Error"), tc.id, tc.text, page)
		}
		if w.Code != 200 || w.Header().Get("Location") != "" || !strings.Contains(page, "<title>抱歉，出错了</title>") ||
			!strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || strings.Contains(page, "<script>") {
			t.Errorf("rule: an error is an HTML page with status 200 and no redirect; %q got %d %v", rule, w.Code, w.Header())
		}
	}
}

func TestLinkIsAccepted(t *testing.T) {
	for rule, query := range map[string]string{
		"the documented order":                      "appid=" + app + "&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb&response_type=code&scope=snsapi_base&state=s1",
		"known extras follow state in any order":    "appid=" + app + "&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb&response_type=code&scope=snsapi_base&state=s1&connect_redirect=1&component_appid=x&forceSnapShot=false&forcePopup=true",
		"the longest state":                         "appid=" + app + "&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb&response_type=code&scope=snsapi_base&state=" + strings.Repeat("a", 128),
		"state beyond letters and digits, in bytes": "appid=" + app + "&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb&response_type=code&scope=snsapi_base&state=a-b_c.%7B%zz",
	} {
		w := newRig(t).get(PathAuthorize + "?" + query)
		if w.Code != http.StatusFound {
			t.Errorf("rule: %s is accepted; got %d, error %q", rule, w.Code, w.Header().Get("X-Wxsim-Error"))
		}
	}
	mixed := PathAuthorize + "?state=s1&scope=snsapi_base&utm=1&response_type=code&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb&appid=" + app
	loose := newRig(t, func(c *Config) { c.AnyOrder = true }).get(mixed)
	if loose.Code != http.StatusFound {
		t.Errorf("rule: AnyOrder accepts any order; got %d, error %q", loose.Code, loose.Header().Get("X-Wxsim-Error"))
	}
}

func TestRedirectURI(t *testing.T) {
	for rule, tc := range map[string]struct {
		uri        string
		ok, strict bool // accepted by default, accepted under StrictPort
	}{
		"https on the registered domain":         {"https://app.example.com/cb", true, true},
		"http as well":                           {"http://app.example.com/cb", true, true},
		"the host without regard to case":        {"https://APP.Example.COM/cb", true, true},
		"a scheme in capitals":                   {"HTTPS://app.example.com/cb", true, true},
		"a port only without StrictPort":         {"https://app.example.com:8443/cb", true, false},
		"the default port is a port":             {"https://app.example.com:443/cb", true, false},
		"an empty port is a port":                {"https://app.example.com:/cb", true, false},
		"no sub-domain":                          {"https://pay.app.example.com/cb", false, false},
		"no parent domain":                       {"https://example.com/cb", false, false},
		"no longer host with the domain inside":  {"https://app.example.com.evil.com/cb", false, false},
		"no user info":                           {"https://app.example.com@evil.com/cb", false, false},
		"no user info on the right host":         {"https://evil@app.example.com/cb", false, false},
		"no backslash as a second slash":         {`https://evil.com\@app.example.com/cb`, false, false},
		"no relative address":                    {"/cb", false, false},
		"no address without scheme":              {"//app.example.com/cb", false, false},
		"no other scheme":                        {"javascript://app.example.com/%0aalert(1)", false, false},
		"no opaque address":                      {"https:app.example.com/cb", false, false},
		"no header injection":                    {"https://app.example.com/cb\r\nX-Evil: 1", false, false},
		"no trailing dot":                        {"https://app.example.com./cb", false, false},
		"the domain of another account is other": {"https://other.example.com/cb", false, false},
	} {
		for _, strict := range []bool{false, true} {
			want := tc.ok
			if strict {
				want = tc.strict
			}
			w := newRig(t, func(c *Config) { c.StrictPort = strict }).get(linkFor(tc.uri, scopeBase, "s1"))
			if got := w.Code == http.StatusFound; got != want {
				t.Errorf("rule: %s; StrictPort %v, redirect_uri %q, accepted %v, want %v", rule, strict, tc.uri, got, want)
			}
			if !want && w.Header().Get("X-Wxsim-Error") != "10003" {
				t.Errorf("rule: %s; a wrong redirect_uri is page 10003, got %q", rule, w.Header().Get("X-Wxsim-Error"))
			}
		}
	}
}

func TestOnlyWeChat(t *testing.T) {
	for rule, tc := range map[string]struct {
		ua  string
		any bool
		ok  bool
	}{
		"WeChat on a phone is let in":               {wechatUA, false, true},
		"the name counts in any case":               {"x micromessenger/6", false, true},
		"another browser is not":                    {"Mozilla/5.0 Chrome/130", false, false},
		"WeCom is not, though it says so":           {wechatUA + " wxwork/4.1", false, false},
		"AnyBrowser lets every browser in":          {"Mozilla/5.0 Chrome/130", true, true},
		"AnyBrowser lets WeCom in":                  {wechatUA + " wxwork/4.1", true, true},
		"the browser is checked before parameters!": {"curl", false, false},
	} {
		target := linkFor(callback, scopeBase, "s1")
		if strings.HasSuffix(rule, "!") {
			target = PathAuthorize
		}
		r := httptest.NewRequest("GET", target, nil)
		r.Header.Set("User-Agent", tc.ua)
		w := newRig(t, func(c *Config) { c.AnyBrowser = tc.any }).do(r)
		if ok := w.Code == http.StatusFound; ok != tc.ok {
			t.Errorf("rule: %s; got status %d", rule, w.Code)
		}
		if !tc.ok && (w.Header().Get("X-Wxsim-Error") != "ua" || !strings.Contains(w.Body.String(), "请在微信客户端打开链接")) {
			t.Errorf("rule: %s; the page says 请在微信客户端打开链接, got error %q", rule, w.Header().Get("X-Wxsim-Error"))
		}
	}
}

func TestRedirectKeepsEveryByte(t *testing.T) {
	for rule, tc := range map[string]struct{ uri, state, want string }{
		"without a query ? begins one":       {callback, "s1", `^https://app\.example\.com/cb\?code=C&state=s1$`},
		"an existing query is gone on with":  {callback + "?a=1", "s1", `/cb\?a=1&code=C&state=s1$`},
		"fragments stay last":                {callback + "?a=1#/home", "s1", `/cb\?a=1&code=C&state=s1#/home$`},
		"a ? in the fragment is no query":    {callback + "#/home?x", "s1", `/cb\?code=C&state=s1#/home\?x$`},
		"its own code and state stay":        {callback + "?code=mine&state=mine", "s1", `\?code=mine&state=mine&code=C&state=s1$`},
		"semicolons stay":                    {callback + "?a=1;b=2", "s1", `\?a=1;b=2&code=C&state=s1$`},
		"broken escapes stay":                {callback + "?a=%zz", "s1", `\?a=%zz&code=C&state=s1$`},
		"plus and %20 stay what they are":    {callback + "?a=1+2%203", "s1", `\?a=1\+2%203&code=C&state=s1$`},
		"bytes beyond ASCII stay":            {callback + "?名=微信", "s1", `\?名=微信&code=C&state=s1$`},
		"escaped addresses stay escaped":     {callback + "?to=https%3A%2F%2Fa%3Fb%26c", "s1", `\?to=https%3A%2F%2Fa%3Fb%26c&code=C`},
		"the path stays":                     {"https://app.example.com/a/../b//c", "s1", `com/a/\.\./b//c\?code=C&state=s1$`},
		"a bare host gets no slash":          {"https://app.example.com", "s1", `^https://app\.example\.com\?code=C&state=s1$`},
		"state comes back as it was written": {callback, "a%2bB+%7b%22x%22%7d-_", `&state=a%2bB\+%7b%22x%22%7d-_$`},
	} {
		w := newRig(t).get(linkFor(tc.uri, scopeBase, tc.state))
		want := strings.Replace(tc.want, "code=C", "code=[0-9A-Za-z]{32}", 1)
		if got := w.Header().Get("Location"); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("rule: %s; got Location %q, want %s", rule, got, want)
		}
	}
}

func TestSilentLoginIsOfTheBrowsersPerson(t *testing.T) {
	for rule, tc := range map[string]struct{ cookie, want string }{
		"the first person without a cookie":      {"", "mei"},
		"the person of the cookie":               {"jun", "jun"},
		"the first person for an unknown cookie": {"nobody", "mei"},
	} {
		g := newRig(t)
		r := httptest.NewRequest("GET", linkFor(callback, scopeBase, "s1"), nil)
		if tc.cookie != "" {
			r.AddCookie(&http.Cookie{Name: personCookie, Value: tc.cookie})
		}
		u, _ := url.Parse(g.do(r).Header().Get("Location"))
		if got := g.api(tokenURL(u.Query().Get("code"))); got.OpenID != g.OpenID(app, tc.want) || got.Scope != scopeBase {
			t.Errorf("rule: %s; got openid %q scope %q, want %s's", rule, got.OpenID, got.Scope, tc.want)
		}
	}
}
