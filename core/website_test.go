package core

import (
	"errors"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/once"
	"github.com/seed467724c4/wechat/core/wxsim"
)

func withWebsite(c *Config) { c.Website = Website{testWebsiteID, testWebsiteSecret} }

// desktop is a browser outside WeChat that is not on a phone.
func (r *rig) desktop() *browser {
	b := r.browser()
	b.ua = onDesktop
	return b
}

const onAPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"

func TestADesktopBrowserScansAndComesBackInPlace(t *testing.T) {
	r := newRig(t, withWebsite)
	b := r.desktop()
	for target, mode := range map[string]Mode{"/orders/7?x=1": ModeRequire, "/login?to=%2Fme": ModeLogin, "/a?code=mine&state=mine": ModeRequire} {
		b.cookies = map[string]string{}
		start := b.send(r.gate(mode), "GET", target, with("Accept-Language", "zh-CN"))
		q := b.authorize(start)
		link := start.Header.Get("Location")
		want := r.open + "/connect/qrconnect?appid=" + testWebsiteID + "&redirect_uri=" + url.QueryEscape(q.Get("redirect_uri")) +
			"&response_type=code&scope=snsapi_login&state=" + q.Get("state") + "#wechat_redirect"
		if strings.ReplaceAll(link, "%20", "+") != want || len(q.Get("state")) != 53 {
			t.Errorf("rule: the link has the documented parameters in their order:\n got %s\nwant %s", link, want)
		}
		if to := b.arrives(b.get(r.gate(mode), b.consent(start))); to != target && !(mode == ModeLogin && to == "/me") {
			t.Errorf("rule: the visitor comes back to the page that was asked for: %q", to)
		}
		u := b.user(r.gate(ModeRequire, Prompt), "/")
		if u == nil || u.AppID != testWebsiteID || u.OpenID != r.sim.OpenID(testWebsiteID, b.person) || u.UnionID != r.sim.UnionID(b.person) || u.UnionID == "" || u.Scope != Prompt || u.Nickname == "" || u.Avatar == "" {
			t.Errorf("rule: the user is the website application's, with union id and profile, and counts as Prompt: %+v", u)
		}
	}
	if r.exchanges() != 3 || r.sim.Calls(wxsim.PathUserInfo) != 3 {
		t.Errorf("rule: a login takes two calls: %d and %d for 3", r.exchanges(), r.sim.Calls(wxsim.PathUserInfo))
	}
	b.cookies = map[string]string{}
	if q := b.authorize(b.send(r.gate(ModeRequire), "GET", "/", with("Accept-Language", "en-GB"))); q.Get("lang") != "en" {
		t.Errorf("rule: WeChat's page is English for visitors who read English: %v", q)
	}
}

