package wxsim

import (
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	site       = "wx00000000000000cc"
	siteSecret = "made-up-secret-of-the-site"
	siteReturn = "https://site.example.com/done?a=1"
)

func siteRig(t *testing.T, change ...func(*Config)) *rig {
	return newRig(t, append([]func(*Config){func(c *Config) {
		c.Accounts = append(c.Accounts, Account{AppID: site, Secret: siteSecret, Domain: "site.example.com", Website: true})
	}}, change...)...)
}

func siteLink(redirect, scope, state string) string {
	return PathQRConnect + "?appid=" + site + "&redirect_uri=" + url.QueryEscape(redirect) + "&response_type=code&scope=" + scope + "&state=" + state
}

// show opens the page with the QR code and returns its uuid.
func (g *rig) show() string {
	g.t.Helper()
	w := g.get(siteLink(siteReturn, scopeLogin, "s1"))
	m := regexp.MustCompile(`src="/connect/qrcode/([0-9A-Za-z]{16})"`).FindStringSubmatch(w.Body.String())
	if m == nil {
		g.t.Fatalf("rule: the page shows a QR code with a uuid of 16 characters; got %d\n%s", w.Code, w.Body)
	}
	return m[1]
}

func (g *rig) poll(uuid, last string) string {
	return g.get(PathQRPoll + "?uuid=" + uuid + "&last=" + last + "&_=1").Body.String()
}

func siteTokenURL(code string) string {
	return PathAccessToken + "?appid=" + site + "&secret=" + siteSecret + "&code=" + code + "&grant_type=authorization_code"
}

func TestQRConnectIsRefused(t *testing.T) {
	for rule, tc := range map[string]struct{ link, id, text string }{
		"an Official Account's appid":     {strings.Replace(siteLink(siteReturn, scopeLogin, "s1"), site, app, 1), "scope", "Scope 参数错误或没有 Scope 权限"},
		"an unknown appid":                {strings.Replace(siteLink(siteReturn, scopeLogin, "s1"), site, "wxx", 1), "appid", "AppID 参数错误"},
		"no appid":                        {PathQRConnect, "appid", "AppID 参数错误"},
		"another scope":                   {siteLink(siteReturn, scopeUserInfo, "s1"), "scope", "Scope 参数错误或没有 Scope 权限"},
		"another domain":                  {siteLink(callback, scopeLogin, "s1"), "redirect_uri", "redirect_uri 参数错误"},
		"a sub-domain":                    {siteLink("https://www.site.example.com/", scopeLogin, "s1"), "redirect_uri", "redirect_uri 参数错误"},
		"a state of more than 128 bytes":  {siteLink(siteReturn, scopeLogin, strings.Repeat("a", 129)), "state", "state参数过长"},
		"a response_type other than code": {strings.Replace(siteLink(siteReturn, scopeLogin, "s1"), "=code&", "=token&", 1), "response_type", "该链接无法访问"},
	} {
		w := siteRig(t).get(tc.link)
		if w.Header().Get("X-Wxsim-Error") != tc.id || !strings.Contains(w.Body.String(), tc.text) {
			t.Errorf("rule: %s is refused; got error %q", rule, w.Header().Get("X-Wxsim-Error"))
		}
	}
}

func TestQRConnectTakesAnyOrder(t *testing.T) {
	g := siteRig(t)
	g.userAgent = "Mozilla/5.0 Chrome/130" // scan login is for ordinary browsers
	for rule, query := range map[string]string{
		"as wxLogin.js writes it": "appid=" + site + "&scope=snsapi_login&redirect_uri=" + url.QueryEscape(siteReturn) + "&state=&login_type=jssdk&self_redirect=default&styletype=&sizetype=&bgcolor=&rst=&style=black",
		"as JustAuth writes it":   "response_type=code&appid=" + site + "&redirect_uri=" + url.QueryEscape(siteReturn) + "&scope=snsapi_login&state=x",
	} {
		if w := g.get(PathQRConnect + "?" + query); w.Code != 200 || !strings.Contains(w.Body.String(), "js_qrcode_img") ||
			strings.Contains(w.Header().Get("Content-Security-Policy"), "frame-ancestors") {
			t.Errorf("rule: a link %s is shown, in a frame as well; got error %q", rule, w.Header().Get("X-Wxsim-Error"))
		}
	}
}

