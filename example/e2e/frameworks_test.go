package e2e

import (
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/wxsim"
)

var frameworks = []string{"gin", "fiber", "nethttp"}

// TestExamples walks through every example on a phone and on a desktop, in
// Chinese and in English, as four different people.
func TestExamples(t *testing.T) {
	for _, framework := range frameworks {
		t.Run(framework, func(t *testing.T) {
			wechat := startWeChat(t)
			account := wechat.url + wxsim.ProfilePath(appID)
			site := startSite(t, framework, append(settings(account), "WECHAT_OPEN_URL="+wechat.url, "WECHAT_API_URL="+wechat.url)...)
			wechat.sendsTo(t, site.url)
			w := world{site: site, wechat: wechat, wechatURL: wechat.url, account: account}
			for _, l := range []looks{
				{device: phone, lang: "zh", person: "mei"},
				{device: phone, lang: "en", person: "jun"},
				{device: desktop, lang: "zh", person: "ouyang"},
				{device: desktop, lang: "en", person: "lin"},
			} {
				l.album = framework
				t.Run(l.String(), func(t *testing.T) { walk(t, w, l) })
				t.Run(l.String()+"-without-cookies", func(t *testing.T) { walkWithoutCookies(t, w, l) })
			}
			endsCleanly(t, site)
		})
	}
}

// TestWeChatsOwnAddress has the site send visitors to https://open.weixin.qq.com
// as in production. Only the browser is told that this is the simulator.
func TestWeChatsOwnAddress(t *testing.T) {
	for _, framework := range frameworks {
		t.Run(framework, func(t *testing.T) {
			wechat := startWeChat(t)
			front := wechat.startFront(t)
			account := weChatsAccounts + wxsim.ProfilePath(appID)
			site := startSite(t, framework, append(settings(account), "WECHAT_API_URL="+wechat.url)...)
			wechat.sendsTo(t, site.url)
			w := world{site: site, wechat: wechat, wechatURL: weChatsOwn, account: account, mapped: front.mapped()}
			l := looks{device: phone, lang: "zh", person: "mei"}
			t.Run(l.String(), func(t *testing.T) { walk(t, w, l) })
			endsCleanly(t, site)
		})
	}
}

// endsCleanly stops the site and reads what it wrote.
func endsCleanly(t *testing.T, s *site) {
	t.Helper()
	if err := s.stop(t); err != nil {
		t.Errorf("rule: SIGTERM ends a site with status 0; %v", err)
	}
	if t.Failed() {
		return // a walk that did not get far says nothing about the log
	}
	out := s.out.String()
	if !strings.Contains(out, "path=/me") {
		t.Error("rule: requests are logged; nothing with path=/me, where every walk comes by")
	}
	for _, private := range append([]string{"code=", "state=", secret, pushToken, pushKey}, s.secrets...) {
		if strings.Contains(out, private) {
			t.Errorf("rule: no output has a code, a state or the secret; found %.6s…", private)
		}
	}
}
