package wxsim

import (
	"net/url"
	"strings"
	"testing"
)

func TestBuiltInNamesFollowTheLanguageOfThePage(t *testing.T) {
	website := Account{AppID: "wx00000000000000cc", Secret: "s", Domain: "app.example.com", Website: true, Name: "网站", EnglishName: "Website"}
	named := func(c *Config) {
		c.AnyBrowser = true
		c.Accounts[0].Name, c.Accounts[0].EnglishName = "图书馆", "Library"
		c.Accounts = append(c.Accounts, website)
	}
	own := func(c *Config) {
		named(c)
		c.Accounts[0].EnglishName, c.Accounts[2].EnglishName = "", ""
		c.People = []Person{{ID: "mei", Nickname: "小美🌸"}}
	}
	scan := PathQRConnect + "?appid=" + website.AppID + "&redirect_uri=" + url.QueryEscape(callback) + "&response_type=code&scope=snsapi_login&state=1"
	for rule, tc := range map[string]struct {
		change     func(*Config)
		lang       string
		target     string
		want, none []string
	}{
		"home in English":       {named, "en", "/", []string{"<b>Mei 🌸</b>", ">Library</a>", ">Website</a>", `nickname <span lang="zh-CN">小美🌸</span>`}, []string{"<b>小美🌸</b>", "图书馆"}},
		"home in Chinese":       {named, "zh", "/", []string{"<b>小美🌸</b>", ">图书馆</a>"}, []string{"Mei 🌸", "Library"}},
		"names of one's own":    {own, "en", "/", []string{"<b>小美🌸</b>", ">图书馆</a>", ">网站</a>"}, []string{"Mei", "nickname <span"}},
		"the consent page":      {named, "en", linkFor(callback, scopeUserInfo, "s"), []string{"<b>Mei 🌸</b>", "<strong>Library</strong>"}, []string{"图书馆"}},
		"the account's page":    {named, "en", ProfilePath(app), []string{"<b>Mei 🌸</b>", "<strong>Library</strong>"}, []string{"图书馆"}},
		"the page of a QR code": {named, "en", scan, []string{"<b>Mei 🌸</b>", "<b>Website</b>"}, []string{"网站"}},
		"the same in Chinese":   {named, "zh", scan, []string{"<b>小美🌸</b>", "<b>网站</b>"}, []string{"Website"}},
	} {
		page := newRig(t, tc.change).pageIn(tc.lang, tc.target)
		for _, want := range tc.want {
			if !strings.Contains(page, want) {
				t.Errorf("rule: a name is in the page's language, %s; no %q", rule, want)
			}
		}
		for _, none := range tc.none {
			if strings.Contains(page, none) {
				t.Errorf("rule: a name is in the page's language, %s; got %q", rule, none)
			}
		}
	}
}

func TestAnApplicationGetsTheNicknameInEveryLanguage(t *testing.T) {
	g := newRig(t)
	for _, lang := range []string{"zh_CN", "en"} {
		target := strings.Replace(userinfoURL(g.login("mei", scopeUserInfo)), "zh_CN", lang, 1)
		if got := g.api(target); got.Nickname != "小美🌸" {
			t.Errorf("rule: userinfo has the nickname, never the name of a page; lang %s got %q", lang, got.Nickname)
		}
	}
}

func TestTheTimelineSpeaksThePagesLanguage(t *testing.T) {
	g := newRig(t)
	g.get(linkFor(callback, scopeUserInfo, "s"))
	g.login("mei", scopeBase)
	g.post("/", "do=message&text=")
	for lang, want := range map[string][]string{"zh": {">页面<", ">成功<", ">未完成<"}, "en": {">page<", ">ok<", ">not done<"}} {
		for _, word := range want {
			if page := g.pageIn(lang, "/"); !strings.Contains(page, `class="out"`+word) {
				t.Errorf("rule: an outcome is in the page's language; no %s in %s", word, lang)
			}
		}
	}
}