func TestScanLogin(t *testing.T) {
	g := siteRig(t)
	uuid := g.show()
	for _, step := range []struct {
		does   ScanStep
		last   string
		answer string
	}{
		{ScanSeen, "", `^window.wx_errcode=404;window.wx_code='';$`},
		{ScanDeny, "404", `^window.wx_errcode=403;window.wx_code='';$`},
		{ScanSeen, "403", `^window.wx_errcode=404;window.wx_code='';$`},
		{ScanAllow, "404", `^window.wx_errcode=405;window.wx_code='([0-9A-Za-z]{32})';$`},
	} {
		if err := g.AnswerQR(uuid, "jun", step.does); err != nil {
			t.Fatalf("rule: a QR code stays usable until it is allowed; %s got %v", step.does, err)
		}
		got := g.poll(uuid, step.last)
		m := regexp.MustCompile(step.answer).FindStringSubmatch(got)
		if m == nil {
			t.Fatalf("rule: the poll tells the page what the phone did; %s got %s", step.does, got)
		}
		if step.does != ScanAllow {
			continue
		}
		b := g.api(siteTokenURL(m[1]))
		if b.OpenID != g.OpenID(site, "jun") || b.OpenID == g.OpenID(app, "jun") || b.Scope != scopeLogin || b.UnionID == nil || *b.UnionID != g.UnionID("jun") {
			t.Errorf("rule: the code is the person's, with an openid of the site's own and the union id of all; got %+v", b)
		}
		if me := g.api(userinfoURL(b)); me.Nickname != "阿俊" {
			t.Errorf("rule: userinfo works with snsapi_login; got %+v", me)
		}
	}
	if err := g.AnswerQR(uuid, "mei", ScanAllow); err == nil {
		t.Error("rule: a QR code is allowed once")
	}
	for rule, err := range map[string]error{
		"an unknown person": g.AnswerQR(g.show(), "x", ScanAllow), "an unknown step": g.AnswerQR(g.show(), "mei", "x"), "an unknown QR code": g.AnswerQR("x", "mei", ScanAllow),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "wxsim:") {
			t.Errorf("rule: AnswerQR refuses %s; got %v", rule, err)
		}
	}
	if code := g.code("mei", scopeBase); g.api(siteTokenURL(code)).code() != 40029 {
		t.Error("rule: a code of one account is 40029 for another")
	}
}

func TestWebsiteCodesLiveTenMinutes(t *testing.T) {
	for after, want := range map[time.Duration]int{10*time.Minute - time.Second: 0, 10 * time.Minute: 40029} {
		g := siteRig(t)
		code, err := g.Code(site, "mei", scopeLogin)
		if err != nil {
			t.Fatal(err)
		}
		g.Advance(after)
		if got := g.api(siteTokenURL(code)); got.code() != want {
			t.Errorf("rule: a website application's code lives ten minutes; after %v got %d", after, got.code())
		}
	}
	if _, err := siteRig(t).Code(site, "mei", scopeBase); err == nil {
		t.Error("rule: a website application has the scope snsapi_login only")
	}
}

func TestPollHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := siteRig(t, func(c *Config) { c.Now = time.Now })
		uuid := g.show()
		start := time.Now()
		if got := g.poll(uuid, ""); !strings.Contains(got, "=408;") || time.Since(start) != pollHold {
			t.Errorf("rule: without news the poll answers 408 after 25 s; got %s after %v", got, time.Since(start))
		}
		answers := make(chan string)
		wait := func(last string) { go func() { answers <- g.poll(uuid, last) }(); synctest.Wait() }
		wait("")
		g.AnswerQR(uuid, "mei", ScanSeen)
		if got := <-answers; !strings.Contains(got, "=404;") {
			t.Errorf("rule: a scan ends the wait; got %s", got)
		}
		wait("404")
		g.AnswerQR(uuid, "mei", ScanDeny)
		if got := <-answers; !strings.Contains(got, "=403;") {
			t.Errorf("rule: what the page knows is no news; got %s", got)
		}
		wait("403")
		g.Advance(scanLife)
		if got := <-answers; !strings.Contains(got, "=402;") {
			t.Errorf("rule: an expired QR code is 402 at once; got %s", got)
		}
	})
}

