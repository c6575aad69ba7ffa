package wxsim

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
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
		"the order is checked after all the other": {a + c + r + s, "10010", "scope不能为空"},
	} {
		g := newRig(t)
		g.userAgent = desktopUA
		w := g.get(PathAuthorize + "?" + tc.query)
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
	const right = "appid=" + app + "&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb&response_type=code&scope=snsapi_base"
	for rule, query := range map[string]string{
		"the documented order":                      right + "&state=s1",
		"known extras follow state in any order":    right + "&state=s1&connect_redirect=1&component_appid=x&forceSnapShot=false&forcePopup=true",
		"the longest state":                         right + "&state=" + strings.Repeat("a", 128),
		"state beyond letters and digits, in bytes": right + "&state=a-b_c.%7B%zz",
		"no state":                  right,
		"an empty state":            right + "&state=",
		"no state and known extras": right + "&connect_redirect=1",
	} {
		g := newRig(t)
		g.userAgent = desktopUA
		if w := g.get(PathAuthorize + "?" + query); w.Code != http.StatusFound || w.Header().Get("X-Wxsim-Warning") != "" {
			t.Errorf("rule: %s is accepted from the desktop client; got %d, error %q", rule, w.Code, w.Header().Get("X-Wxsim-Error"))
		}
	}
	if got := newRig(t).get(PathAuthorize + "?" + right).Header().Get("Location"); !strings.HasSuffix(got, "&state=") {
		t.Errorf("rule: a link without state comes back with state= and nothing behind it; got %q", got)
	}
}

func TestOrderCountsOnTheDesktopOnly(t *testing.T) {
	const (
		mixed  = PathAuthorize + "?state=s1&scope=snsapi_base&utm=1&response_type=code&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb&appid=" + app
		macUA  = "Mozilla/5.0 (Macintosh) MicroMessenger/6.8.0 MacWechat/3.8.7(0x13080712)"
		linuxU = "Mozilla/5.0 (X11; Linux x86_64) MicroMessenger/7.0.20 UnifiedPCLinuxWechat(0xf2741104)"
	)
	for rule, tc := range map[string]struct {
		userAgent string
		anyOrder  bool
		ok, warns bool
	}{
		"a phone logs in, with a warning for the developer":   {wechatUA, false, true, true},
		"an ordinary browser logs in, with a warning":         {"Mozilla/5.0 Chrome/130", false, true, true},
		"the desktop client on Windows refuses":               {desktopUA, false, false, false},
		"the desktop client on a Mac refuses":                 {macUA, false, false, false},
		"the desktop client on Linux refuses":                 {linuxU, false, false, false},
		"AnyOrder makes the desktop client log in":            {desktopUA, true, true, false},
		"AnyOrder takes the warning away from phones as well": {wechatUA, true, true, false},
	} {
		g := newRig(t, func(c *Config) { c.AnyOrder, c.AnyBrowser = tc.anyOrder, true })
		g.userAgent = tc.userAgent
		w := g.get(mixed)
		if (w.Code == http.StatusFound) != tc.ok || (w.Header().Get("X-Wxsim-Warning") != "") != tc.warns {
			t.Errorf("rule: %s; got %d, warning %q", rule, w.Code, w.Header().Get("X-Wxsim-Warning"))
		}
		if !tc.ok && !strings.Contains(w.Body.String(), "-any-order") {
			t.Errorf("rule: the page says which flag accepts the link (%s)", rule)
		}
	}
}

func TestAccountsThatCannotLogIn(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Accounts[0].Sandbox = true })
	if w := g.get(linkFor(callback, scopeBase, "s1")); w.Header().Get("X-Wxsim-Error") != "10006" {
		t.Errorf("rule: a test account logs in followers only, else page 10006; got %q", w.Header().Get("X-Wxsim-Error"))
	}
	g.SetFollowing(app, "mei", true)
	if w := g.get(linkFor(callback, scopeBase, "s1")); w.Code != http.StatusFound {
		t.Errorf("rule: a follower of a test account logs in; got %d", w.Code)
	}
	g = newRig(t, func(c *Config) { c.Accounts[0].Website = true })
	if w := g.get(linkFor(callback, scopeBase, "s1")); w.Header().Get("X-Wxsim-Error") != "10016" {
		t.Errorf("rule: a website application's appid on this link is page 10016; got %q", w.Header().Get("X-Wxsim-Error"))
	}
}

func TestConsentPageIsLeftOut(t *testing.T) {
	for rule, tc := range map[string]struct {
		prepare func(*rig)
		extra   string
		silent  bool
	}{
		"normally the page asks":                                  {func(*rig) {}, "", false},
		"a follower from the account's menu is not asked":         {func(g *rig) { g.SetFollowing(app, "mei", true); g.SetFromMenu("mei", true) }, "", true},
		"forcePopup changes nothing for a follower from the menu": {func(g *rig) { g.SetFollowing(app, "mei", true); g.SetFromMenu("mei", true) }, "&forcePopup=true", true},
		"from the menu a person who does not follow is asked":     {func(g *rig) { g.SetFromMenu("mei", true) }, "", false},
		"a follower from elsewhere is asked":                      {func(g *rig) { g.SetFollowing(app, "mei", true) }, "", false},
		"a person who agreed lately is not asked":                 {func(g *rig) { g.SetAgreed(app, "mei", true) }, "", true},
		"forcePopup asks a person who agreed lately":              {func(g *rig) { g.SetAgreed(app, "mei", true) }, "&forcePopup=true", false},
		"a consent for another account does not count":            {func(g *rig) { g.SetAgreed(otherApp, "mei", true) }, "", false},
		"a recent consent ends":                                   {func(g *rig) { g.SetAgreed(app, "mei", true); g.Advance(time.Hour) }, "", false},
		"a recent consent can be taken back":                      {func(g *rig) { g.SetAgreed(app, "mei", true); g.SetAgreed(app, "mei", false) }, "", false},
		"the menu can be left": {func(g *rig) {
			g.SetFollowing(app, "mei", true)
			g.SetFromMenu("mei", true)
			g.SetFromMenu("mei", false)
		}, "", false},
		"a snapshot page is shown although the person agreed lately": {func(g *rig) { g.SetAgreed(app, "mei", true); g.SetSnapshot("mei", true) }, "", false},
	} {
		g := newRig(t)
		tc.prepare(g)
		if w := g.get(linkFor(callback, scopeUserInfo, "s1") + tc.extra); (w.Code == http.StatusFound) != tc.silent {
			t.Errorf("rule: %s; got %d", rule, w.Code)
		}
	}
	g := newRig(t, func(c *Config) { c.RememberConsent = time.Minute })
	g.post(PathAuthorizeReply, "allow=1&person=mei&uuid="+g.open())
	if w := g.get(linkFor(callback, scopeUserInfo, "s1")); w.Code != http.StatusFound {
		t.Errorf("rule: with RememberConsent a consent counts for later; got %d", w.Code)
	}
	if err := g.SetAgreed("x", "mei", true); err == nil {
		t.Error("rule: SetAgreed wants a known account")
	}
}

func TestComponentGetsTheAccountsAppID(t *testing.T) {
	g := newRig(t)
	if got := g.get(linkFor(callback, scopeBase, "s1") + "&component_appid=wxc").Header().Get("Location"); !strings.HasSuffix(got, "&state=s1&appid="+app) {
		t.Errorf("rule: behind a third-party platform appid comes back as well; got %q", got)
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
