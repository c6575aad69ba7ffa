package wxsim

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim/internal/timeline"
)

// presses posts a form of the page and returns the page that follows, or the address
// elsewhere that it leads to.
func (g *rig) presses(form string) string {
	g.t.Helper()
	w := g.post("/", form)
	if w.Code != http.StatusSeeOther {
		g.t.Fatalf("rule: a button leads back to the page; %s got %d %s", form, w.Code, w.Body)
	}
	to, _, _ := strings.Cut(w.Header().Get("Location"), "#")
	if !strings.HasPrefix(to, "/") {
		return to
	}
	r := httptest.NewRequest("GET", to, nil)
	r.Header.Set("Accept-Language", "en")
	return g.do(r).Body.String()
}

const menuOfTest = `{"button":[{"type":"view","name":"店","url":"https://app.example.com/shop"},{"name":"服务","sub_button":[{"type":"click","name":"客服","key":"HELP"},{"type":"pic_weixin","name":"图","key":"P"}]}]}`

func TestThePagesButtons(t *testing.T) {
	g, v := pushRig(t, "")
	v.answer = func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(`<xml><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[欢迎 <a href="https://app.example.com/in">登录</a>]]></Content></xml>`))
	}
	g.SetFollowing(app, "mei", false)
	g.postJSON(PathMenuCreate+"?access_token="+g.coreText(), menuOfTest)
	for _, step := range []struct {
		rule, form string
		want       []string
	}{
		{"follow", "do=follow", []string{"Followed."}},
		{"following twice changes nothing", "do=follow", []string{"Nothing has changed", "already"}},
		{"a message and the account's answer", "do=message&text=hello", []string{"Sent.", "欢迎 登录", `href="https://app.example.com/in"`}},
		{"an empty message", "do=message&text=+", []string{"the message is empty"}},
		{"a menu button", "do=menu&button=2.1", []string{"Pressed.", "pressed: 客服"}},
		{"a menu button that does not exist", "do=menu&button=9", []string{"no menu button"}},
		{"a menu button of another type", "do=menu&button=2.2", []string{"click and view"}},
		{"a menu link opens its page", "do=menu&button=1", []string{"https://app.example.com/shop"}},
		{"a shared link", "do=open&entry=share&address=https%3A%2F%2Fapp.example.com%2Fx%3Fa%3D1", []string{"https://app.example.com/x?a=1&from=singlemessage&isappinstalled=0"}},
		{"an address elsewhere", "do=open&address=https%3A%2F%2Fevil.example%2F", []string{"registered domain", "-domain"}},
		{"a script is no address", "do=open&address=javascript:alert(1)", []string{"registered domain"}},
		{"a fault", "do=fault&name=40163&times=2", []string{"Set: 40163", "(exchanges the code for tokens, ×2)", `<li>40163`, "×2 <span"}},
		{"a fault that does not exist", "do=fault&name=x", []string{"no fault"}},
		{"too often", "do=fault&name=40163&times=999999", []string{"from 1 to 1000"}},
		{"taking faults back", "do=clear", []string{"Removed.", "Nothing is set"}},
		{"the clock", "do=clock&advance=5m1s", []string{"03:09:06"}},
		{"a clock that is no duration", "do=clock&advance=soon", []string{"write a duration"}},
		{"a clock that goes too far", "do=clock&advance=2000000h", []string{"100 years"}},
		{"domains", "do=domains&domains=a.test%0Ab.test", []string{"saved", "a.test\nb.test"}},
		{"a domain that is none", "do=domains&domains=http://x", []string{"Not saved", "must be a host"}},
		{"a push address that is none", "do=push&url=ftp://x&token=abc", []string{"Not saved", `value="ftp://x"`}},
		{"a push address where nothing listens", "do=push&url=http://127.0.0.1:1/wechat&token=abc", []string{"Saved, but the check failed: ", "no program listens"}},
		{"no push address any more", "do=push&stop=1", []string{"Nothing is pushed"}},
		{"stop following", "do=unfollow", []string{"Unfollowed.", "no push address", `<a href="#push">`, `<details class="more" open>`}},
		{"back to the start", "do=reset", []string{"as at the start"}},
	} {
		page := g.presses(step.form)
		for _, want := range step.want {
			if !strings.Contains(page, want) {
				t.Errorf("rule: the page's button, %s; no %q in\n%.1500s", step.rule, want, page)
			}
		}
	}
}

