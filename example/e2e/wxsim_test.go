package e2e

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// A website application beside the account, for the pages of the scan login.
const (
	websiteID     = "wxfedcba9876543210"
	websiteSecret = "fedcba9876543210fedcba9876543210"
)

// startSimulator is a simulator of its own for the tests of its pages, with an
// application that takes messages and answers them.
func startSimulator(t *testing.T) (*wxsim.Sim, string) {
	t.Helper()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.WriteString(w, r.URL.Query().Get("echostr"))
			return
		}
		io.WriteString(w, `<xml><MsgType>text</MsgType><Content><![CDATA[你好，请先 <a href="http://localhost:8080/profile">登录</a>]]></Content></xml>`)
	}))
	t.Cleanup(app.Close)
	sim, address, stop, err := wxsim.Start(wxsim.Config{AnyBrowser: true, Accounts: []wxsim.Account{
		{AppID: appID, Secret: secret, Domain: "localhost", Name: accountName, PushURL: app.URL, PushToken: pushToken},
		{AppID: websiteID, Secret: websiteSecret, Domain: "localhost", Name: "茶与书网站", Website: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return sim, address
}

// happens fills the timeline with a row of every kind.
func happens(t *testing.T, sim *wxsim.Sim, at string) {
	t.Helper()
	get := func(path string) string {
		res, err := http.Get(at + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, _ := io.ReadAll(res.Body)
		return string(raw)
	}
	code, err := sim.Code(appID, "mei", "snsapi_userinfo")
	if err != nil {
		t.Fatal(err)
	}
	exchange := wxsim.PathAccessToken + "?appid=" + appID + "&secret=" + secret + "&grant_type=authorization_code&code=" + code
	get(exchange)
	get(exchange) // 40163
	get("/cgi-bin/tags/get?access_token=x")
	token := get(wxsim.PathToken + "?grant_type=client_credential&appid=" + appID + "&secret=" + secret)
	_, token, _ = strings.Cut(token, `"access_token":"`)
	token, _, _ = strings.Cut(token, `"`)
	menu := `{"button":[{"type":"view","name":"进店","url":"http://localhost:8080/"},{"name":"服务","sub_button":[{"type":"click","name":"客服","key":"HELP"},{"type":"view","name":"我的订单","url":"http://localhost:8080/me"}]}]}`
	if res, err := http.Post(at+wxsim.PathMenuCreate+"?access_token="+token, "application/json", bytes.NewReader([]byte(menu))); err != nil || res.Body.Close() != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	sim.Follow(ctx, appID, "mei")
	sim.SendText(ctx, appID, "mei", "你好，请问几点关门？")
	sim.PressMenu(ctx, appID, "mei", "2.1")
	sim.Next("40163")
}

func consentLink(redirect string) string {
	return wxsim.PathAuthorize + "?appid=" + appID + "&redirect_uri=" + url.QueryEscape(redirect) + "&response_type=code&scope=snsapi_userinfo&state=1"
}

// TestEveryPageOfTheSimulator looks at every page of the simulator on a phone and on a
// desktop, in both languages, by day and by night.
func TestEveryPageOfTheSimulator(t *testing.T) {
	sim, at := startSimulator(t)
	happens(t, sim, at)
	v := world{site: &site{url: at}, wechatURL: weChatsOwn}.newVisitor(t, looks{device: phone, lang: "zh"})
	back := "http://localhost:8080/profile"
	scan := wxsim.PathQRConnect + "?appid=" + websiteID + "&redirect_uri=" + url.QueryEscape(back) + "&response_type=code&scope=snsapi_login&state=1"
	seen := []looks{{device: phone, lang: "zh"}, {device: desktop, lang: "en"}}
	if *pictures {
		seen = append(seen, looks{device: phone, lang: "en"}, looks{device: desktop, lang: "zh"})
	}
	for _, look := range seen {
		v.device, v.lang = look.device, look.lang
		v.run(t, look.screen())
		v.useBrowser(t, look.agent)
		for _, page := range []struct {
			name, path string
			then       func()
		}{
			{"home", "/", func() {
				v.script(t, `document.querySelectorAll("details").forEach(d => d.open = true), ""`)
				v.run(t, chromedp.SendKeys("#find", "token", chromedp.ByQuery)) // the list of faults is long then
			}},
			{"website", "/?account=" + websiteID, nil},
			{"consent", consentLink(back), nil},
			{"closed", consentLink(back), func() {
				v.click(t, "summary")
				v.click(t, "#refuse-silent")
				v.sees(t, "#closed")
			}},
			{"error", consentLink("http://elsewhere.example/"), nil},
			{"profile", wxsim.ProfilePath(appID), nil},
			{"qrconnect", scan, nil},
		} {
			v.open(t, at+page.path)
			v.sees(t, "main")
			if page.then != nil {
				page.then()
			}
			v.looksAt(t, page.name)
			v.isAccessibleByDayAndNight(t, "simulator-"+page.name+"-"+l(v))
			is(t, "every page says that it is a simulator: "+page.name, strings.Contains(v.text(t, "header"), "Simulator, not WeChat") || strings.Contains(v.text(t, "header"), "simulator, not WeChat"), true)
		}
	}
}

func l(v *visitor) string { return v.looks.String() }

// TestTheSimulatorsPageIsLive holds the page against what a person does on it: with
// scripts the timeline grows by itself.
func TestTheSimulatorsPageIsLive(t *testing.T) {
	sim, at := startSimulator(t)
	v := world{site: &site{url: at}, wechatURL: weChatsOwn}.newVisitor(t, looks{device: desktop, lang: "en"})
	v.open(t, at+"/")
	v.sees(t, "#live.on")
	happens(t, sim, at)
	v.sees(t, "#calls li.bad")
	const failed = `document.querySelector("#calls").textContent`
	v.run(t, chromedp.Poll(failed+`.includes("the code was used twice: WeChat says 40163")`, nil))
	v.run(t, chromedp.Poll(failed+`.includes("the simulator has no such path")`, nil))
	v.run(t, chromedp.Poll(`document.querySelector("#chat").textContent.includes("你好，请先 登录")`, nil))
	is(t, "nothing secret is on the page", strings.Contains(v.script(t, `document.documentElement.innerHTML`), secret), false)
	is(t, "the menu has come", v.has(t, `#menu button[value="2.1"]`), true)
	v.looksAt(t, "live")
}

// TestTheSimulatorsPageWorksWithoutScript presses the buttons in a browser without
// JavaScript, by keyboard alone.
func TestTheSimulatorsPageWorksWithoutScript(t *testing.T) {
	sim, at := startSimulator(t)
	v := world{site: &site{url: at}, wechatURL: weChatsOwn}.newVisitor(t, looks{device: phone, lang: "en"})
	v.run(t, emulation.SetScriptExecutionDisabled(true))
	press := func(selector, keys string) {
		t.Helper()
		v.run(t, chromedp.Focus(selector, chromedp.ByQuery), chromedp.KeyEvent(keys))
	}
	appears := func(selector string) { // sees runs a script
		t.Helper()
		v.run(t, chromedp.WaitReady(selector, chromedp.ByQuery))
	}
	v.open(t, at+"/")
	appears("#follow")
	press("#follow", kb.Enter)
	appears("#notice")
	is(t, "Enter follows the account", sim.Following(appID, "mei"), true)
	press("#message input[name=text]", "hello"+kb.Enter)
	appears("#chat .them")
	is(t, "the account's answer is read without a script", strings.Contains(v.text(t, "#chat"), "你好，请先 登录"), true)
	is(t, "what needs a script is not shown without one", v.script(t, `String([...document.querySelectorAll(".copy, .find")].filter(e => e.offsetParent !== null).length)`), "0")
	press("#fault select", "4") // the next option that begins with it
	press("#fault button", kb.Enter)
	appears("#waiting button")
	appears("#calls li")
	press("#calls li summary", " ")
	is(t, "a row unfolds by the space bar", v.has(t, "#calls li details[open]"), true)
	is(t, "every row is reached by Tab", v.tabsTo(t, "#calls li:last-child summary", 200), true)
}

// tabsTo presses Tab until an element has the focus.
func (v *visitor) tabsTo(t *testing.T, selector string, most int) bool {
	t.Helper()
	for range most {
		if v.script(t, `String(document.activeElement === document.querySelector("`+selector+`"))`) == "true" {
			return true
		}
		v.run(t, input.DispatchKeyEvent(input.KeyDown).WithKey("Tab").WithCode("Tab").WithWindowsVirtualKeyCode(9),
			input.DispatchKeyEvent(input.KeyUp).WithKey("Tab").WithCode("Tab").WithWindowsVirtualKeyCode(9))
	}
	return false
}
