package wxsim

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func (g *rig) postJSON(target, body string) string {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	return g.do(r).Body.String()
}

func TestUserGet(t *testing.T) {
	g := newRig(t)
	ask := func(next string) string {
		return g.get(PathUserGet + "?access_token=" + g.coreText() + "&next_openid=" + next).Body.String()
	}
	if got := ask(""); got != `{"total":0,"count":0,"next_openid":""}` {
		t.Errorf("rule: without followers there is no data; got %s", got)
	}
	g.SetFollowing(app, "mei", true)
	g.SetFollowing(app, "jun", true)
	var list userGetReply
	json.Unmarshal([]byte(ask("")), &list)
	if list.Total != 2 || list.Count != 2 || list.Data == nil || list.Next != list.Data.OpenID[1] {
		t.Fatalf("rule: followers are listed and the last is next_openid; got %+v", list)
	}
	if got := ask(list.Data.OpenID[0]); got != fmt.Sprintf(`{"total":2,"count":1,"data":{"openid":["%s"]},"next_openid":"%s"}`, list.Next, list.Next) {
		t.Errorf("rule: the list goes on behind next_openid; got %s", got)
	}
	if got := ask("x"); !strings.Contains(got, "40003") {
		t.Errorf("rule: an unknown next_openid is 40003; got %s", got)
	}
}

func TestMenu(t *testing.T) {
	g := newRig(t)
	at := func(path string) string { return path + "?access_token=" + g.coreText() }
	for _, step := range []struct{ rule, got, want string }{
		{"without a menu it is 46003", g.get(at(PathMenuGet)).Body.String(), "46003"},
		{"a menu needs buttons", g.postJSON(at(PathMenuCreate), `{}`), "40016"},
		{"a menu is created", g.postJSON(at(PathMenuCreate), `{"button":[{"type":"view","name":"店","url":"http://x/y"}]}`), `{"errcode":0,"errmsg":"ok"}`},
		{"it comes back as it was sent", g.get(at(PathMenuGet)).Body.String(), `{"menu":{"button":[{"type":"view","name":"店","url":"http:\/\/x\/y"}]}}`},
		{"it can be deleted", g.get(at(PathMenuDelete)).Body.String(), `{"errcode":0,"errmsg":"ok"}`},
		{"then it is gone", g.get(at(PathMenuGet)).Body.String(), "46003"},
		{"the token is checked", g.get(PathMenuGet).Body.String(), "41001"},
	} {
		if !strings.Contains(step.got, step.want) {
			t.Errorf("rule: %s; got %s", step.rule, step.got)
		}
	}
}

func TestCustomMessages(t *testing.T) {
	g := newRig(t)
	send := func(body string) string { return g.postJSON(PathCustomSend+"?access_token="+g.coreText(), body) }
	hello := `{"touser":"` + g.OpenID(app, "mei") + `","msgtype":"text","text":{"content":"你好"}}`
	if got := send(hello); !strings.Contains(got, "43004") {
		t.Errorf("rule: people who do not follow cannot be written to; got %s", got)
	}
	g.SetFollowing(app, "mei", true)
	if got := send(hello); !strings.Contains(got, "45015") {
		t.Errorf("rule: a follower who has not written cannot be written to; got %s", got)
	}
	g.SendText(context.Background(), app, "mei", "你好")
	for rule, step := range map[string][2]string{
		"a follower is written to":     {hello, `{"errcode":0`},
		"an unknown openid is 40003":   {`{"touser":"x","msgtype":"text"}`, "40003"},
		"a message needs a type":       {`{"touser":"x"}`, "47001"},
		"a body that is no JSON fails": {`x`, "47001"},
	} {
		if got := send(step[0]); !strings.Contains(got, step[1]) {
			t.Errorf("rule: %s; got %s", rule, got)
		}
	}
	if sent := g.Sent(app); len(sent) != 1 || sent[0].Person != "mei" || sent[0].MsgType != "text" || string(sent[0].Message) != hello {
		t.Errorf("rule: what was sent can be read; got %+v", sent)
	}
	for range 2 * maxSent {
		g.SendText(context.Background(), app, "mei", "你好")
		send(hello)
	}
	if n := len(g.Sent(app)); n != maxSent || g.Sent("x") != nil {
		t.Errorf("rule: what was sent is bounded; got %d", n)
	}
}

