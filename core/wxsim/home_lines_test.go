package wxsim

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// pageIn is a page in a language.
func (g *rig) pageIn(lang, target string) string {
	r := httptest.NewRequest("GET", target, nil)
	r.Header.Set("Accept-Language", lang)
	return g.do(r).Body.String()
}

func TestSecretsAreShownOnlyWhereTheyAreAskedFor(t *testing.T) {
	shown := func(secret string, show bool) string {
		g := newRig(t, func(c *Config) { c.ShowSecrets, c.Accounts[0].Secret = show, secret })
		return g.pageIn("en", "/")
	}
	for rule, tc := range map[string]struct {
		page string
		has  string
		want bool
	}{
		"not by default":                 {shown("made-up", false), "made-up", false},
		"when asked for":                 {shown("made-up", true), "<code>made-up</code>", true},
		"in the lines, too":              {shown("made-up", true), "export WECHAT_APP_SECRET=made-up\n", true},
		"quoted for a shell":             {shown("a$b'c", true), "export WECHAT_APP_SECRET=&#39;a$b&#39;\\&#39;&#39;c&#39;\n", true},
		"not another account's":          {shown("made-up", true), "other-secret", false},
		"the page says that it has none": {shown("made-up", false), "This page does not show it", true},
	} {
		if strings.Contains(tc.page, tc.has) != tc.want {
			t.Errorf("rule: the page shows a secret, %s; %q: got %v", rule, tc.has, !tc.want)
		}
	}
}

func TestTheLinesToPasteAreThoseOfTheChosenAccount(t *testing.T) {
	g := newRig(t, func(c *Config) {
		c.Accounts = append(c.Accounts, Account{AppID: "wx00000000000000cc", Secret: "s", Domain: "localhost", Website: true})
	})
	for account, want := range map[string]string{
		"":                   "export WECHAT_APP_ID=" + app + "\nexport WECHAT_OPEN_URL=http://example.com\nexport WECHAT_API_URL=http://example.com\nexport WECHAT_FOLLOW_QRCODE=",
		otherApp:             "export WECHAT_APP_ID=" + otherApp + "\n",
		"wx00000000000000cc": "export WECHAT_WEBSITE_APP_ID=wx00000000000000cc\n",
	} {
		if page := g.pageIn("en", "/?account="+account); !strings.Contains(page, "<pre>"+want) {
			t.Errorf("rule: the lines to paste begin with the chosen account; no %q for %q", want, account)
		}
	}
	for _, s := range Snippets() {
		for _, name := range []string{"LOGIN", "EXCHANGE", "PROFILE", "WECHAT_APP_SECRET"} {
			if !strings.Contains(s.Code, name) {
				t.Errorf("rule: a login in every language has an address, an exchange and a profile; %s has no %s", s.Language, name)
			}
		}
	}
}

func TestACopyButtonStandsBehindItsText(t *testing.T) {
	g := newRig(t, func(c *Config) { c.ShowSecrets = true })
	page := g.pageIn("en", "/")
	buttons := strings.Count(page, `class="small copy"`)
	behind := len(regexp.MustCompile(`</(code|pre)>\s*<button class="small copy" type="button"`).FindAllString(page, -1))
	if buttons < 5 || behind != buttons {
		t.Errorf("rule: a copy button copies the element before it; %d of %d stand behind a text", behind, buttons)
	}
	if names := regexp.MustCompile(`class="unseen"> [^<]+</span></button>`).FindAllString(page, -1); len(names) != buttons {
		t.Errorf("rule: every copy button says what it copies; %d of %d do", len(names), buttons)
	}
}
