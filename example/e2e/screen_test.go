package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// TestScreens logs a desktop browser in through a phone: two browsers, on each
// framework, with the waiting page's script.
func TestScreens(t *testing.T) {
	for i, framework := range frameworks {
		t.Run(framework, func(t *testing.T) {
			wechat := startWeChat(t)
			account := wechat.url + wxsim.ProfilePath(appID)
			site := startSite(t, framework, append(settings(account), "WECHAT_SCREEN_LOGIN=1", "WECHAT_OPEN_URL="+wechat.url, "WECHAT_API_URL="+wechat.url)...)
			wechat.sendsTo(t, site.url)
			w := world{site: site, wechat: wechat, wechatURL: wechat.url}
			lang := []string{"zh", "en"}[i%2]
			album := ""
			if i < 2 {
				album = "screen"
			}
			walkScreen(t, w, lang, album)
			endsCleanly(t, site)
		})
	}
}

func walkScreen(t *testing.T, w world, lang, album string) {
	desk := w.newVisitor(t, looks{device: desktop, lang: lang, album: album})
	desk.useBrowser(t, desktop.other)
	mobile := w.newVisitor(t, looks{device: phone, lang: lang, album: album})
	page := func(v *visitor, name string) {
		t.Helper()
		v.seesPage(t, name)
		v.looksAt(t, name)
		v.isAccessible(t, name)
	}
	code := func() string {
		t.Helper()
		page(desk, "screen-wait")
		return desk.script(t, `document.querySelector("#wx-screen").href`)
	}
	allows := func(name string) {
		t.Helper()
		mobile.open(t, code())
		if mobile.has(t, "#consent") { // the code of a prompted page asks for the profile, once
			mobile.consents(t, "mei", "#allow")
		}
		page(mobile, "phone-allow")
		is(t, "refusing is as easy as allowing", mobile.script(t, `(([deny, allow]) => String(deny.offsetWidth >= allow.offsetWidth && deny.offsetHeight >= allow.offsetHeight))(document.querySelectorAll("button[name=answer]"))`), "true")
		desk.seesPage(t, "screen-scanned") // by itself
		page(desk, "screen-scanned")
		mobile.click(t, `button[value="`+name+`"]`)
	}

	desk.open(t, w.site.url+"/profile")
	allows("deny")
	page(mobile, "phone-refused")
	page(desk, "screen-refused") // by itself
	desk.click(t, "#retry")
	allows("allow")
	page(mobile, "phone-allowed")
	digits := mobile.text(t, "#wx-number")
	page(desk, "screen-number") // by itself
	wrong := "0000"
	if digits == wrong {
		wrong = "0001"
	}
	desk.run(t, chromedp.SendKeys("#number", wrong, chromedp.ByQuery))
	desk.click(t, "form button")
	desk.sees(t, "#wrong")
	page(desk, "screen-number")
	desk.run(t, chromedp.SendKeys("#number", digits, chromedp.ByQuery))
	desk.click(t, "form button")
	desk.seesPage(t, "profile")
	is(t, "the screen is the phone's person", desk.text(t, "#nickname"), nicknames["mei"])
	is(t, "at the page that was asked for", desk.address(t), w.site.url+"/profile")
	desk.click(t, "#logout button")
	desk.seesPage(t, "home")
	is(t, "the front page says how", desk.has(t, ".screens"), true)
	desk.looksAt(t, "home-screens")
	if way := strings.Join(desk.logWay(t), "\n"); strings.Contains(way, "connect/oauth2") {
		t.Errorf("rule: a screen never goes to WeChat:\n%s", way)
	}
	desk.open(t, w.site.url+"/me")
	desk.seesPage(t, "screen-wait")
	desk.open(t, w.site.url+"/wechat/screen?s=none")
	page(desk, "phone-expired")
}
