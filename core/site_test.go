package core

import (
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/session"
)

func TestABrowserOfAHundredAccountsSendsTwoCookies(t *testing.T) {
	n := newTenants(t, manyTenants, false)
	g := NewGate(ModeRequire, Choose(n.choose))
	b := n.browser()
	for i := range manyTenants {
		if n.visit(b, g, i) == nil {
			t.Fatalf("rule: a visit of many accounts in a row is no loop of logins: account %d", i)
		}
	}
	size := 0
	for name, value := range b.cookies {
		size += len(name) + len(value) + len("=; ")
	}
	if len(b.cookies) != 2 || size > 1600 {
		t.Errorf("rule: accounts of one site share two cookies, of less than 1,600 bytes: %d cookies, %d bytes", len(b.cookies), size)
	}
}

func TestAccountsOfOneSiteLogOutApart(t *testing.T) {
	n := newTenants(t, 2, false)
	g := NewGate(ModeRequire, Choose(n.choose))
	b := n.browser()
	n.visit(b, g, 0)
	n.visit(b, g, 1)
	other := n.auths[1].Load()
	token := b.cookies[other.sessions.CookieName(true)]
	stale, _, _ := n.site.memory.Find(token)
	if out := b.send(NewGate(ModeLogout, Choose(n.choose)), "POST", "/t0/logout", nil); out.Status != 303 {
		t.Fatalf("no logout: %d", out.Status)
	}
	n.site.memory.Commit(token, stale, time.Now().Add(time.Hour)) // a request that loaded the session before commits it now
	if w, err := other.sessions.Rewrite(t.Context(), session.Stored{Token: token, Record: "old"}, []byte("old"), true); err != nil || !w.Gone {
		t.Errorf("rule: the logout wins over a request of another account that still runs: %+v %v", w, err)
	}
	optional := NewGate(ModeOptional, Choose(n.choose))
	if b.user(optional, n.page(0)) != nil || b.user(optional, n.page(1)) == nil {
		t.Error("rule: a logout ends the login of its own account")
	}
	n.visit(b, g, 0)
	b.send(NewGate(ModeLogout, Choose(n.choose), AllAccounts()), "POST", "/t0/logout", nil)
	if b.user(optional, n.page(0)) != nil || b.user(optional, n.page(1)) != nil || len(b.cookies) != 1 {
		t.Errorf("rule: a logout with AllAccounts ends all logins: %v", b.cookies)
	}
}

// A browser that loses its session cookie at one account is stopped there, and goes on at
// the others.
func TestALoopAtOneAccountIsNoLoopAtAnother(t *testing.T) {
	n := newTenants(t, 2, false)
	g := NewGate(ModeRequire, Choose(n.choose))
	b := n.browser()
	for range 3 {
		n.visit(b, g, 0)
		for name := range b.cookies {
			if strings.Contains(name, "_session_") {
				delete(b.cookies, name)
			}
		}
	}
	if out := b.get(g, n.page(0)); out.Status != 400 {
		t.Errorf("rule: three logins without a session end on the page about cookies: %d", out.Status)
	}
	if n.visit(b, g, 1) == nil {
		t.Error("rule: attempts are counted for each account")
	}
}

func TestASiteOfManyProcessesNeedsASecret(t *testing.T) {
	random, err := NewSite("")
	if err != nil {
		t.Fatal(err)
	}
	secret, err := NewSite("0123456789abcdef0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	shared := manager(session.NewMemory()) // any store that is not scs's own
	for rule, c := range map[string]struct {
		site     *Site
		sessions *scs.SessionManager
		wrong    bool
	}{
		"a random secret and private sessions":   {random, nil, false},
		"a random secret and sessions in memory": {random, scs.New(), false},
		"a random secret and shared sessions":    {random, shared, true},
		"a secret and shared sessions":           {secret, shared, false},
		"no site and shared sessions":            {nil, shared, false},
	} {
		a, err := New(Config{AppID: testAppID, AppSecret: testSecret, PublicURL: "https://app.example.com", Site: c.site, Sessions: c.sessions})
		if (err != nil) != c.wrong {
			t.Errorf("rule: nodes of one site need one secret; %s: %v", rule, err)
		}
		if a != nil {
			a.Close()
		}
	}
}