func TestOtherSitesPressNothing(t *testing.T) {
	for rule, tc := range map[string]struct {
		name, value, host string
		ok                bool
	}{
		"its own page":                         {"Sec-Fetch-Site", "same-origin", "127.0.0.1:8089", true},
		"another site":                         {"Sec-Fetch-Site", "cross-site", "127.0.0.1:8089", false},
		"another port of the machine":          {"Sec-Fetch-Site", "same-site", "127.0.0.1:8089", false},
		"an old browser on its own page":       {"Origin", "http://192.168.1.5:8089", "192.168.1.5:8089", true},
		"an old browser on another site":       {"Origin", "https://evil.example", "192.168.1.5:8089", false},
		"an old browser that hides the origin": {"Origin", "null", "192.168.1.5:8089", false},
		"a program":                            {"X", "", "127.0.0.1:8089", true},
	} {
		g := newRig(t)
		for target, form := range map[string][2]string{"/": {"do=follow", "application/x-www-form-urlencoded"},
			controlPrefix + "follow": {`{"appid":"` + app + `","person":"jun"}`, "application/json"}} {
			r := httptest.NewRequest("POST", target, strings.NewReader(form[0]))
			r.Host = tc.host
			r.Header.Set("Content-Type", form[1])
			r.Header.Set(tc.name, tc.value)
			g.do(r)
		}
		if g.Following(app, "mei") != tc.ok || g.Following(app, "jun") != tc.ok {
			t.Errorf("rule: only the simulator's own page and programs change it, %s; got %v, %v", rule, g.Following(app, "mei"), g.Following(app, "jun"))
		}
	}
}

func TestANoticeStandsOnTheCardOfItsButton(t *testing.T) {
	g := newRig(t)
	for form, card := range map[string]string{"do=follow": "account", "do=open&address=x": "app", "do=fault&name=40163": "next", "do=clock&advance=1m": "time",
		"do=domains&domains=a.test": "settings", "do=forget": "timeline", "person=jun": "who"} {
		page := g.presses(form)
		_, from, _ := strings.Cut(page, `id="`+card+`"`)
		before, _, found := strings.Cut(from, `id="notice"`)
		if !found || strings.Contains(before, `class="card`) || strings.Count(page, `id="notice"`) != 1 {
			t.Errorf("rule: a button's notice stands once, on the button's own card; %q, card %s", form, card)
		}
	}
}

func TestAnEntryByTheMenuCountsOnce(t *testing.T) {
	g := newRig(t)
	g.SetFollowing(app, "mei", true)
	silently := func() bool { return g.get(linkFor(callback, scopeUserInfo, "s")).Code == 302 }
	enter := func(entry string) {
		g.presses("do=open&entry=" + entry + "&address=https%3A%2F%2Fapp.example.com%2F")
	}
	enter("menu")
	if !silently() || silently() {
		t.Error("rule: an entry by the menu shows no consent page to a follower, once")
	}
	rows := g.timeline.Since(0)
	if why := rows[len(rows)-2].Why.EN; !strings.Contains(why, "came from the menu; back to the application with a new code") {
		t.Errorf("rule: the timeline says why there was no page; got %q", why)
	}
	enter("menu")
	g.Advance(menuLife + time.Second)
	if silently() {
		t.Error("rule: an entry by the menu is forgotten soon")
	}
	enter("menu")
	enter("direct")
	if silently() {
		t.Error("rule: the last entry counts")
	}
}

func TestAFaultThatSomebodyAskedForIsNotTheApplications(t *testing.T) {
	g := newRig(t)
	for _, name := range []FaultName{CodeUsed, CodeExpired, CodeUnknown, MiniProgramCode} {
		g.Next(name)
		back, _ := url.Parse(g.get(linkFor(callback, scopeBase, "s")).Header().Get("Location"))
		g.api(tokenURL(back.Query().Get("code")))
		rows := g.timeline.Since(0)
		if why := rows[len(rows)-1].Why.EN; !strings.HasPrefix(why, "the fault that you asked for: ") {
			t.Errorf("rule: a row says that somebody asked for the fault; %s says %q", name, why)
		}
	}
}

