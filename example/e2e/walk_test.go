package e2e

import (
	"github.com/chromedp/chromedp"

	"net/url"
	"testing"
)

// world is a site and the WeChat that it knows.
type world struct {
	site      *site
	wechat    *wechat
	wechatURL string // as browsers know it
	account   string // the page where people follow the account, for a walk
	mapped    string // what to tell browsers to find it; see launch
}

// walk goes through the life of a visitor: nobody, silently somebody, somebody
// with a face, nobody again. What comes later builds on what came before.
func walk(t *testing.T, w world, l looks) {
	v := w.newVisitor(t, l)
	site := w.site.url
	rule := func(name string, check func(t *testing.T)) {
		if !t.Run(name, check) {
			t.FailNow() // the rest would only repeat it
		}
	}

	rule("the front page is open to everybody", func(t *testing.T) {
		v.open(t, site+"/")
		v.seesPage(t, "home")
		v.went(t, "GET site/ 200")
		is(t, "it knows nobody", v.identity(t), "")
		is(t, "it leads to every way to log in", v.has(t, "#to-me", "#to-profile", "#to-members", "#to-login", "#to-api"), true)
		v.looksAt(t, "home-out")
	})
	rule("a silent login goes to WeChat and back to a clean address", func(t *testing.T) {
		v.click(t, "#to-me")
		v.seesPage(t, "me")
		v.went(t,
			"GET site/me 302",
			"GET "+authorize("/me", "snsapi_base")+" 302",
			"GET site/me?code=…&state=… 303",
			"GET site/me 200")
		is(t, "no code or state stays in the address", v.address(t), site+"/me")
		is(t, "the visitor is who WeChat says", v.identity(t), w.wechat.openID("mei"))
		is(t, "the scope is the silent one", v.text(t, "#scope"), "snsapi_base")
		is(t, "a silent login gives no nickname", v.has(t, "#nickname"), false)
		v.looksAt(t, "me")
	})
	rule("the session is known on every page", func(t *testing.T) {
		v.click(t, "#to-home")
		v.seesPage(t, "home")
		v.went(t, "GET site/ 200")
		is(t, "the front page shows the visitor", v.identity(t), w.wechat.openID("mei"))
		v.looksAt(t, "home-in")
	})
	rule("a page that needs a nickname asks for consent first", func(t *testing.T) {
		v.click(t, "#to-profile")
		v.sees(t, "#consent")
		v.went(t, "GET site/profile 302", "GET "+authorize("/profile", "snsapi_userinfo")+" 200")
		v.looksAt(t, "consent")
	})
	rule("with consent the page shows nickname and avatar", func(t *testing.T) {
		v.consents(t, l.person, "#allow")
		v.seesPage(t, "profile")
		v.went(t,
			"POST wechat/connect/oauth2/authorize_reply 302",
			"GET site/profile?code=…&state=… 303",
			"GET site/profile 200")
		is(t, "no code or state stays in the address", v.address(t), site+"/profile")
		is(t, "the visitor is who gave consent", v.identity(t), w.wechat.openID(l.person))
		is(t, "the nickname is shown, emoji and all", v.text(t, "#nickname"), nicknames[l.person])
		is(t, "the scope is the one with consent", v.text(t, "#scope"), "snsapi_userinfo")
		is(t, "the avatar or what stands in for it is shown", v.has(t, "#avatar"), true)
		v.looksAt(t, "profile")
	})
	rule("a page for followers opens for followers", func(t *testing.T) { v.seesMembers(t, w) })
	rule("after a logout the front page knows nobody", func(t *testing.T) {
		v.click(t, "#logout button")
		v.seesPage(t, "home")
		v.went(t, "POST site/logout 303", "GET site/ 200")
		is(t, "the front page knows nobody", v.identity(t), "")
		is(t, "it offers to log in", v.has(t, "#to-login"), true)
	})
	rule("after a logout Back shows nothing of the visitor", func(t *testing.T) {
		v.script(t, `history.back(), ""`)
		v.sees(t, "#consent")
		v.went(t, "GET site/profile 302", "GET "+authorize("/profile", "snsapi_userinfo")+" 200")
	})
	rule("who refuses reads a clear page", func(t *testing.T) {
		v.consents(t, l.person, "#refuse-state")
		v.seesPage(t, "refused")
		v.went(t, "POST wechat/connect/oauth2/authorize_reply 302", "GET site/profile?state=… 403")
		v.looksAt(t, "refused")
	})
	rule("who refused can try again", func(t *testing.T) {
		v.click(t, "#retry")
		v.sees(t, "#consent")
		v.went(t, "GET site/profile 302", "GET "+authorize("/profile", "snsapi_userinfo")+" 200")
	})
	rule("a script that is nobody gets 401 and where to log in", func(t *testing.T) {
		status, problem := v.fetches(t, site+"/", "/api/me")
		is(t, "the status is 401", status, 401)
		is(t, "login_url comes back to the script's page", problem.LoginURL, site+"/login?to="+url.QueryEscape("/"))
		v.trail.take()
		v.open(t, problem.LoginURL)
		v.seesPage(t, "home")
		v.went(t,
			"GET site/login?to=%2F 302",
			"GET "+authorize("/login?to=%2F", "snsapi_base")+" 302",
			"GET site/login?to=%2F&code=…&state=… 303",
			"GET site/ 200")
		is(t, "a silent login is of the browser's person", v.identity(t), w.wechat.openID(l.person))
		v.click(t, "#logout button")
		v.sees(t, "#to-login")
		v.trail.take()
	})
	rule("outside WeChat a page says how to get in", func(t *testing.T) {
		v.useBrowser(t, l.other)
		v.open(t, site+"/me")
		v.seesPage(t, "outside")
		v.went(t, "GET site/me 403")
		v.looksAt(t, "outside")
	})
}

// walkWithoutCookies is what a visitor meets who blocks them all: three rounds,
// then the reason.
func walkWithoutCookies(t *testing.T, w world, l looks) {
	l.noCookies = true
	v := w.newVisitor(t, l)
	v.open(t, w.site.url+"/me")
	if v.has(t, `body[data-page="continue"]`) {
		v.run(t, chromedp.Reload()) // as the page does by itself, and before it does
	}
	v.seesPage(t, "stuck")
	toWeChat := "GET " + authorize("/me", "snsapi_base") + " 302"
	v.went(t,
		"GET site/me 302", toWeChat,
		"GET site/me?code=…&state=… 302", toWeChat,
		"GET site/me?code=…&state=… 302", toWeChat,
		"GET site/me?code=…&state=… 200", // asks for itself once more, from this site
		"GET site/me?code=…&state=… 400")
	is(t, "the page offers to try again", v.has(t, "#retry"), true)
	v.looksAt(t, "stuck")
}
