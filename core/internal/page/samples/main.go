// Command samples writes every page of the library, in every state and language, as
// JSON for tests in a browser:
//
//	go run ./core/internal/page/samples https://app.example.com
//
// The argument is the site that the pages' links lead to. No other package imports it,
// and it decides nothing.
package main

import (
	"encoding/json"
	"log"
	"os"

	"github.com/seed467724c4/wechat/core/internal/page"
)

// sample is one page as a visitor gets it.
type sample struct {
	Name   string `json:"name"` // its kind and, behind it, its state
	Kind   string `json:"kind"`
	Lang   string `json:"lang"`
	Policy string `json:"policy"` // its Content-Security-Policy
	HTML   string `json:"html"`
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: samples SITE")
	}
	if err := json.NewEncoder(os.Stdout).Encode(samples(os.Args[1])); err != nil {
		log.Fatal(err)
	}
}

func samples(site string) (all []sample) {
	r := page.New(false)
	for _, lang := range []string{"zh-CN", "zh-TW", "en"} {
		for _, s := range states(site) {
			s.view.Lang = lang
			all = append(all, sample{
				Name: s.name, Kind: string(s.view.Kind), Lang: lang,
				Policy: r.Policy(s.view.Kind, ""), HTML: string(r.HTML(s.view)),
			})
		}
	}
	return all
}

type state struct {
	name string
	view page.View
}

// states are the pages with what core gives them.
func states(site string) []state {
	here, home := site+"/orders?id=7", site+"/"
	account := page.View{
		Kind: page.Follow, Here: here, Home: home, Account: page.Text("江南春茶文化研究会"),
		QRCode: page.QRCode("https://weixin.qq.com/r/0123456789"), Follow: "https://mp.weixin.qq.com/mp/profile_ext?action=home",
	}
	with := func(v page.View, change func(*page.View)) page.View {
		change(&v)
		return v
	}
	all := []state{
		{"outside", page.View{Kind: page.Outside, Here: here, QRCode: page.QRCode(here)}},
		{"outside-without-code", page.View{Kind: page.Outside, Here: here}},
		{"consent", page.View{Kind: page.Consent, Here: here}},
		{"refused", page.View{Kind: page.Refused, Here: here}},
		{"refused-guest", page.View{Kind: page.Refused, Here: here, Guest: site + "/welcome"}},
		{"log-in-again", page.View{Kind: page.LogInAgain, Here: here}},
		{"frame", page.View{Kind: page.Frame, Here: here}},
		{"snapshot", page.View{Kind: page.Snapshot, Here: here}},
		{"unavailable", page.View{Kind: page.Unavailable, Here: here, Reference: "k7x2m9q4tz"}},
		{"follow", account},
		{"follow-without-link", with(account, func(v *page.View) { v.Follow = "" })},
		{"follow-without-code", with(account, func(v *page.View) { v.QRCode, v.Follow = "", "" })},
		{"follow-without-name", with(account, func(v *page.View) { v.Account = "" })},
		{"follow-long-name", with(account, func(v *page.View) { v.Account = page.Text("The Tea Culture Research Association of the Lower Yangtze") })},
		{"denied", page.View{Kind: page.Denied, Here: here, Home: home, Message: page.Text("账号已停用。\n如有疑问，请致电 400-123-4567。")}},
		{"withdrawn", page.View{Kind: page.Withdrawn, Home: home, Reference: "k7x2m9q4tz"}},
		{"denied-without-text", page.View{Kind: page.Denied, Here: here, Home: home}},
		{"continue", page.View{Kind: page.Continue}},
		{"forbidden", page.View{Kind: page.Forbidden, Here: home}},
		{"bad-request", page.View{Kind: page.BadRequest}},
		{"not-found", page.View{Kind: page.NotFound}},
	}
	all = append(all, screens(site)...)
	for _, fault := range []page.Fault{page.CookiesOff, page.OtherDomain, page.MixedScheme, page.SessionCookie, page.StateLost} {
		all = append(all, state{"stuck-" + string(fault), page.View{Kind: page.Stuck, Fault: fault, Here: here, Reference: "k7x2m9q4tz"}})
	}
	return all
}

// screens are the pages of screen login.
func screens(site string) (all []state) {
	const code = "2BZkTgk3sAq0v8Jm5rWnXcYhE7uLpDfG1iQoKaRb4NtVySzMxHjCw"
	at := site + "/wechat/screen"
	add := func(name string, kind page.Kind, change func(*page.View)) {
		v := page.View{Kind: kind, Here: site + "/orders?id=7"}
		v.Screen = page.Screen{Action: at, Code: code, Host: "app.example.com", SiteHTML: page.Text("江南春茶")}
		change(&v)
		all = append(all, state{name, v})
	}
	same := func(*page.View) {}
	waiting := func(v *page.View) {
		v.Screen.Address, v.Screen.Poll, v.Screen.Renew = at+"?s="+code, at+"?wait=1&s="+code, 90
		v.QRCode = page.QRCode(v.Screen.Address)
	}
	asking := func(v *page.View) {
		v.Here, v.Account = "", v.Screen.SiteHTML
		v.Screen.Proof, v.Screen.Device, v.Screen.Seconds = "ZVPxAAAAAAAAAAAAAAAAAAAAAAA", "Windows · Chrome", 20
	}
	onPhone := func(v *page.View) { v.Here = "" }
	add("screen-wait", page.ScreenWait, waiting)
	add("screen-wait-website", page.ScreenWait, func(v *page.View) { waiting(v); v.Screen.Website = at + "?to=%2F" })
	add("screen-wait-website-first", page.ScreenWait, func(v *page.View) {
		waiting(v)
		v.Screen.Website, v.Screen.WebsiteFirst = at+"?to=%2F", true
	})
	add("screen-scanned", page.ScreenScanned, func(v *page.View) { v.Screen.Poll = at + "?wait=1&s=" + code })
	add("screen-number", page.ScreenNumber, func(v *page.View) { v.Screen.To = "/orders?id=7" })
	add("screen-number-wrong", page.ScreenNumber, func(v *page.View) { v.Screen.To, v.Screen.Left = "/orders?id=7", 2 })
	add("screen-number-last", page.ScreenNumber, func(v *page.View) { v.Screen.To, v.Screen.Left = "/orders?id=7", 1 })
	add("screen-refused", page.ScreenRefused, same)
	add("screen-expired", page.ScreenExpired, same)
	add("screen-locked", page.ScreenLocked, same)
	add("phone-allow", page.PhoneAllow, asking)
	add("phone-allow-unknown", page.PhoneAllow, func(v *page.View) {
		asking(v)
		v.Screen.Device, v.Account = "", page.Text("The Tea Culture Research Association of the Lower Yangtze")
	})
	add("phone-allowed", page.PhoneAllowed, func(v *page.View) { v.Here, v.Screen.Number = "", "0427" })
	add("phone-refused", page.PhoneRefused, onPhone)
	add("phone-expired", page.PhoneExpired, onPhone)
	add("phone-taken", page.PhoneTaken, onPhone)
	return all
}
