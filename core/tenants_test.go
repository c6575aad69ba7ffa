package core

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// tenants are many accounts behind one Choose: by the first segment of the path on one
// host, or by the host.
type tenants struct {
	*rig
	auths  []atomic.Pointer[Auth] // nil where the tenant is gone
	byHost bool
	site   *Site
}

func tenantID(i int) string     { return fmt.Sprintf("wx%016d", i) }
func tenantSecret(i int) string { return fmt.Sprintf("%s-%d", testSecret, i) }

// host is where a tenant's pages are.
func (n *tenants) host(i int) string {
	if n.byHost {
		return fmt.Sprintf("t%d.example.com", i)
	}
	return "app.example.com"
}

// page is the address of a tenant's page.
func (n *tenants) page(i int) string { return fmt.Sprintf("/t%d/me", i) }

func newTenants(t testing.TB, count int, byHost bool, change ...func(i int, c *Config)) *tenants {
	t.Helper()
	n := &tenants{rig: &rig{t: t, time: time.Now(), log: &logBook{}}, auths: make([]atomic.Pointer[Auth], count), byHost: byHost}
	var accounts []wxsim.Account
	for i := range count {
		accounts = append(accounts, wxsim.Account{AppID: tenantID(i), Secret: tenantSecret(i), Domain: n.host(i)})
	}
	sim, err := wxsim.New(wxsim.Config{Accounts: accounts, Now: n.now, Refusal: wxsim.RefuseStateOnly})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	n.sim, n.open = sim, server.URL
	if n.site, err = NewSite(""); err != nil {
		t.Fatal(err)
	}
	for i := range count {
		n.auths[i].Store(n.tenant(i, func(c *Config) {
			for _, f := range change {
				f(i, c)
			}
		}))
	}
	n.auth = n.auths[0].Load()
	return n
}

// tenant makes the instance of one tenant.
func (n *tenants) tenant(i int, change func(*Config)) *Auth {
	n.t.Helper()
	c := Config{
		Name: "t" + strconv.Itoa(i), AppID: tenantID(i), AppSecret: tenantSecret(i), PublicURL: "https://" + n.host(i),
		OpenURL: n.open, APIURL: n.open, Logger: slog.New(slog.NewTextHandler(n.log, nil)),
	}
	if !n.byHost {
		c.Site = n.site
	}
	change(&c)
	a, err := newAuth(c, n.now)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { a.Close() })
	return a
}

// choose is what an app writes.
func (n *tenants) choose(_ context.Context, r *Request) (*Auth, error) {
	name, _, _ := strings.Cut(strings.TrimPrefix(r.Path(), "/"), "/")
	if n.byHost {
		name, _, _ = strings.Cut(r.Host, ".")
	}
	i, err := strconv.Atoi(strings.TrimPrefix(name, "t"))
	if err != nil || i < 0 || i >= len(n.auths) {
		return nil, nil
	}
	return n.auths[i].Load(), nil
}

// visit logs a browser in at a tenant.
func (n *tenants) visit(b *browser, g *Gate, i int) *User {
	n.t.Helper()
	b.host = n.host(i)
	if out := b.get(g, n.page(i)); out.Status == 302 {
		q := b.authorize(out)
		code, err := n.sim.Code(q.Get("appid"), b.person, q.Get("scope"))
		if err != nil {
			n.t.Fatal(err)
		}
		if out = b.get(g, n.page(i)+"?code="+code+"&state="+q.Get("state")); out.Status != 303 {
			n.t.Fatalf("not the end of a login at tenant %d: %d %s", i, out.Status, out.Body)
		}
	}
	return b.user(g, n.page(i))
}
