package page

import (
	"html"
	"strings"
	"testing"
)

// full is a page with everything that a page can have.
func full(kind Kind, lang string) View {
	return View{
		Kind: kind, Lang: lang, Fault: CookiesOff, Here: "https://x.example/a?b=1&c=2", Home: "https://x.example/", Guest: "https://x.example/guest",
		QRCode: "data:image/png;base64,AAAA", Account: Text(`A&B "书店"`), Follow: "https://mp.weixin.qq.com/mp/x", Reference: "abc123",
		Screen: screenOf(kind),
	}
}

// screenOf is what core gives a page of screen login.
func screenOf(kind Kind) (s Screen) {
	s = Screen{Action: "https://x.example/wechat/screen", Code: "c0de", SiteHTML: Text("书店"), Host: "x.example"}
	switch kind {
	case ScreenWait:
		s.Address, s.Poll, s.Renew = "https://x.example/wechat/screen?s=c0de", "https://x.example/wechat/screen?wait=1&s=c0de", 90
		s.Website = "https://x.example/wechat/screen?to=%2Fa"
	case ScreenScanned:
		s.Poll = "https://x.example/wechat/screen?wait=1&s=c0de"
	case ScreenNumber:
		s.To, s.Left = "/a?b=1&c=2", 2
	case PhoneAllow:
		s.Proof, s.Device, s.Seconds = "pr00f", "Windows · Chrome", 12
	case PhoneAllowed:
		s.Number = "0042"
	}
	return s
}

func TestEveryPageShowsItsWordsInItsLanguage(t *testing.T) {
	r := New(false)
	for _, kind := range kinds {
		for _, lang := range r.languages {
			page := string(r.HTML(full(kind, lang)))
			said := r.words[lang].Pages[kind]
			for _, want := range []string{
				`<html lang="` + lang + `">`, `data-page="` + string(kind) + `"`, strings.ReplaceAll(said.Body, "{host}", "x.example"), said.Button, said.Follow, said.Guest, "abc123",
				`<meta name="robots" content="noindex">`, "<main", "<h1>", said.Send, said.Allow, said.Deny, said.Site, said.Device, said.Shown,
			} {
				if !strings.Contains(page, want) {
					t.Errorf("rule: page %s in %s has %q: %s", kind, lang, want, page)
				}
			}
			if has := strings.Contains(page, "<script"); has != waits(kind) {
				t.Errorf("rule: only a page that waits has a script: %s in %s", kind, lang)
			}
			for _, outside := range []string{`src="http`, "url(", "@import", "<link", "<no value>", "ZgotmplZ"} {
				if strings.Contains(page, outside) {
					t.Errorf("rule: page %s in %s loads and lacks nothing: %q", kind, lang, outside)
				}
			}
		}
	}
}