func TestWhoScansAndWhoDoesNot(t *testing.T) {
	const wecom = onDesktop + " wxwork/4.1.0 MicroMessenger/7.0.1"
	const inDesktopWeChat = onDesktop + " NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat(0x63090c37)"
	scan, account := "/connect/qrconnect?", "/connect/oauth2/authorize?"
	for rule, c := range map[string]struct {
		ua      string
		change  func(*Config)
		mode    Mode
		options []Option
		method  string
		header  http.Header
		status  int
		to      string // or a part of the page
	}{
		"a desktop browser scans":                                 {ua: onDesktop, status: 302, to: scan},
		"also for a page that asks for the profile":               {ua: onDesktop, options: []Option{Prompt}, status: 302, to: scan},
		"also at once where the app asks before WeChat's consent": {ua: onDesktop, options: []Option{Prompt, AskFirst()}, status: 302, to: scan},
		"also at Login": {ua: onDesktop, mode: ModeLogin, status: 302, to: scan},
		"without a website application it does not": {ua: onDesktop, change: func(c *Config) { c.Website = Website{} }, status: 403, to: `data-page="outside"`},
		"a phone outside WeChat keeps the page":     {ua: onAPhone, status: 403, to: `data-page="outside"`},
		"WeCom keeps the page":                      {ua: wecom, status: 403, to: `data-page="outside"`},
		"a program keeps the page":                  {ua: "curl/8", status: 403, to: `data-page="outside"`},
		"WeChat on a phone logs in silently":        {ua: inWeChat, status: 302, to: account},
		"WeChat on a desktop logs in silently":      {ua: inDesktopWeChat, status: 302, to: account},
		"a script gets 401":                         {ua: onDesktop, header: with("Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "cors"), status: 401, to: "login_url"},
		"a prefetch gets 401":                       {ua: onDesktop, header: with("Sec-Purpose", "prefetch"), status: 401, to: "login_url"},
		"a web socket gets 401":                     {ua: onDesktop, header: with("Upgrade", "websocket"), status: 401, to: "login_url"},
		"an API gets 401":                           {ua: onDesktop, options: []Option{API()}, status: 401, to: "login_url"},
		"a form gets the page to log in again":      {ua: onDesktop, method: "POST", header: with("Content-Type", "text/plain"), status: 401, to: `data-page="log-in-again"`},
		"a frame is shown the way out":              {ua: onDesktop, header: with("Sec-Fetch-Dest", "iframe"), status: 403, to: `data-page="frame"`},
		"Optional lets it pass":                     {ua: onDesktop, mode: ModeOptional},
		"AllowOutside lets it pass":                 {ua: onDesktop, options: []Option{AllowOutside()}},
		"AllowOutside does not let WeChat pass":     {ua: inWeChat, options: []Option{AllowOutside()}, status: 302, to: account},
		"with AnyBrowser a desktop still scans":     {ua: onDesktop, change: anyBrowser, status: 302, to: scan},
		"with AnyBrowser a phone is WeChat's":       {ua: onAPhone, change: anyBrowser, status: 302, to: account},
		"with AnyBrowser a program is WeChat's":     {ua: "curl/8", change: anyBrowser, status: 302, to: account},
		"with AnyBrowser alone a desktop is, too":   {ua: onDesktop, change: func(c *Config) { c.Website = Website{}; c.AnyBrowser = true }, status: 302, to: account},
	} {
		changes := []func(*Config){withWebsite}
		if c.change != nil {
			changes = append(changes, c.change)
		}
		r := newRig(t, changes...)
		b := r.browser()
		b.ua = c.ua
		method := c.method
		if method == "" {
			method = "GET"
		}
		out := b.send(r.gate(c.mode, c.options...), method, "/page", c.header)
		if got := out.Header.Get("Location") + string(out.Body); out.Status != c.status || !strings.Contains(got, c.to) {
			t.Errorf("rule: %s: %d %.300s", rule, out.Status, got)
		}
	}
}

func anyBrowser(c *Config) { c.AnyBrowser = true }

// spendings records with which app id and secret each code is sent to WeChat.
type spendings struct {
	mu   sync.Mutex
	sent []url.Values
}

func (s *spendings) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == wxsim.PathAccessToken {
		s.mu.Lock()
		s.sent = append(s.sent, r.URL.Query())
		s.mu.Unlock()
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestNoCodeIsSpentWithAnotherApplicationsSecret(t *testing.T) {
	const otherWebsite = "wx00000000000000ff"
	const account, website, nobody = testAppID, testWebsiteID, ""
	for rule, c := range map[string]struct {
		ua     string
		code   string // whose
		change func(*Config)
		state  func(string) string
		spent  string // with whose secret; "" for never
		status int
	}{
		"an account's code is spent with the account's":                     {inWeChat, account, nil, nil, account, 303},
		"a website's code is spent with the website's":                      {onDesktop, website, nil, nil, website, 303},
		"an account's code with a website's state is refused by WeChat":     {onDesktop, account, nil, nil, website, 302},
		"a website's code with an account's state is refused by WeChat":     {inWeChat, website, nil, nil, account, 302},
		"a website's state that was made an account's is never spent":       {onDesktop, website, nil, otherFlag, nobody, 302},
		"an account's state that was made a website's is never spent":       {inWeChat, account, nil, otherFlag, nobody, 302},
		"a website's callback after the website was taken out, never":       {onDesktop, website, func(c *Config) { c.Website = Website{} }, nil, nobody, 403},
		"a website's callback after it was replaced by another, never":      {onDesktop, website, func(c *Config) { c.Website.AppID = otherWebsite }, nil, nobody, 302},
		"an account's callback after the website was replaced is unchanged": {inWeChat, account, func(c *Config) { c.Website.AppID = otherWebsite }, nil, account, 303},
	} {
		wire := &spendings{}
		r := newRig(t, withWebsite, func(c *Config) { c.HTTPClient = &http.Client{Transport: wire} })
		b := r.browser()
		b.ua = c.ua
		q := b.authorize(b.get(r.gate(ModeRequire), "/me"))
		scope := map[string]string{account: "snsapi_base", website: "snsapi_login"}[c.code]
		code, err := r.sim.Code(c.code, b.person, scope)
		if err != nil {
			t.Fatal(err)
		}
		state, auth := q.Get("state"), r.auth
		if c.state != nil {
			state = c.state(state)
		}
		if c.change != nil {
			auth = r.instance(withWebsite, func(c *Config) { c.HTTPClient = &http.Client{Transport: wire} }, c.change)
		}
		out := b.get(NewGate(ModeRequire, auth), b.back(q, "code="+code+"&state="+state))
		if out.Status != c.status {
			t.Errorf("rule: %s: %d %s", rule, out.Status, out.Body)
		}
		secrets := map[string]string{account: testSecret, website: testWebsiteSecret}
		if c.spent == nobody && len(wire.sent) != 0 || c.spent != nobody && (len(wire.sent) != 1 || wire.sent[0].Get("appid") != c.spent || wire.sent[0].Get("secret") != secrets[c.spent]) {
			t.Errorf("rule: %s: sent %d times, with the id and secret of %v", rule, len(wire.sent), wire.sent)
		}
	}
}

// otherFlag changes the application that a state names, and nothing else of it. A state
// is a number in base 62; the flag is the second bit of its second byte.
func otherFlag(state string) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	n := new(big.Int)
	for i := range len(state) {
		n.Mul(n, big.NewInt(62)).Add(n, big.NewInt(int64(strings.IndexByte(digits, state[i]))))
	}
	const flag = 39*8 - 10
	n.SetBit(n, flag, n.Bit(flag)^1)
	out := make([]byte, len(state))
	for i := len(out) - 1; i >= 0; i-- {
		rest := new(big.Int)
		n.DivMod(n, big.NewInt(62), rest)
		out[i] = digits[rest.Int64()]
	}
	return string(out)
}

func TestASecretThatIsWrongEndsOnThePageForOperators(t *testing.T) {
	r := newRig(t, withWebsite, func(c *Config) { c.Website.AppSecret = "not-the-right-one" })
	b, g := r.desktop(), r.gate(ModeRequire)
	back := b.consent(b.get(g, "/me"))
	for range 3 {
		if out := b.get(g, back); out.Status != 503 || !errors.Is(out.Err, ErrUnavailable) {
			t.Errorf("rule: the visitor reads that the login is unavailable, and is not sent around: %d", out.Status)
		}
	}
	if b.user(g, "/me") != nil || !strings.Contains(r.log.String(), "level=ERROR") || !strings.Contains(r.log.String(), "40125") {
		t.Errorf("rule: nobody is logged in, and the log tells the operator: %s", r.log)
	}
	if r.exchanges() != 3 {
		t.Errorf("rule: a failure is not remembered, each delivery asks once: %d", r.exchanges())
	}
	if strings.Contains(r.log.String(), "not-the-right-one") || strings.Contains(r.log.String(), testWebsiteSecret) {
		t.Error("rule: no secret is logged")
	}
	phone := r.browser()
	if phone.login(g, "/me") != "/me" {
		t.Error("rule: the account's logins go on")
	}
}

func TestWhoRefusesAtTheScreenReadsSo(t *testing.T) {
	for name, pair := range map[string]string{"state only": "", "an empty code": "code=&", "authdeny": "code=authdeny&"} {
		r := newRig(t, withWebsite)
		b, g := r.desktop(), r.gate(ModeRequire, Prompt)
		q := b.authorize(b.get(g, "/profile?x=1"))
		out := b.get(g, b.back(q, pair+"state="+q.Get("state")))
		if out.Status != 403 || !errors.Is(out.Err, ErrRefused) || !strings.Contains(string(out.Body), `data-page="refused"`) || !strings.Contains(string(out.Body), `href="https://app.example.com/profile?x=1"`) {
			t.Errorf("rule: a refusal (%s) is a page with a way to try again: %d %s", name, out.Status, out.Body)
		}
		if r.exchanges() != 0 {
			t.Errorf("rule: a refusal is not exchanged: %d", r.exchanges())
		}
		// Refused once, the same QR code stays usable, and so does the state.
		if to := b.arrives(b.get(g, b.consent(&Outcome{Status: 302, Header: with("Location", r.open+"/connect/qrconnect?"+q.Encode()+"#wechat_redirect")}))); to != "/profile?x=1" {
			t.Errorf("rule: a person may change their mind: %q", to)
		}
		if out := b.get(g, b.back(q, pair+"state="+q.Get("state"))); out.Status != 303 || b.user(g, "/profile") == nil {
			t.Errorf("rule: a refusal that comes late is no logout: %d", out.Status)
		}
	}
}

func TestOneScanIsOneExchange(t *testing.T) {
	r := newRig(t, withWebsite)
	b, g := r.desktop(), r.gate(ModeRequire)
	back := b.consent(b.get(g, "/me"))
	statuses := make(chan int, 20)
	var all sync.WaitGroup
	for range cap(statuses) {
		all.Go(func() {
			tab := *b
			tab.cookies = map[string]string{}
			for name, value := range b.cookies {
				tab.cookies[name] = value
			}
			statuses <- tab.get(g, back).Status
		})
	}
	all.Wait()
	close(statuses)
	for s := range statuses {
		if s != 303 {
			t.Errorf("rule: every delivery of a callback logs in: %d", s)
		}
	}
	if r.exchanges() != 1 || r.sim.Calls(wxsim.PathUserInfo) != 1 {
		t.Errorf("rule: and together they are one exchange: %d, %d profiles", r.exchanges(), r.sim.Calls(wxsim.PathUserInfo))
	}
	if (&website{}).codeLife() != 10*time.Minute || (&officialAccount{}).codeLife() != once.Life {
		t.Error("rule: a result is remembered as long as WeChat keeps the code: 10 minutes, of the account 5")
	}
}

// The desktop client of WeChat needs no second device: everything happens in the second
// in which the login began.
func TestALoginWithinOneSecond(t *testing.T) {
	r := newRig(t, withWebsite) // its clock stands still
	b, g := r.desktop(), r.gate(ModeRequire)
	for i := range 2 {
		back := b.consent(b.get(g, "/me"))
		for range 2 {
			if to := b.arrives(b.get(g, back)); to != "/me" {
				t.Errorf("rule: it logs in, and its second delivery ends on the page: %q", to)
			}
		}
		if b.user(g, "/me") == nil || r.exchanges() != i+1 {
			t.Errorf("rule: by one exchange: %d after login %d", r.exchanges(), i+1)
		}
		if out := b.send(r.gate(ModeLogout), "POST", "/logout", nil); out.Status != 303 || b.user(g, "/me") != nil {
			t.Errorf("rule: after a logout in the same second nobody is logged in: %d", out.Status)
		}
	}
}