func TestSceneQRCodes(t *testing.T) {
	for rule, tc := range map[string]struct{ body, want string }{
		"a temporary number":       {`{"expire_seconds":600,"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":123}}}`, `"expire_seconds":600,`},
		"a temporary text":         {`{"expire_seconds":9999999,"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"desk 5"}}}`, `"expire_seconds":2592000,`},
		"without a life":           {`{"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":1}}}`, `"expire_seconds":60,`},
		"a permanent number":       {`{"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":100000}}}`, `AA==","url":`},
		"a permanent text":         {`{"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"x"}}}`, `AA==","url":`},
		"a permanent one too big":  {`{"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":100001}}}`, `40097`},
		"a number that is none":    {`{"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":0}}}`, `40097`},
		"a text that is none":      {`{"action_name":"QR_STR_SCENE","action_info":{"scene":{}}}`, `40097`},
		"another action":           {`{"action_name":"X"}`, `40097`},
		"an empty body":            {``, `44002`},
		"a number that is a float": {`{"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":1.5}}}`, `40097`},
	} {
		g := newRig(t)
		if got := g.postJSON(PathQRCreate+"?access_token="+g.coreText(), tc.body); !strings.Contains(got, tc.want) {
			t.Errorf("rule: qrcode/create, %s; got %s, want %s", rule, got, tc.want)
		}
	}
	g, v := pushRig(t, "")
	var made qrCreateReply
	json.Unmarshal([]byte(g.postJSON(PathQRCreate+"?access_token="+g.coreText(), `{"expire_seconds":600,"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"desk 5"}}}`)), &made)
	if w := g.get(PathShowQRCode + "?ticket=" + made.Ticket); w.Code != 200 || w.Header().Get("Content-Type") != "image/jpeg" {
		t.Errorf("rule: showqrcode draws the ticket; got %d", w.Code)
	}
	page := g.get(strings.TrimPrefix(made.URL, "http://example.com")).Body.String()
	uuid := consentUUID([]byte(page))
	g.post(PathProfile, "do=scan&uuid="+uuid)
	if d := v.one(); !strings.Contains(d.plain, "<EventKey><![CDATA[qrscene_desk 5]]></EventKey>") || !strings.Contains(d.plain, made.Ticket) || !g.Following(app, "mei") {
		t.Errorf("rule: the QR code's page scans it, which is subscribe with its scene; got %s", d.plain)
	}
	g.Advance(601 * time.Second)
	if w := g.get(PathShowQRCode + "?ticket=" + made.Ticket); w.Code != 404 {
		t.Errorf("rule: an expired QR code is 404; got %d", w.Code)
	}
	if w := g.get(strings.TrimPrefix(made.URL, "http://example.com")); w.Header().Get("X-Wxsim-Error") != "uuid" {
		t.Errorf("rule: an expired QR code leads to an error page; got %d", w.Code)
	}
}

func TestServerIPs(t *testing.T) {
	g := newRig(t)
	for _, path := range []string{PathCallbackIP, PathDomainIP} {
		if got := g.get(path + "?access_token=" + g.coreText()).Body.String(); got != `{"ip_list":["127.0.0.1"]}` {
			t.Errorf("rule: %s lists addresses; got %s", path, got)
		}
		if got := g.api(path); got.code() != 41001 {
			t.Errorf("rule: %s wants a token; got %d", path, got.code())
		}
	}
}