func TestAPushAddressThatIsKeptStaysHidden(t *testing.T) {
	g := newRig(t)
	if err := g.SetPush(app, "https://app.example.com/push?key=hidden-value", "token123", ""); err != nil {
		t.Fatal(err)
	}
	if page := g.presses("do=push&url=&token=x"); !strings.Contains(page, "Token must be") || strings.Contains(page, "hidden-value") {
		t.Error("rule: the values of a kept address are not shown, even where the token is refused")
	}
	rows := g.timeline.Since(0)
	g.presses("do=push&url=http://127.0.0.1:1/wechat&token=abc")
	if rows = g.timeline.Since(rows[len(rows)-1].ID); rows[len(rows)-1].Outcome != "done" || !rows[len(rows)-1].Failed {
		t.Errorf("rule: an address that is saved and not verified is done, and has failed; got %+v", rows[len(rows)-1])
	}
}

func TestOtherSitesReadNothing(t *testing.T) {
	g := newRig(t)
	g.Close() // ends a stream that has begun
	for _, target := range []string{controlPrefix + "state", livePath} {
		for site, ok := range map[string]bool{"": true, "same-origin": true, "none": true, "same-site": false, "cross-site": false} {
			r := httptest.NewRequest("GET", target, nil)
			r.Header.Set("Sec-Fetch-Site", site)
			if w := g.do(r); (w.Code == 200) != ok {
				t.Errorf("rule: no other site reads what the simulator knows; %s for %q got %d", target, site, w.Code)
			}
		}
	}
}

func TestForeignNamesReachNoPage(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Hosts = []string{"sim.corp.example"} })
	for host, ok := range map[string]bool{
		"127.0.0.1:8089": true, "localhost:8089": true, "[::1]:8089": true, "192.168.1.5": true, "wxsim:8089": true, "app.localhost": true, "x.test": true,
		"host.docker.internal:8089": true, "api.weixin.qq.com": true, "sim.corp.example": true, "SIM.corp.example:1": true, "": true,
		"evil.example.org": false, "127.0.0.1.evil.org": false, "weixin.qq.com": false, "localhost.evil.org:8089": false, "xtest.org": false,
	} {
		for _, target := range []string{"/", controlPrefix + "state"} {
			r := httptest.NewRequest("GET", target, nil)
			r.Host = host
			if w := g.do(r); (w.Code == 200) != ok || !ok && !strings.Contains(w.Body.String(), "-host") {
				t.Errorf("rule: a name that another site can own opens nothing, and the answer names the flag; host %q at %s got %d", host, target, w.Code)
			}
		}
		r := httptest.NewRequest("GET", PathAuth, nil)
		r.Host = host
		if w := g.do(r); w.Code != 200 {
			t.Errorf("rule: WeChat's endpoints take every name; host %q got %d", host, w.Code)
		}
	}
}

func TestTheTimelineExplains(t *testing.T) {
	g := newRig(t)
	code := g.code("mei", scopeUserInfo)
	g.api(tokenURL(code))
	g.api(tokenURL(code))
	g.get("/cgi-bin/tags/get")
	g.get(linkFor(callback, scopeBase, "s1"))
	g.get(linkFor("https://evil.example/", scopeBase, "s1"))
	g.Next(Status502)
	g.get(PathAccessToken)
	g.postJSON(PathStableToken, `{"appid":"`+app+`","secret":"`+secret+`","grant_type":"client_credential"}`)
	rows := g.timeline.Since(0)
	for i, want := range []struct{ why, path string }{
		{"the code was good", PathAccessToken},
		{"the code was used twice: WeChat says 40163", PathAccessToken},
		{"no such path", "/cgi-bin/tags/get"},
		{"back to the application with a new code", PathAuthorize},
		{"error page 10003", PathAuthorize},
		{"the fault that you asked for", PathAccessToken},
		{"it stays the same", PathStableToken},
	} {
		if !strings.Contains(rows[i].Why.EN, want.why) || rows[i].Path != want.path || rows[i].Why.ZH == "" || rows[i].Name.ZH == "" {
			t.Errorf("rule: row %d explains itself with %q; got %+v", i, want.why, rows[i])
		}
	}
	if last := rows[6]; !strings.Contains(last.Body, `"secret":"•••"`) || !strings.Contains(last.Answer, `"access_token":"•••"`) {
		t.Errorf("rule: JSON bodies are shown without secrets; got %s %s", last.Body, last.Answer)
	}
	if to := rows[3].To; to != "https://app.example.com/cb?code=•••&state=•••" {
		t.Errorf("rule: a redirect is shown without its code; got %s", to)
	}
}