func TestConfirmPage(t *testing.T) {
	g := siteRig(t)
	uuid := g.show()
	if w := g.get(PathConfirm + "?uuid=" + uuid); w.Code != 200 || !strings.Contains(w.Body.String(), `id="confirm"`) || !strings.Contains(g.poll(uuid, ""), "=404;") {
		t.Errorf("rule: opening the confirm page counts as scanned; got %d", w.Code)
	}
	if w := g.post(PathConfirm, "uuid="+uuid+"&person=lin&allow=0"); !strings.Contains(w.Body.String(), "已取消登录") || !strings.Contains(g.poll(uuid, "404"), "=403;") {
		t.Errorf("rule: refusing on the phone is 403 for the page; got %s", w.Body)
	}
	if w := g.post(PathConfirm, "uuid="+uuid+"&person=lin&allow=1"); !strings.Contains(w.Body.String(), "已确认登录") || !strings.Contains(g.poll(uuid, "403"), "=405;") {
		t.Errorf("rule: allowing on the phone is 405 for the page; got %s", w.Body)
	}
	for rule, w := range map[string]*httptest.ResponseRecorder{
		"uuid":   g.get(PathConfirm + "?uuid=" + uuid),
		"person": g.post(PathConfirm, "uuid="+g.show()+"&person=x&allow=1"),
	} {
		if w.Header().Get("X-Wxsim-Error") != rule {
			t.Errorf("rule: the confirm page refuses a wrong %s; got %q", rule, w.Header().Get("X-Wxsim-Error"))
		}
	}
	g.userAgent = "Mozilla/5.0 Chrome/130"
	if w := g.get(PathConfirm + "?uuid=" + g.show()); w.Header().Get("X-Wxsim-Error") != "ua" {
		t.Errorf("rule: the confirm page is WeChat's alone; got %q", w.Header().Get("X-Wxsim-Error"))
	}
}

func TestFastLogin(t *testing.T) {
	for rule, tc := range map[string]struct {
		form string
		want string
	}{
		"allowing goes straight back":     {"person=jun&allow=1", `^https://site\.example\.com/done\?a=1&code=[0-9A-Za-z]{32}&state=s1$`},
		"refusing sends nothing back":     {"person=jun&refuse=silent", `^$`},
		"refusing can send state back":    {"person=jun&refuse=state", `^https://site\.example\.com/done\?a=1&state=s1$`},
		"an unknown person is no login":   {"person=x&allow=1", `^$`},
		"an unknown QR code is no login!": {"person=jun&allow=1", `^$`},
	} {
		g := siteRig(t)
		uuid := g.show()
		if strings.HasSuffix(rule, "!") {
			uuid = "x"
		}
		w := g.post(PathQRConnect, "uuid="+uuid+"&"+tc.form)
		if got := w.Header().Get("Location"); !regexp.MustCompile(tc.want).MatchString(got) {
			t.Errorf("rule: with fast login %s; got %d %q", rule, w.Code, got)
		}
	}
}

func TestQRPicture(t *testing.T) {
	g := siteRig(t)
	w := g.get(PathQRCode + g.show())
	if picture, err := jpeg.Decode(w.Body); err != nil || w.Header().Get("Content-Type") != "image/jpeg" || picture.Bounds().Dx() < 200 {
		t.Errorf("rule: the QR code is a JPEG; got %v", err)
	}
	if w := g.get(PathQRCode + "x"); w.Code != http.StatusNotFound {
		t.Errorf("rule: an unknown QR code has no picture; got %d", w.Code)
	}
	if got := qrPicture(strings.Repeat("x", 5000)); got.status != http.StatusBadRequest {
		t.Errorf("rule: a text too long for a QR code is 400; got %d", got.status)
	}
}