func TestWhatAPageShowsDependsOnWhatItHas(t *testing.T) {
	r := New(false)
	en := r.words["en"].Pages
	with := func(change func(*View), kind Kind) string {
		v := full(kind, "en")
		change(&v)
		return string(r.HTML(v))
	}
	for _, c := range []struct {
		rule      string
		page      string
		has, lack string
	}{
		{"a code says what it does", with(func(*View) {}, Outside), en[Outside].Body, en[Outside].BodyWithoutCode},
		{"no page speaks of a code that it lacks", with(func(v *View) { v.QRCode = "" }, Outside), en[Outside].BodyWithoutCode, "<img"},
		{"nor in its hint", with(func(v *View) { v.QRCode = "" }, Outside), en[Outside].HintWithoutCode, "the code"},
		{"the follow page without a code says to search", with(func(v *View) { v.QRCode = "" }, Follow), en[Follow].HintWithoutCode, "<img"},
		{"with a code and no link it says to scan", with(func(v *View) { v.Follow = "" }, Follow), en[Follow].Hint, `id="follow"`},
		{"with both it says both", with(func(*View) {}, Follow), en[Follow].HintWithLink, en[Follow].HintWithoutCode},
		{"the account's name stays in one piece", with(func(*View) {}, Follow), `<span class="name">“A&amp;B &#34;书店&#34;”</span>`, "{account}"},
		{"the title in the window names it too", with(func(*View) {}, Follow), `<title>Please follow “A&amp;B &#34;书店&#34;”</title>`, "<title></title>"},
		{"without a name there is a title all the same", with(func(v *View) { v.Account = "" }, Follow), "<h1>Please follow the account</h1>", "“”"},
		{"the follow page leads home", with(func(*View) {}, Follow), `id="home" href="https://x.example/"`, "<no value>"},
		{"no link leads to the page itself", with(func(v *View) { v.Here = v.Home }, Follow), `id="retry"`, `id="home"`},
		{"guests continue", with(func(*View) {}, Refused), `id="guest" href="https://x.example/guest"`, `id="home"`},
		{"without a page for guests a refusal offers none", with(func(v *View) { v.Guest = "" }, Refused), `id="retry"`, `id="guest"`},
		{"the stuck page names the fault", with(func(v *View) { v.Fault = MixedScheme }, Stuck), `data-fault="scheme"`, "private mode"},
		{"without an address there is no button", with(func(v *View) { v.Here = "" }, Unavailable), "Login is unavailable", `id="retry"`},
		{"without a reference nothing refers", with(func(v *View) { v.Reference = "" }, Unavailable), "Login is unavailable", "Reference"},
		{"a refusal is in the app's words", with(func(v *View) { v.Message = Text("账号已停用\n<b>请联系客服</b>") }, Denied), "<p class=\"message\">账号已停用\n&lt;b&gt;请联系客服&lt;/b&gt;</p>", en[Denied].Body},
		{"without the app's words it has ours", with(func(*View) {}, Denied), "<p>" + en[Denied].Body + "</p>", `class="message"`},
		{"a refusal leads home", with(func(*View) {}, Denied), `id="home" href="https://x.example/"`, `id="retry"`},
		{"a page that goes on has a button for who does not wait", with(func(v *View) { v.Here = "" }, Continue), `id="retry" href=""`, `id="home"`},
		{"it goes on by itself, at once, and does not show its address, which holds a code", with(func(v *View) { v.Here = "" }, Continue), `<meta http-equiv="refresh" content="0">`, "url="},
		{"no other page goes on by itself", with(func(*View) {}, Stuck), "<h1>" + en[Stuck].Title, "refresh"},
		{"no other page goes on by itself", with(func(*View) {}, LogInAgain), `id="retry"`, "refresh"},
		{"an unknown language is the default one", with(func(v *View) { v.Lang = "xx" }, Unavailable), `<html lang="zh-CN">`, "Login is unavailable"},
		{"with the default's words", with(func(v *View) { v.Lang = "xx" }, Unavailable), r.words["zh-CN"].Pages[Unavailable].Body, "Login is unavailable"},
		{"a code is described by the address that it holds", with(func(*View) {}, Outside), `height="248" alt="https://x.example/a?b=1&c=2"`, `alt=""`},
		{"the account's code is described by its name", with(func(*View) {}, Follow), `height="248" alt="A&amp;B &#34;书店&#34;"`, `alt=""`},
		{"no other site learns where a visitor comes from", with(func(*View) {}, Unavailable), `target="_top" rel="noreferrer">Try again</a>`, `target="_blank"`},
		{"the account's page does not either", with(func(*View) {}, Follow), `href="https://mp.weixin.qq.com/mp/x" target="_top" rel="noreferrer"`, `target="_blank"`},
		{"the stuck page says what to do about the fault", with(func(v *View) { v.Fault = StateLost }, Stuck), r.words["en"].Faults[StateLost], r.words["en"].Faults[CookiesOff]},
	} {
		if !strings.Contains(html.UnescapeString(c.page), html.UnescapeString(c.has)) || strings.Contains(c.page, c.lack) {
			t.Errorf("rule: %s: want %q and not %q: %s", c.rule, c.has, c.lack, c.page)
		}
	}
}