func TestEverythingHasPlainNames(t *testing.T) {
	for path := range newRig(t).routes {
		if a, ok := endpoints()[path]; !ok || a.name.ZH == "" || a.name.EN == "" || a.done.ZH == "" || a.done.EN == "" {
			t.Errorf("rule: every path has a plain name and says what it did; %s", path)
		}
	}
	for _, e := range errcodes() {
		if reason, ok := timeline.Reason(e.code); !ok || reason.ZH == "" || reason.EN == "" {
			t.Errorf("rule: every errcode has a reason; %d", e.code)
		}
	}
	for _, f := range Faults() {
		for _, lang := range []string{"zh", "en"} {
			if text := faultText(f, lang); strings.TrimSpace(strings.TrimLeft(text, "-0123456789")) == "" {
				t.Errorf("rule: every fault has a plain name; %s in %s: %q", f.Name, lang, text)
			}
		}
	}
}

func TestEveryErrorPageSaysWhatToDo(t *testing.T) {
	account := Account{AppID: app, Domain: "x.test"}
	pages := []failure{failNotWeChat(), failAppID(), failRedirect("x", account, true), failWebsiteRedirect("x", account, false), failNotWebsite(), failWebsiteScope(),
		failScan(), failResponseType(), failStateLong(200), failOrder("x"), failPending(), failAction(), failPerson(), failCrossSite(), failButton()}
	for _, code := range pageCodes() {
		pages = append(pages, pageFailure(code, ""))
	}
	for _, f := range pages {
		for _, text := range []string{f.ZH, f.EN} {
			flag := false
			for _, name := range []string{"-any-browser", "-any-order", "-config", "-domain", "-strict-port", "-app-id", "没有参数可以放行", "No flag lets this pass"} {
				flag = flag || strings.Contains(text, name)
			}
			if !flag {
				t.Errorf("rule: an error page names the flag that lets it pass, or says that none does; %s: %q", f.id(), text)
			}
		}
	}
}

func TestMenusAreChecked(t *testing.T) {
	click := `{"type":"click","name":"a","key":"k"}`
	for rule, tc := range map[string]struct {
		menu string
		code int
	}{
		"no button":               {`{"button":[]}`, 40016},
		"four buttons":            {`{"button":[` + strings.Repeat(click+",", 3) + click + `]}`, 40016},
		"an unknown type":         {`{"button":[{"type":"x","name":"a"}]}`, 40017},
		"a name too long":         {`{"button":[{"type":"click","name":"一二三四五六","key":"k"}]}`, 40018},
		"no key":                  {`{"button":[{"type":"click","name":"a"}]}`, 40019},
		"no address":              {`{"button":[{"type":"view","name":"a"}]}`, 40020},
		"an address that is none": {`{"button":[{"type":"view","name":"a","url":"javascript:x"}]}`, 40020},
		"six buttons below":       {`{"button":[{"name":"a","sub_button":[` + strings.Repeat(click+",", 5) + click + `]}]}`, 40023},
		"no key below":            {`{"button":[{"name":"a","sub_button":[{"type":"click","name":"a"}]}]}`, 40026},
		"a button that is a text": {`{"button":["x"]}`, 47001},
		"a menu as it should be":  {menuOfTest, 0},
	} {
		g := newRig(t)
		if got := g.postJSON(PathMenuCreate+"?access_token="+g.coreText(), tc.menu); !strings.HasPrefix(got, `{"errcode":`+strconv.Itoa(tc.code)+`,`) {
			t.Errorf("rule: a menu is refused as WeChat refuses it, %s: %d; got %s", rule, tc.code, got)
		}
	}
}

func TestRefusalHasAWayBack(t *testing.T) {
	g := newRig(t)
	page := g.post(PathAuthorizeReply, "person=mei&refuse=silent&uuid="+g.open()).Body.String()
	if !strings.Contains(page, `id="back" href="https://app.example.com/"`) || !strings.Contains(page, `id="again" href="`+PathAuthorize) {
		t.Errorf("rule: after a refusal there are ways on; got\n%s", page)
	}
}
