package e2e

import (
	"net/url"
	"testing"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// TestScanLogin logs a desktop browser in with a website application: it shows WeChat's
// QR code, and another browser, the phone, scans it. The code says where the phone goes.
func TestScanLogin(t *testing.T) {
	for i, framework := range frameworks {
		t.Run(framework, func(t *testing.T) {
			wechat := startWeChat(t, wxsim.Account{AppID: websiteID, Secret: websiteSecret, Domain: "localhost", Name: "茶与书网站", Website: true})
			account := wechat.url + wxsim.ProfilePath(appID)
			site := startSite(t, framework, append(settings(account), "WECHAT_OPEN_URL="+wechat.url, "WECHAT_API_URL="+wechat.url,
				"WECHAT_WEBSITE_APP_ID="+websiteID, "WECHAT_WEBSITE_APP_SECRET="+websiteSecret)...)
			wechat.sendsTo(t, site.url)
			site.mustNotLog(websiteSecret)
			album := ""
			if i == 0 || i == 1 && *pictures { // in Chinese, and in English
				album = "scan"
			}
			walkScan(t, world{site: site, wechat: wechat, wechatURL: wechat.url, account: account}, []string{"zh", "en"}[i%2], album)
			endsCleanly(t, site)
		})
	}
}

// walkScan goes through the life of a visitor at a desktop browser. What comes later
// builds on what came before.
func walkScan(t *testing.T, w world, lang, album string) {
	desk := w.newVisitor(t, looks{device: desktop, lang: lang, album: album})
	desk.useBrowser(t, desktop.other)
	mobile := w.newVisitor(t, looks{device: phone, lang: lang, album: album})
	rule := func(name string, check func(t *testing.T)) {
		if !t.Run(name, check) {
			t.FailNow() // the rest would only repeat it
		}
	}
	answers := func(t *testing.T, person, button string) {
		t.Helper()
		desk.sees(t, "#phone")
		mobile.open(t, desk.script(t, `document.querySelector("#phone").href`))
		mobile.sees(t, "#confirm")
		desk.sees(t, `#scan[data-step="404"]`) // by itself
		mobile.looksAt(t, "confirm")
		mobile.click(t, `label[for="person-`+person+`"]`)
		mobile.click(t, button)
		mobile.sees(t, "#done")
	}

	rule("a page behind a login leads to WeChat's QR code", func(t *testing.T) {
		desk.open(t, w.site.url+"/")
		desk.seesPage(t, "home")
		is(t, "the front page says how to log in at a desktop browser", desk.text(t, "#desktop") != "", true)
		desk.looksAt(t, "home")
		desk.trail.take()
		desk.open(t, w.site.url+"/me")
		desk.sees(t, `#scan[data-step="408"]`)
		desk.went(t, "GET site/me 302", "GET "+qrConnect("/me", lang)+" 200")
		desk.looksAt(t, "code")
	})
	rule("after a refusal on the phone the desktop stays at the QR code", func(t *testing.T) {
		answers(t, "jun", "#deny")
		mobile.looksAt(t, "phone-refused")
		desk.sees(t, `#scan[data-step="403"]`) // by itself
		desk.looksAt(t, "code-refused")
		desk.went(t)
	})
	rule("the phone's consent logs the desktop in, in place", func(t *testing.T) {
		answers(t, "mei", "#allow")
		mobile.looksAt(t, "phone-allowed")
		desk.seesPage(t, "me") // by itself
		desk.went(t, "GET site/me?code=…&state=… 303", "GET site/me 200")
		is(t, "no code or state stays in the address", desk.address(t), w.site.url+"/me")
		is(t, "the open id is the phone's person's at the website application", desk.identity(t), w.wechat.OpenID(websiteID, "mei"))
		desk.looksAt(t, "me")
	})
	rule("a scan login has the profile", func(t *testing.T) {
		desk.open(t, w.site.url+"/profile")
		desk.seesPage(t, "profile")
		desk.went(t, "GET site/profile 200")
		is(t, "the nickname is shown, emoji and all", desk.text(t, "#nickname"), nicknames["mei"])
		desk.looksAt(t, "profile")
	})
	rule("a page for followers opens once the phone follows the account", func(t *testing.T) {
		desk.open(t, w.site.url+"/members")
		desk.seesPage(t, "follow")
		desk.looksAt(t, "follow")
		desk.isAccessible(t, "follow at a desktop browser")
		mobile.open(t, w.account)
		mobile.click(t, "button#follow")
		mobile.sees(t, "#done")
		desk.click(t, "#retry")
		desk.seesPage(t, "members")
		desk.went(t, "GET site/members 403", "GET site/members 200")
		desk.looksAt(t, "members")
	})
	rule("after a logout the desktop knows nobody", func(t *testing.T) {
		desk.click(t, "#logout button")
		desk.seesPage(t, "home")
		is(t, "the front page knows nobody", desk.identity(t), "")
		desk.trail.take()
	})
	rule("a refusal that comes back is a clear page", func(t *testing.T) {
		desk.open(t, w.site.url+"/profile")
		desk.sees(t, "#scan")
		desk.click(t, "summary")
		desk.click(t, "#refuse-state")
		desk.seesPage(t, "refused")
		desk.went(t, "GET site/profile 302", "GET "+qrConnect("/profile", lang)+" 200",
			"POST wechat/connect/qrconnect 302", "GET site/profile?state=… 403")
		desk.looksAt(t, "refused")
		desk.click(t, "#retry")
		answers(t, "lin", "#allow")
		desk.seesPage(t, "profile")
		is(t, "whoever tries again and allows it is in", desk.identity(t), w.wechat.OpenID(websiteID, "lin"))
	})
	rule("a phone outside WeChat is not sent to scan its own screen", func(t *testing.T) {
		mobile.useBrowser(t, phone.other)
		mobile.trail.take()
		mobile.open(t, w.site.url+"/me")
		mobile.seesPage(t, "outside")
		mobile.went(t, "GET site/me 403")
		mobile.looksAt(t, "outside")
	})
	rule("inside WeChat nothing changes", func(t *testing.T) {
		mobile.useBrowser(t, phone.agent)
		mobile.open(t, w.site.url+"/me")
		mobile.seesPage(t, "me")
		is(t, "a phone inside WeChat logs in with the account", mobile.identity(t), w.wechat.openID("lin"))
	})
}

// qrConnect is the link to the page with WeChat's QR code, as documented down to the
// order of its parameters.
func qrConnect(back, lang string) string {
	link := "wechat/connect/qrconnect?appid=" + websiteID + "&redirect_uri=site" + url.QueryEscape(back) +
		"&response_type=code&scope=snsapi_login&state=…"
	if lang == "en" {
		link += "&lang=en"
	}
	return link
}
