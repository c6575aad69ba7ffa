package core

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// tour makes everything happen that an observer can be told of, and plants canaries
// wherever a text comes from outside.
type tour struct {
	*rig
	seen *recorder
	// canaries are texts that no field of an event may hold, by what they are.
	canaries map[string]string
}

const (
	canaryQuery   = "query-canary-01"
	canaryAgent   = "agent-canary-02"
	canaryReferer = "referer-canary-03"
	canaryHeader  = "header-canary-04"
	canaryMessage = "errmsg-canary-05"
	canaryHook    = "hook-canary-06"
	canaryPanic   = "panic-canary-07"
	canaryContent = "content-canary-08"
	canaryName    = "nickname-canary-09"
	canaryForeign = "foreign-state-canary-10"
	canaryBody    = "body-canary-11"
	canaryDenied  = "denied-canary-12"
	canaryAccess  = "ACCESS_canary_13_0123456789"
	canaryRefresh = "REFRESH_canary_14_0123456789"
	canaryPath    = "path-canary-15"
	canaryKey     = "scene-canary-16"
)

func newTour(t *testing.T, change ...func(*Config)) *tour {
	seen := &recorder{}
	r := newRig(t, append([]func(*Config){observed(seen), keepTokens, func(c *Config) { c.Cache = memstore.New() }}, change...)...)
	tr := &tour{rig: r, seen: seen, canaries: map[string]string{
		"the app secret": testSecret, "the push token": pushToken, "a query": canaryQuery, "a user agent": canaryAgent, "a referer": canaryReferer,
		"a header": canaryHeader, "WeChat's error text": canaryMessage, "a hook's error": canaryHook, "a panic's value": canaryPanic,
		"a message": canaryContent, "a nickname": canaryName, "a foreign state": canaryForeign, "a reply's body": canaryBody, "a refusal's text": canaryDenied,
		"an access token": canaryAccess, "a refresh token": canaryRefresh, "a path": canaryPath, "an event's key": canaryKey,
	}}
	return tr
}

func (tr *tour) visitor() *browser {
	b := tr.browser()
	b.ua += " " + canaryAgent
	return b
}

// noting adds what a callback and the cookies hold to the canaries.
func (tr *tour) noting(b *browser, back string) string {
	u, err := url.Parse(back)
	if err != nil {
		tr.t.Fatal(err)
	}
	for _, name := range []string{"code", "state"} {
		if value := u.Query().Get(name); value != "" {
			tr.canaries[name+" "+value] = value
		}
	}
	for name, value := range b.cookies {
		tr.canaries["cookie "+name+" "+value] = strings.SplitN(value, ".", 2)[0]
	}
	return back
}

// begins goes to WeChat and is about to come back.
func (tr *tour) begins(b *browser, g *Gate) (back string) {
	start := b.send(g, "GET", "/"+canaryPath+"?q="+canaryQuery, with("Referer", "https://app.example.com/?"+canaryReferer, "X-Any", canaryHeader))
	tr.advance(time.Second) // the visitor is at WeChat
	return tr.noting(b, b.consent(start))
}

// logsIn returns the answer to the callback.
func (tr *tour) logsIn(b *browser, g *Gate) *Outcome {
	out := b.send(g, "GET", tr.begins(b, g), with("Referer", "https://open.weixin.qq.com/?"+canaryReferer))
	tr.noting(b, "/")
	return out
}

func (tr *tour) fails(fault wxsim.Fault, endpoint string, what func()) {
	tr.sim.Fail(endpoint, fault)
	what()
	tr.sim.Clear(endpoint)
}