func TestNothingThatAPageIsGivenBecomesMarkup(t *testing.T) {
	r := New(false)
	const raw = `x"><script>alert(1)</script>'onload=1`
	for _, kind := range kinds {
		v := View{Kind: kind, Lang: raw, Fault: raw, Here: "https://x/" + raw, Home: "https://x/" + raw, Guest: "https://x/" + raw, QRCode: "https://x/" + raw, Account: Text(raw), Message: Text(raw), Follow: "https://x/" + raw, Reference: raw,
			Screen: Screen{Action: "https://x/" + raw, Code: raw, To: raw, Proof: raw, Address: "https://x/" + raw, Poll: "https://x/" + raw, Number: raw, SiteHTML: Text(raw), Host: raw, Device: raw}}
		if page := string(r.HTML(v)); strings.Contains(page, "<script>alert") || strings.Contains(page, `"onload`) || strings.Contains(page, `'onload`) {
			t.Errorf("rule: page %s takes no markup: %s", kind, page)
		}
		v.Here, v.Lang = "javascript:alert(1)", "en"
		if page := string(r.HTML(v)); strings.Contains(page, `href="javascript:`) {
			t.Errorf("rule: page %s has no link that runs a script: %s", kind, page)
		}
	}
}

func TestPagesOfScreenLoginShowWhatTheyHave(t *testing.T) {
	r := New(false)
	en := r.words["en"].Pages
	page := func(kind Kind, change func(*View)) string {
		v := full(kind, "en")
		v.Account = v.Screen.SiteHTML
		change(&v)
		return html.UnescapeString(string(r.HTML(v)))
	}
	same := func(*View) {}
	for _, c := range []struct{ rule, page, has, lack string }{
		{"the code is a link, too", page(ScreenWait, same), `<a class="code" id="wx-screen" href="https://x.example/wechat/screen?s=c0de"`, "name=\"s\""},
		{"a long address is a link without a picture", page(ScreenWait, func(v *View) { v.QRCode = "" }), en[ScreenWait].BodyWithoutCode, "<img"},
		{"without a script the page asks for itself", page(ScreenWait, same), `<noscript><meta http-equiv="refresh" content="5"></noscript>`, "<no value>"},
		{"with one the script asks", page(ScreenScanned, same), `data-state="scanned" data-poll="https://x.example/wechat/screen?wait=1&s=c0de" data-renew="0"`, "wx-screen"},
		{"another way is offered below the code", page(ScreenWait, same), `<a class="plain" id="website" href="https://x.example/wechat/screen?to=%2Fa"`, `class="button" id="website"`},
		{"or above it", page(ScreenWait, func(v *View) { v.Screen.WebsiteFirst = true }), `<a class="button" id="website"`, `class="plain" id="website"`},
		{"where there is one", page(ScreenWait, func(v *View) { v.Screen.Website = "" }), "wx-screen", `id="website"`},
		{"the digits have a form", page(ScreenNumber, same), `<input type="hidden" name="to" value="/a?b=1&c=2">`, "refresh"},
		{"a wrong number says how many tries are left", page(ScreenNumber, same), "2 tries left", "One try"},
		{"the last try is one", page(ScreenNumber, func(v *View) { v.Screen.Left = 1 }), en[ScreenNumber].LastTry, "1 tries"},
		{"before a wrong number nothing is wrong", page(ScreenNumber, func(v *View) { v.Screen.Left = 0 }), en[ScreenNumber].Body, `role="alert"`},
		{"the phone asks with the site's name", page(PhoneAllow, same), `Log in to <span class="name">“书店”</span> on a computer?`, "{account}"},
		{"it names the host", page(PhoneAllow, same), "<dd>x.example</dd>", "{host}"},
		{"and the screen", page(PhoneAllow, same), "<dd>Windows · Chrome</dd>", en[PhoneAllow].UnknownDevice},
		{"even one that it does not know", page(PhoneAllow, func(v *View) { v.Screen.Device = "" }), en[PhoneAllow].UnknownDevice, "Windows"},
		{"and since when", page(PhoneAllow, same), "<dd>12 seconds ago</dd>", "{seconds}"},
		{"refusing comes first", page(PhoneAllow, same), `value="deny">Refuse</button>
<button class="button" name="answer" value="allow">`, "autofocus"},
		{"the digits are on the phone", page(PhoneAllowed, same), `<output id="wx-number">0042</output>`, "<form"},
		{"with the host to type them on", page(PhoneAllowed, same), "Type them only on x.example.", "{host}"},
	} {
		if !strings.Contains(c.page, c.has) || strings.Contains(c.page, c.lack) {
			t.Errorf("rule: %s: want %q and not %q: %s", c.rule, c.has, c.lack, c.page)
		}
	}
}

