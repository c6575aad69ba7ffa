package core

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/web"
	"github.com/seed467724c4/wechat/core/wxsim"
)

func TestOneCodeOneExchange(t *testing.T) {
	r := newRig(t)
	logins := 0
	r.auth = r.instance(func(c *Config) {
		c.OnLogin = func(context.Context, *User) error { logins++; return nil }
	})
	b, g := r.browser(), r.gate(ModeRequire)
	back := b.consent(b.get(g, "/me?x=1"))
	var wg sync.WaitGroup
	for range 10 { // the same callback, ten connections, one browser
		tab := *b
		tab.cookies = map[string]string{}
		for k, v := range b.cookies {
			tab.cookies[k] = v
		}
		wg.Go(func() {
			if got := tab.arrives(tab.get(g, back)); got != "/me?x=1" {
				t.Errorf("every delivery arrives: %q", got)
			}
			if tab.user(g, "/me") == nil {
				t.Error("every delivery's session cookie works")
			}
		})
	}
	wg.Wait()
	if r.exchanges() != 1 || logins != 1 {
		t.Errorf("one exchange and one OnLogin: %d, %d", r.exchanges(), logins)
	}
	r.advance(4 * time.Minute)
	if got := b.arrives(b.get(g, back)); got != "/me?x=1" || r.exchanges() != 1 {
		t.Errorf("minutes later the same: %q, %d exchanges", got, r.exchanges())
	}
	if got := b.arrives(b.get(g, back)); got != "/me?x=1" || r.exchanges() != 1 {
		t.Errorf("Back, logged in, only cleans the address: %q, %d exchanges", got, r.exchanges())
	}
	thief := r.browser()
	thief.authorize(thief.get(g, back)) // the code alone logs no one in
	if r.exchanges() != 1 {
		t.Errorf("a foreign state is not exchanged: %d exchanges", r.exchanges())
	}
	// Nor does it with a state of the thief's own: a remembered result is for the
	// browser that brought the code, and WeChat knows the code no more.
	q := thief.authorize(thief.get(g, "/me"))
	_, stolen, _ := strings.Cut(back, "code=")
	thief.authorize(thief.get(g, thief.back(q, "code="+stolen[:32]+"&state="+q.Get("state"))))
	if r.exchanges() != 2 {
		t.Errorf("the thief's code went to WeChat: %d exchanges", r.exchanges())
	}
}

func TestTheFirstCallerMayLeave(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	back := b.consent(b.get(g, "/me"))
	release := make(chan struct{})
	r.sim.Fail(wxsim.PathAccessToken, wxsim.Fault{Wait: release, Times: 1})
	ctx, leave := context.WithCancel(context.Background())
	leave()
	cookie := with("Cookie", "__Host-"+r.auth.binding+"="+b.cookies["__Host-"+r.auth.binding], "User-Agent", inWeChat, "Accept", "text/html")
	gone := g.Handle(ctx, &Request{Method: "GET", Target: back, Host: b.host, TLS: true, Header: cookie})
	if gone.Status != 503 {
		t.Errorf("who left gets nothing: %d", gone.Status)
	}
	close(release)
	if b.arrives(b.get(g, back)) != "/me" || r.exchanges() != 1 {
		t.Errorf("the others get the answer of the one exchange: %d", r.exchanges())
	}
}

func TestTwoCodesWithOneStateLogInTheSamePerson(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	q := b.authorize(b.get(g, "/me"))
	for range 2 {
		code, _ := r.sim.Code(loginAppID(), b.person, loginScope())
		tab := *b
		tab.cookies = map[string]string{"__Host-" + r.auth.binding: b.cookies["__Host-"+r.auth.binding]}
		tab.arrives(tab.get(g, tab.back(q, "code="+code+"&state="+q.Get("state"))))
		if u := tab.user(g, "/me"); u == nil || u.OpenID != r.sim.OpenID(loginAppID(), b.person) {
			t.Errorf("both log in: %v", u)
		}
	}
	if r.exchanges() != 2 {
		t.Errorf("two codes, two exchanges: %d", r.exchanges())
	}
}

func TestAnAnswerOlderThanTheSessionIsOnlyCleanedAway(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	q := b.authorize(b.get(g, "/me"))
	for range 2 {
		code, _ := r.sim.Code(loginAppID(), b.person, loginScope())
		if got := b.arrives(b.get(g, b.back(q, "code="+code+"&state="+q.Get("state")))); got != "/me" {
			t.Errorf("%q", got)
		}
	}
	if r.exchanges() != 1 {
		t.Errorf("the state is older than the login and asks for no more: %d exchanges", r.exchanges())
	}
}

func TestASwitchOfPersonEmptiesTheSession(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	b.login(g, "/")
	bob := b.sessionCookie()
	r.advance(2 * time.Second)
	b.person = wxsim.DefaultPeople()[1].ID
	logout := b.send(r.gate(ModeLogin), "GET", "/login", nil) // still Bob: arrives without a login
	if logout.Status != 303 {
		t.Fatalf("%d", logout.Status)
	}
	other := r.browser() // the same browser without its session gets a newer state
	other.cookies = map[string]string{"__Host-" + r.auth.binding: b.cookies["__Host-"+r.auth.binding]}
	other.person = b.person
	back := other.consent(other.get(g, "/"))
	b.arrives(b.get(g, back))
	if u := b.user(g, "/"); u == nil || u.OpenID != r.sim.OpenID(loginAppID(), b.person) {
		t.Errorf("the newer login counts: %v", u)
	}
	b.cookies["__Host-wechat_session_"+web.AccountTag(testAppID, "")] = bob
	if b.user(g, "/") != nil {
		t.Error("Bob's token is dead")
	}
}

func TestAStateWorksOnEveryNodeAndAfterARestart(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	back := b.consent(b.get(g, "/me"))
	node2 := NewGate(ModeRequire, r.instance())
	if b.arrives(b.get(node2, back)) != "/me" {
		t.Error("nothing of a login in progress is on a server")
	}
}

func TestAChangedSecretStartsAnewAndKeepsThePage(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	back := b.consent(b.get(g, "/me?x=1"))
	changed := NewGate(ModeRequire, r.instance(func(c *Config) { c.AppSecret = "another" }))
	q := b.authorize(b.get(changed, back))
	if !strings.HasPrefix(q.Get("redirect_uri"), "https://app.example.com/me?_wx=") || r.exchanges() != 0 {
		t.Errorf("the pair is the app's own now: %q", q.Get("redirect_uri"))
	}
}