func (tr *tour) logins() {
	g, prompt := tr.gate(ModeRequire), tr.gate(ModeRequire, Prompt)
	b := tr.visitor()
	tr.logsIn(b, g)
	tr.logsIn(b, prompt) // raised
	back := tr.begins(tr.visitor(), g)
	tr.visitor().get(g, back) // without the cookie
	late := tr.visitor()
	back = tr.begins(late, g)
	again := late.cookies
	late.get(g, back)
	tr.advance(time.Second)
	late.get(g, back) // covered by its own session
	late.cookies = maps.Clone(again)
	late.get(g, back) // remembered
	tabs := tr.visitor()
	one, two := tr.begins(tabs, g), tr.begins(tabs, g)
	tr.advance(time.Second)
	tabs.get(g, two)
	tabs.get(g, one) // covered
	slow := tr.visitor()
	back = tr.begins(slow, g)
	tr.advance(11 * time.Minute)
	slow.get(g, back) // expired
	refuses := tr.visitor()
	start := refuses.authorize(refuses.get(g, "/"))
	tr.advance(time.Second)
	refuses.get(g, refuses.back(start, "state="+start.Get("state")))
	lost := tr.visitor()
	for range 4 {
		lost.get(g, "/me?code=0123456789abcdef0123456789abcdef&state="+canaryForeign)
	}
	state := tr.authorizeState(tr.visitor(), g)
	other := tr.visitor()
	other.get(g, "/")
	other.get(g, "/me?code=0123456789abcdef0123456789abcdef&state="+state)                                         // another browser's
	other.get(g, "/me?code=0123456789abcdef0123456789abcdef&state="+flipped(state))                                // forged
	other.send(g, "GET", "/me?q="+canaryQuery, with("Accept", "application/json"))                                 // script
	other.send(g, "GET", "/me?q="+canaryQuery, with("Sec-Fetch-Dest", "iframe"))                                   // frame
	other.send(g, "POST", "/me", with("Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html")) // form
	outside := tr.visitor()
	outside.ua = "Mozilla/5.0 (X11; Linux x86_64) " + canaryAgent
	outside.get(g, "/me?q="+canaryQuery)
	tr.visitor().get(tr.gate(ModeLogin), "/login?to=/me")
	tr.visitor().get(tr.gate(ModeRequire, Prompt, AskFirst()), "/me")
	withheld := tr.visitor()
	start = withheld.authorize(withheld.get(g, "/"))
	for range 4 { // cookies never come back
		withheld.cookies = map[string]string{}
		tr.advance(time.Second)
		out := withheld.get(g, withheld.back(start, "code=0123456789abcdef0123456789abcdef&state="+start.Get("state")))
		if out.Status != http.StatusFound {
			break
		}
		start = withheld.authorize(out)
	}
	tr.sim.SetSnapshot(b.person, true)
	tr.logsIn(tr.visitor(), prompt)
	tr.sim.SetSnapshot(b.person, false)
	leaving := tr.visitor()
	back = tr.begins(leaving, g)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	answered := make(chan struct{}) // or the answer may come before the visitor has left
	tr.sim.Fail(wxsim.PathAccessToken, wxsim.Fault{Wait: answered, Times: 1})
	defer close(answered)
	asked := tr.sim.Calls(wxsim.PathAccessToken)
	g.Handle(ctx, &Request{Method: "GET", Target: back, Host: leaving.host, TLS: true, Header: with("User-Agent", inWeChat, "Accept", "text/html", "Cookie", leaving.cookieLine())})
	for tr.sim.Calls(wxsim.PathAccessToken) == asked { // the fault is this exchange's
		runtime.Gosched()
	}
}

func (tr *tour) authorizeState(b *browser, g *Gate) string {
	state := b.authorize(b.get(g, "/")).Get("state")
	tr.canaries["state "+state] = state
	return state
}

// flipped is a state whose MACs are wrong.
func flipped(state string) string {
	last := "0"
	if strings.HasSuffix(state, "0") {
		last = "1"
	}
	middle := "0"
	if state[30] == '0' {
		middle = "1"
	}
	return state[:30] + middle + state[31:len(state)-1] + last
}