func TestATextIsEscaped(t *testing.T) {
	for _, c := range []struct{ rule, in, want string }{
		{"a plain text stays", "江南春茶，2 楼", "江南春茶，2 楼"},
		{"an emoji stays", "🌸", "🌸"},
		{"markup", "<b>&", "&lt;b&gt;&amp;"},
		{"quotes of both kinds", `"'`, "&#34;&#39;"},
		{"line ends stay", "a\nb", "a\nb"},
		{"control bytes are dropped", "a\x00\x08\r\x1b\x7f\u0085b", "ab"},
		{"what is no UTF-8", "a\xffb", "a\ufffdb"},
		{"what is escaped already is escaped again", "&lt;", "&amp;lt;"},
		{"nothing", "", ""},
	} {
		if got := string(Text(c.in)); got != c.want {
			t.Errorf("rule: %s: %q, want %q", c.rule, got, c.want)
		}
	}
}

func TestThePolicyLetsInOnlyWhatAPageNeeds(t *testing.T) {
	for rule, c := range map[string]struct {
		policy    string
		has, lack string
	}{
		"our own style and no other":                 {New(false).Policy(Outside, ""), "default-src 'none'; style-src 'sha256-", "unsafe-inline"},
		"any style for pages of the app's own":       {New(true).Policy(Outside, ""), "style-src 'unsafe-inline';", "sha256"},
		"ordinary pages stand in no frame":           {New(false).Policy(Unavailable, ""), "; frame-ancestors 'none'", "script"},
		"the frame page stands in a frame":           {New(false).Policy(Frame, ""), "img-src data:", "frame-ancestors"},
		"the follow page shows the operator's code":  {New(false).Policy(Follow, " https://img.example.com"), "img-src data: https://img.example.com; frame-ancestors 'none'", "script"},
		"no other page shows the operator's picture": {New(false).Policy(Outside, " https://img.example.com"), "img-src data:; frame-ancestors 'none'", "img.example.com"},
		"no page sends a form":                       {New(false).Policy(Consent, ""), "base-uri 'none'; form-action 'none'", "script"},
		"but the two that have one, to this site":    {New(false).Policy(PhoneAllow, ""), "base-uri 'none'; form-action 'self'; img-src data:; frame-ancestors 'none'", "script"},
		"the same for the screen's form":             {New(true).Policy(ScreenNumber, ""), "form-action 'self'", "script"},
		"a page that waits has our own script":       {New(true).Policy(ScreenWait, ""), "form-action 'none'; script-src 'sha256-", "script-src 'unsafe"},
		"it asks this site alone":                    {New(false).Policy(ScreenScanned, ""), "; connect-src 'self'; img-src data:; frame-ancestors 'none'", "unsafe"},
	} {
		if !strings.Contains(c.policy, c.has) || strings.Contains(c.policy, c.lack) {
			t.Errorf("rule: %s: %s", rule, c.policy)
		}
	}
	r := New(false)
	for _, kind := range kinds {
		if framed := !strings.Contains(r.Policy(kind, ""), "frame-ancestors 'none'"); framed != (kind == Frame || kind == LogInAgain) {
			t.Errorf("rule: only pages that are shown in frames may stand in one: %s", kind)
		}
	}
}