func TestIPWhitelist(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Accounts[0].IPs = []string{"10.0.0.0/8", "::1"} })
	ask := func(from string) body {
		r := httptest.NewRequest("GET", PathToken+coreQuery, nil)
		r.RemoteAddr = from
		return decode(t, g.do(r))
	}
	for from, want := range map[string]int{"10.1.2.3:80": 0, "[::1]:80": 0, "[::ffff:10.1.2.3]:80": 0, "192.0.2.1:80": 40164, "[::2]:1": 40164, "x": 40164} {
		if got := ask(from); got.code() != want {
			t.Errorf("rule: only addresses of the whitelist get a token; %s got %d", from, got.code())
		}
	}
	if got := ask("192.0.2.1:80").ErrMsg; !strings.HasPrefix(got, "invalid ip 192.0.2.1 ipv6 ::ffff:192.0.2.1, not in whitelist rid: ") {
		t.Errorf("rule: 40164 names the address twice; got %s", got)
	}
	token := ask("10.0.0.1:1").AccessToken
	if got := g.api(PathTicket + "?type=jsapi&access_token=" + token); got.code() != 40164 {
		t.Errorf("rule: the whitelist counts for every call of /cgi-bin; got %d", got.code())
	}
	code := g.code("mei", scopeBase)
	if got := g.api(tokenURL(code)); got.code() != 0 {
		t.Errorf("rule: the endpoints of /sns do not look at it; got %d", got.code())
	}
	if err := g.SetIPs(app); err != nil || ask("192.0.2.1:80").code() != 0 {
		t.Errorf("rule: without a list every address may call; got %v", err)
	}
	if g.SetIPs(app, "10.0.0.*") == nil || g.SetIPs("x") == nil {
		t.Error("rule: SetIPs refuses what is no address, and unknown accounts")
	}
}

func TestMinuteQuota(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Accounts[0].MinuteQuotas = map[string]int{PathAccessToken: 2, PathToken: 1} })
	for i, want := range []int{0, 0, 45011} {
		if got := g.api(tokenURL(g.code("mei", scopeBase))); got.code() != want {
			t.Errorf("rule: a minute takes as many calls as it says; call %d got %d", i+1, got.code())
		}
	}
	g.coreText()
	if got := g.api(PathToken + coreQuery); got.code() != 45011 || g.states[app].used.today[PathToken] != 1 {
		t.Errorf("rule: a call refused by the minute costs nothing of the day; got %d", got.code())
	}
	g.Advance(time.Minute)
	if got := g.api(tokenURL(g.code("mei", scopeBase))); got.code() != 0 {
		t.Errorf("rule: the next minute begins anew; got %d", got.code())
	}
	for path, want := range map[string]int{PathAccessToken: 50000, PathRefreshToken: 50000, PathUserInfo: 50000, PathStableToken: 10000, PathToken: -1} {
		if got := minuteLimit(path); got != want {
			t.Errorf("rule: the default of %s is %d a minute; got %d", path, want, got)
		}
	}
}

func TestClearQuota(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Accounts[0].Quotas = map[string]int{PathTicket: 1} })
	token := g.coreText()
	ticket := func() int { return g.api(PathTicket + "?type=jsapi&access_token=" + token).code() }
	clear := func(appID string) string {
		return g.postJSON(PathClearQuota+"?access_token="+token, `{"appid":"`+appID+`"}`)
	}
	if ticket() != 0 || ticket() != 45009 {
		t.Fatal("rule: the quota is used up")
	}
	var left quotaReply
	json.Unmarshal([]byte(g.postJSON(PathQuotaGet+"?access_token="+token, `{"cgi_path":"`+PathTicket+`"}`)), &left)
	if left.Quota.DailyLimit != 1 || left.Quota.Used != 1 || left.Quota.Remain != 0 {
		t.Errorf("rule: quota/get shows what is left; got %+v", left)
	}
	if got := g.postJSON(PathQuotaGet+"?access_token="+token, `{"cgi_path":"/x"}`); !strings.Contains(got, "76021") {
		t.Errorf("rule: quota/get knows its paths; got %s", got)
	}
	if got := clear(otherApp); !strings.Contains(got, "40013") {
		t.Errorf("rule: only an account's own quota is cleared; got %s", got)
	}
	for i := range clearLimit {
		if got := clear(app); !strings.Contains(got, `"errcode":0`) || i == 0 && ticket() != 0 {
			t.Errorf("rule: clear_quota begins the day anew, ten times a month; got %s", got)
		}
	}
	if got := clear(app); !strings.Contains(got, "48006") {
		t.Errorf("rule: the eleventh time is 48006; got %s", got)
	}
}