func (tr *tour) troubles() {
	g, prompt := tr.gate(ModeRequire), tr.gate(ModeRequire, Prompt)
	for _, fault := range []wxsim.Fault{
		{Code: 40029, Message: canaryMessage + ", rid: 60d5-cccc"}, {Code: 40125, Message: "invalid appsecret " + testSecret + " " + canaryMessage + ", rid: 60d5-aaaa"}, {Code: -1, Message: canaryMessage},
		{Status: 502, Body: "<html>" + canaryBody}, {Body: canaryBody}, {Drop: true}, {Code: 45011, Message: canaryMessage},
		{Body: `{"access_token":"` + canaryAccess + `","refresh_token":"` + canaryRefresh + `","openid":"","scope":"snsapi_base"}`},
	} {
		tr.fails(fault, wxsim.PathAccessToken, func() { tr.logsIn(tr.visitor(), g) })
	}
	tr.fails(wxsim.Fault{Code: 48001, Message: canaryMessage}, wxsim.PathUserInfo, func() { tr.logsIn(tr.visitor(), prompt) })
	tr.auth.logins.onLogin = func(context.Context, *User) error { return errors.New(canaryHook) }
	tr.logsIn(tr.visitor(), g)
	tr.auth.logins.onLogin = func(context.Context, *User) error { panic(canaryPanic) }
	tr.logsIn(tr.visitor(), g)
	tr.auth.logins.onLogin = func(context.Context, *User) error { return Refuse(canaryDenied) }
	tr.logsIn(tr.visitor(), g)
	tr.auth.logins.onLogin = nil
	tr.visitor().get(tr.gate(ModeRequire, Skip(func(*Request) bool { panic(canaryPanic) })), "/")
	tr.visitor().get(tr.gate(ModeRequire, Scopes(func(*Request) Scope { panic(canaryPanic) })), "/")
	outside := tr.visitor()
	outside.ua = canaryAgent
	outside.get(tr.gate(ModeRequire, OnError(func(context.Context, *Request, error) *Outcome { panic(canaryPanic) })), "/")
	outside.get(tr.gate(ModeRequire, OnError(func(context.Context, *Request, error) *Outcome { return &Outcome{} })), "/")
	b := tr.visitor()
	tr.logsIn(b, g)
	gone := true
	load := LoadUser(func(ctx context.Context, u *User) (int, error) {
		if gone {
			gone = false
			return 0, ErrLogInAgain
		}
		return 0, errors.New(canaryHook)
	})
	b.get(tr.gate(ModeRequire, load), "/")
	tr.logsIn(b, g)
	b.get(tr.gate(ModeRequire, load), "/")
}

func (tr *tour) sessions() {
	g, prompt := tr.gate(ModeRequire), tr.gate(ModeRequire, Prompt)
	b := tr.visitor()
	tr.logsIn(b, prompt)
	out := b.get(prompt, "/")
	tr.rename(b, canaryName)
	if u, ok := FromContext(orEmpty(out)); ok {
		_, _ = tr.auth.RefreshProfile(out.Context, u)
	}
	tr.sim.Clear(wxsim.PathUserInfo)
	b.send(tr.gate(ModeLogout), "POST", "/logout", with("Sec-Fetch-Site", "cross-site"))
	b.send(tr.gate(ModeLogout), "POST", "/logout", nil)
	tr.logsIn(b, g)
	start := b.get(prompt, "/")
	b.person = wxsim.DefaultPeople()[1].ID
	b.get(prompt, tr.noting(b, b.consent(start))) // another person in the same browser
	known := tr.instance(observed(tr.seen), func(c *Config) {
		c.Profile = func(context.Context, string) (*User, error) { return &User{Nickname: canaryName}, nil }
	})
	silent := tr.visitor()
	tr.logsIn(silent, NewGate(ModeRequire, known))
	silent.get(NewGate(ModeRequire, known, Prompt), "/")
	breaks := tr.visitor()
	tr.logsIn(breaks, g)
	tr.auth.config.AppID = "wxanother" // what was written is another account's, so it cannot be read
	breaks.get(g, "/")
	tr.auth.config.AppID = testAppID
}

func (tr *tour) all() []Event {
	tr.logins()
	tr.troubles()
	tr.sessions()
	tr.following()
	tr.messages()
	return tr.seen.all()
}
