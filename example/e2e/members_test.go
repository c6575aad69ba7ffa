package e2e

import (
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// seesMembers goes the way of a visitor who is logged in and has to follow the
// account first: from our page to the account's, and back.
func (v *visitor) seesMembers(t *testing.T, w world) {
	rule := func(name string, check func(t *testing.T)) {
		if !t.Run(name, check) {
			t.FailNow() // the rest would only repeat it
		}
	}
	site, account := w.site.url, v.trail.names.Replace(w.account)
	exchanges := w.wechat.Calls(wxsim.PathAccessToken)

	rule("who does not follow is asked to", func(t *testing.T) {
		v.click(t, "#to-members")
		v.seesPage(t, "follow")
		v.went(t, "GET site/members 403")
		is(t, "the page names the account", v.text(t, "h1"), followTitle[v.lang])
		is(t, "what to do first is its first button", v.has(t, "a.button#follow ~ a.button.second#retry"), true)
		v.looksAt(t, "follow")
	})
	rule("the page leads to the account's", func(t *testing.T) {
		v.click(t, "#follow")
		v.sees(t, "#profile button#follow")
		v.went(t, "GET "+account+" 200")
		v.looksAt(t, "account")
	})
	rule("one button there follows the account", func(t *testing.T) {
		v.click(t, "button#follow")
		v.sees(t, "#done")
		press, _, _ := strings.Cut(account, "?")
		v.went(t, "POST "+press+" 200")
		is(t, "the visitor follows", w.wechat.Following(appID, v.person), true)
		v.looksAt(t, "account-followed")
	})
	rule("back again, the page opens without a login", func(t *testing.T) {
		v.script(t, `history.go(-2), ""`) // over the account's page as it was before the button
		v.sees(t, `body[data-page="follow"], body[data-page="members"]`)
		if v.has(t, "#retry") { // a browser may have kept our page
			v.click(t, "#retry")
		}
		v.seesPage(t, "members")
		v.went(t, "GET site/members 200")
		is(t, "no code was taken for it", w.wechat.Calls(wxsim.PathAccessToken), exchanges)
		is(t, "the visitor is still the same", v.identity(t), w.wechat.openID(v.person))
		v.looksAt(t, "members")
	})
	rule("who leaves the account finds the page shut at once", func(t *testing.T) {
		if err := w.wechat.Unfollow(t.Context(), appID, v.person); err != nil {
			t.Fatal(err)
		}
		v.open(t, site+"/members")
		v.seesPage(t, "follow")
		v.went(t, "GET site/members 403")
	})
	rule("who follows elsewhere goes on with the page's button", func(t *testing.T) {
		// With a phone, say, that scans a code of the account.
		if err := w.wechat.Scan(t.Context(), appID, v.person, "poster"); err != nil {
			t.Fatal(err)
		}
		v.click(t, "#retry")
		v.seesPage(t, "members")
		v.went(t, "GET site/members 200")
		is(t, "no code was taken for it", w.wechat.Calls(wxsim.PathAccessToken), exchanges)
	})
	rule("the other pages are as they were", func(t *testing.T) {
		v.click(t, "#to-profile")
		v.seesPage(t, "profile")
		v.went(t, "GET site/profile 200")
	})
}

var followTitle = map[string]string{"zh": "请先关注公众号“" + accountName + "”", "en": "Please follow “" + accountName + "”"}
