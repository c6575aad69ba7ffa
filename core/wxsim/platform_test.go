package wxsim

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"crypto/aes"
	"crypto/cipher"
)

const (
	component       = "wx00000000000000cc"
	componentSecret = "made-up-secret-of-the-platform"
	platformToken   = "tokenOfThePlatform"
	componentKey    = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

// eventSink is a platform's event address. It shares no code with the simulator.
type eventSink struct {
	t   *testing.T
	url string

	mu  sync.Mutex
	got []map[string]string
}

func newEventSink(t *testing.T) *eventSink {
	e := &eventSink{t: t}
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	e.url = server.URL + "/events?at=home"
	return e
}

func (e *eventSink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	q := r.URL.Query()
	var outside struct{ AppId, ToUserName, Encrypt string }
	if err := xml.Unmarshal(raw, &outside); err != nil || outside.AppId != component && outside.ToUserName == "" || q.Get("encrypt_type") != "aes" {
		e.t.Errorf("rule: an event is encrypted and names the platform outside; got %s", raw)
	}
	if sha(platformToken, q.Get("timestamp"), q.Get("nonce"), outside.Encrypt) != q.Get("msg_signature") {
		e.t.Errorf("rule: msg_signature is made with the platform's Token")
	}
	key, _ := base64.StdEncoding.DecodeString(componentKey + "=")
	text, _ := base64.StdEncoding.DecodeString(outside.Encrypt)
	block, _ := aes.NewCipher(key)
	cipher.NewCBCDecrypter(block, key[:16]).CryptBlocks(text, text)
	text = text[16 : len(text)-int(text[len(text)-1])]
	size := int(text[2])<<8 | int(text[3])
	if of := string(text[4+size:]); of != component {
		e.t.Errorf("rule: behind an event stands the platform's AppID; got %q", of)
	}
	event := map[string]string{"path": r.URL.Path}
	d := xml.NewDecoder(strings.NewReader(string(text[4 : 4+size])))
	name := ""
	for {
		token, err := d.Token()
		if err != nil {
			break
		}
		switch token := token.(type) {
		case xml.StartElement:
			name = token.Name.Local
		case xml.CharData:
			event[name] += strings.TrimSpace(string(token))
		}
	}
	e.mu.Lock()
	e.got = append(e.got, event)
	e.mu.Unlock()
	fmt.Fprint(w, "success")
}

// take returns the events so far and forgets them.
func (e *eventSink) take() []map[string]string {
	e.mu.Lock()
	defer e.mu.Unlock()
	got := e.got
	e.got = nil
	return got
}

func platformRig(t *testing.T, change ...func(*Platform)) (*rig, *eventSink) {
	t.Helper()
	e := newEventSink(t)
	p := Platform{AppID: component, Secret: componentSecret, Domain: "saas.example.com", StartDomain: "saas.example.com",
		Token: platformToken, EncodingAESKey: componentKey, EventURL: e.url, MessageURL: strings.Replace(e.url, "/events", "/messages/$APPID$", 1)}
	for _, f := range change {
		f(&p)
	}
	return newRig(t, func(c *Config) { c.Platforms = []Platform{p} }), e
}

type componentReplyBody struct {
	ErrCode   int    `json:"errcode"`
	Token     string `json:"component_access_token"`
	ExpiresIn int    `json:"expires_in"`
	PreAuth   string `json:"pre_auth_code"`
	Info      struct {
		AppID       string           `json:"authorizer_appid"`
		Token       string           `json:"authorizer_access_token"`
		Refresh     string           `json:"authorizer_refresh_token"`
		Permissions []map[string]any `json:"func_info"`
	} `json:"authorization_info"`
	AuthorizerToken string `json:"authorizer_access_token"`
	Refresh         string `json:"authorizer_refresh_token"`
	Account         struct {
		Name       string `json:"nick_name"`
		OriginalID string `json:"user_name"`
	} `json:"authorizer_info"`
	Total int `json:"total_count"`
	List  []struct {
		AppID   string `json:"authorizer_appid"`
		Refresh string `json:"refresh_token"`
	} `json:"list"`
}

func (g *rig) component(path string, fields map[string]any) (out componentReplyBody) {
	g.t.Helper()
	if fields["component_appid"] == nil {
		fields["component_appid"] = component
	}
	raw, _ := json.Marshal(fields)
	answer := g.postJSON(path, string(raw))
	if err := json.Unmarshal([]byte(answer), &out); err != nil {
		g.t.Fatalf("%s answers JSON; got %s", path, answer)
	}
	return out
}

// componentText is a component_access_token.
func (g *rig) componentText(e *eventSink) string {
	g.t.Helper()
	e.take()
	if err := g.PushTicket(g.t.Context(), component); err != nil {
		g.t.Fatal(err)
	}
	out := g.component(PathComponentToken, map[string]any{"component_appsecret": componentSecret, "component_verify_ticket": e.take()[0]["ComponentVerifyTicket"]})
	if out.Token == "" || out.ExpiresIn != 7200 {
		g.t.Fatalf("rule: a fresh ticket gives a token of 7200 s; got %+v", out)
	}
	return out.Token
}

func TestATicketWorksForTwelveHours(t *testing.T) {
	g, e := platformRig(t)
	ask := func(appID, secret, ticket string) int {
		return g.component(PathComponentToken, map[string]any{"component_appid": appID, "component_appsecret": secret, "component_verify_ticket": ticket}).ErrCode
	}
	g.PushTicket(t.Context(), component)
	g.PushTicket(t.Context(), component)
	events := e.take()
	first, second := events[0]["ComponentVerifyTicket"], events[1]["ComponentVerifyTicket"]
	if first == second || events[0]["InfoType"] != "component_verify_ticket" || events[0]["AppId"] != component || events[0]["CreateTime"] == "" {
		t.Errorf("rule: every ticket differs, and names its kind and platform; got %v", events)
	}
	for _, c := range []struct {
		rule, appID, secret, ticket string
		want                        int
	}{
		{"the newest ticket works", component, componentSecret, second, 0},
		{"the one before it works", component, componentSecret, first, 0},
		{"an unknown ticket is 61006", component, componentSecret, "ticket@@@x", 61006},
		{"no ticket is 61006", component, componentSecret, "", 61006},
		{"a wrong secret is 40125", component, "x", second, 40125},
		{"no secret is 41004", component, "", second, 41004},
		{"an unknown platform is 61011", "wxunknown", componentSecret, second, 61011},
		{"an account is no platform", app, secret, second, 61011},
	} {
		if got := ask(c.appID, c.secret, c.ticket); got != c.want {
			t.Errorf("rule: %s; got %d", c.rule, got)
		}
	}
	g.clock.advance(12 * time.Hour)
	if got := ask(component, componentSecret, second); got != 61005 {
		t.Errorf("rule: a ticket of twelve hours is 61005; got %d", got)
	}
}

func TestLostTicketsComeBackWhenAskedFor(t *testing.T) {
	g, e := platformRig(t)
	g.SetPlatformMode(component, PlatformMode{LoseTickets: true})
	if err := g.PushTicket(t.Context(), component); err != nil || len(e.take()) != 0 {
		t.Errorf("rule: a lost ticket is not pushed; %v", err)
	}
	if got := g.component(PathStartPushTicket, map[string]any{"component_secret": "x"}); got.ErrCode != 40125 || len(e.take()) != 0 {
		t.Errorf("rule: a wrong secret starts no pushes; got %d", got.ErrCode)
	}
	if got := g.component(PathStartPushTicket, map[string]any{"component_secret": componentSecret}); got.ErrCode != 0 || len(e.take()) != 1 {
		t.Errorf("rule: api_start_push_ticket pushes again; got %d", got.ErrCode)
	}
}

func TestTicketsComeEverySoOften(t *testing.T) {
	e := newEventSink(t)
	sim, _, stop, err := Start(Config{Accounts: []Account{{AppID: app, Secret: secret, Domain: "localhost"}},
		Platforms: []Platform{{AppID: component, Secret: "s", Domain: "localhost", Token: platformToken, EncodingAESKey: componentKey, EventURL: e.url, TicketEvery: time.Millisecond}}})
	if err != nil {
		t.Fatal(err)
	}
	for count := 0; count < 3; {
		count += len(e.take())
	}
	stop()
	if err := sim.SetPlatformMode("wxunknown", PlatformMode{}); err == nil {
		t.Error("rule: an unknown platform is an error")
	}
}

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

func TestModesOfDelivery(t *testing.T) {
	g, e := platformRig(t)
	at := "?component_access_token=" + g.componentText(e)
	g.SetPlatformMode(component, PlatformMode{PushTwice: true})
	to, _ := g.agree(at, app, "1")
	got := e.take()
	if len(got) != 2 || got[0]["AuthorizationCode"] != got[1]["AuthorizationCode"] || !strings.Contains(to, "auth_code=") {
		t.Errorf("rule: one code can come three times; got %v %q", got, to)
	}
	g.SetPlatformMode(component, PlatformMode{WithoutPush: true})
	if to, _ := g.agree(at, app, "1"); len(e.take()) != 0 || !strings.Contains(to, "auth_code=") {
		t.Errorf("rule: or by the redirect alone; got %q", to)
	}
	g.SetPlatformMode(component, PlatformMode{WithoutCode: true})
	if to, _ := g.agree(at, app, "1"); len(e.take()) != 1 || strings.Contains(to, "auth_code=") {
		t.Errorf("rule: or by the push alone; got %q", to)
	}
	if g.Reset(); len(g.ConnectedAccounts(component)) != 0 {
		t.Errorf("rule: after Reset nobody has agreed")
	}
}

func TestPlatformsAreControlledOverHTTP(t *testing.T) {
	g, e := platformRig(t)
	for _, step := range []struct {
		rule, method, path, body string
		done                     func(out map[string]any) bool
	}{
		{"a ticket", "POST", "platforms/ticket", "", func(out map[string]any) bool { return out["told"] == true && len(e.take()) == 1 }},
		{"a consent", "POST", "platforms/connect", `{"appid":"` + app + `"}`, func(out map[string]any) bool {
			return out["auth_code"] == e.take()[0]["AuthorizationCode"]
		}},
		{"the accounts are shown", "GET", "platforms", "", func(out map[string]any) bool {
			return out["platforms"].([]any)[0].(map[string]any)["connected"].([]any)[0] == app
		}},
		{"a disconnect", "POST", "platforms/disconnect", `{"platform":"` + component + `","appid":"` + app + `"}`, func(out map[string]any) bool {
			return out["told"] == true && len(g.ConnectedAccounts(component)) == 0
		}},
		{"a mode", "PUT", "platforms/mode", `{"lose_tickets":true}`, func(map[string]any) bool { return g.platformStates[component].mode.LoseTickets }},
		{"a whitelist", "PUT", "platforms/ips", `{"ips":["10.0.0.1"]}`, func(map[string]any) bool { return len(g.platformStates[component].ips) == 1 }},
		{"addresses", "PUT", "platforms/urls", `{"event_url":"http://127.0.0.1:1/x","message_url":"http://127.0.0.1:1/$APPID$"}`, func(map[string]any) bool {
			return g.platformStates[component].messageURL == "http://127.0.0.1:1/$APPID$"
		}},
		{"an expiry", "POST", "platforms/expire", "", func(map[string]any) bool { return true }},
	} {
		if status, out := g.ctl(step.method, step.path, step.body); status != 200 || !step.done(out) {
			t.Errorf("rule: the control API can do %s; got %d %v", step.rule, status, out)
		}
	}
	for path, body := range map[string]string{"platforms/connect": `{"appid":"wxunknown"}`, "platforms/disconnect": `{"appid":"` + app + `"}`, "platforms/ticket": `{"platform":"wx1"}`} {
		if status, _ := g.ctl("POST", path, body); status != 400 {
			t.Errorf("rule: %s %s is a wrong call; got %d", path, body, status)
		}
	}
	if status, _ := newRig(t).ctl("POST", "platforms/ticket", ""); status != 400 {
		t.Errorf("rule: without a platform there is nothing to push; got %d", status)
	}
}

func TestPlatformsAreChecked(t *testing.T) {
	_, err := New(Config{Accounts: []Account{{AppID: app, Secret: secret, Domain: "localhost"}}, Platforms: []Platform{{
		AppID: app, Domain: "http://x", StartDomain: "a/b", EventURL: "x", MessageURL: "ftp://x/$APPID$", TicketEvery: -1, Connected: []string{"wx1"}, IPs: []string{"x"},
	}}})
	for _, word := range []string{"AppID", "Secret", "Domain", "StartDomain", "EventURL", "MessageURL", "TicketEvery", "Connected", "IPs", "Token", "twice"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("rule: everything wrong is named at once; %s is missing in %v", word, err)
		}
	}
}
