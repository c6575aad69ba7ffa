package hostile

import (
	"net/url"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// Account is a kind of account that the site logs visitors in to: an account that a
// third-party platform acts for. [Run] uses an Official Account with an AppSecret of its
// own. New is called for each node of a site.
type Account struct {
	adaptertest.Account

	// Component is the platform's app id (component_appid).
	Component string

	// StateSecret is the secret that states of an account are signed with. It is called
	// after New.
	StateSecret func(appID string) string

	scan bool // visitors scan with a website application; see RunByScan
}

// ownAccount is an Official Account with an AppSecret of its own.
var ownAccount = Account{
	Account: adaptertest.Account{
		New: func(_ *wxsim.Sim, c core.Config) (*core.Auth, func(), error) {
			auth, err := core.New(c)
			if err != nil {
				return nil, nil, err
			}
			return auth, func() { auth.Close() }, nil
		},
		ExchangePath: wxsim.PathAccessToken,
	},
	StateSecret: func(string) string { return secret },
}

// fromWeChat is a callback as WeChat sends it: for an account that a platform acts for, it
// adds the account's appid behind the state.
func (a *Account) fromWeChat(target string) string {
	added := "&appid=" + appID
	if a.Component == "" || !strings.Contains(target, "state=") || strings.HasSuffix(target, added) {
		return target
	}
	return target + added
}

// code is an unused code.
func (st *site) code(t *testing.T, account, person, scope string) string {
	t.Helper()
	if st.account.Component != "" {
		return st.codeForPlatform(t, account, person, scope)
	}
	if account == websiteID {
		scope = scanned
	}
	code, err := st.sim.Code(account, person, scope)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// codeForPlatform opens WeChat's page as the person, and allows.
func (st *site) codeForPlatform(t *testing.T, account, person, scope string) string {
	t.Helper()
	v := st.visitor(person)
	a := v.atWeChat(t, st.simURL, "GET", "/connect/oauth2/authorize?appid="+account+"&redirect_uri="+url.QueryEscape(public+"/")+
		"&response_type=code&scope="+scope+"&state=x&component_appid="+st.account.Component, "")
	if form, ok := rawhttp.ConsentForm(a.Body, person); ok {
		a = v.atWeChat(t, st.simURL, "POST", st.way.reply, form)
	}
	back, err := url.Parse(a.Header.Get("Location"))
	if err != nil || back.Query().Get("code") == "" {
		t.Fatalf("WeChat gives no code for %s: %d %q", account, a.Status, a.Header.Get("Location"))
	}
	return back.Query().Get("code")
}

// atWeChat is a request of the person's browser to WeChat.
func (v *visitor) atWeChat(t *testing.T, simURL, method, target, body string) *rawhttp.Answer {
	t.Helper()
	sim := rawhttp.Host(simURL)
	a, err := rawhttp.Once(sim, v.raw(request{method: method, target: target, host: sim, cookie: "wxsim_person=" + v.person, body: body,
		head: []string{"Content-Type: application/x-www-form-urlencoded"}}))
	if err != nil {
		t.Fatal(err)
	}
	return a
}