func TestRIDGet(t *testing.T) {
	g := newRig(t)
	failed := g.api(tokenURL("x"))
	_, rid, _ := strings.Cut(failed.ErrMsg, "rid: ")
	ask := func(rid string) string {
		return g.postJSON(PathRIDGet+"?access_token="+g.coreText(), `{"rid":"`+rid+`"}`)
	}
	if got := ask(rid); !strings.Contains(got, `"invoke_time":`+fmt.Sprint(g.now().Unix())) || !strings.Contains(got, `40029`) || strings.Contains(got, secret) {
		t.Errorf("rule: an error can be asked about by its rid; got %s", got)
	}
	if got := ask("x"); !strings.Contains(got, "76001") {
		t.Errorf("rule: an unknown rid is 76001; got %s", got)
	}
	g.Advance(ridLife)
	if got := ask(rid); !strings.Contains(got, "76001") {
		t.Errorf("rule: after seven days a rid is unknown; got %s", got)
	}
}

func TestMiniProgramCodes(t *testing.T) {
	g := newRig(t)
	code, err := g.MiniProgramCode(app, "mei")
	if err != nil {
		t.Fatal(err)
	}
	session := func(code string) body {
		return g.api(PathSession + "?appid=" + app + "&secret=" + secret + "&js_code=" + code + "&grant_type=authorization_code")
	}
	if got := g.api(tokenURL(code)); got.code() != 40242 {
		t.Errorf("rule: the web exchange answers 40242 to a mini program's code; got %d", got.code())
	}
	if got := session(code); got.code() != 0 || got.OpenID != g.OpenID(app, "mei") || got.UnionID == nil {
		t.Errorf("rule: jscode2session takes it; got %+v", got)
	}
	for rule, got := range map[string]int{
		"once": session(code).code() - 40163, "and no code of the web": session(g.code("mei", scopeBase)).code() - 40029, "nor an empty one": session("").code() - 41008,
	} {
		if got != 0 {
			t.Errorf("rule: jscode2session takes it %s; off by %d", rule, got)
		}
	}
	if _, err := g.MiniProgramCode("x", "mei"); err == nil {
		t.Error("rule: MiniProgramCode wants a known account")
	}
}

func TestJSONContentType(t *testing.T) {
	g := newRig(t, func(c *Config) { c.JSONContentType = true })
	if got := g.get(PathToken + coreQuery).Header().Get("Content-Type"); got != "application/json; encoding=utf-8" {
		t.Errorf("rule: with JSONContentType /cgi-bin says JSON; got %q", got)
	}
	if got := g.get(PathAccessToken).Header().Get("Content-Type"); got != "text/plain" {
		t.Errorf("rule: /sns says text/plain all the same; got %q", got)
	}
}

func TestWebsitesHaveNoAccountAPI(t *testing.T) {
	g := siteRig(t)
	token := g.api(PathToken + "?grant_type=client_credential&appid=" + site + "&secret=" + siteSecret).AccessToken
	if got := g.api(PathTicket + "?type=jsapi&access_token=" + token); token == "" || got.code() != 48001 {
		t.Errorf("rule: a website application has a token and none of these endpoints; got %d", got.code())
	}
	if err := g.SetFollowing(site, "mei", true); err == nil {
		t.Error("rule: a website application has no followers")
	}
	if w := g.get(ProfilePath(site)); w.Header().Get("X-Wxsim-Error") != "appid" {
		t.Errorf("rule: a website application has no page to follow; got %d", w.Code)
	}
}
