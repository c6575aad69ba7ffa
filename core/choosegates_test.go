package core

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/seed467724c4/wechat/core/wxsim"
)

func TestTwoAccountsOnOneRouteMustBothHold(t *testing.T) {
	n := newTenants(t, 2, false)
	a, c := n.auths[0].Load(), n.auths[1].Load()
	outer, inner := NewGate(ModeRequire, a), NewGate(ModeRequire, c)
	b := n.browser()
	target, starts := "/me", []string(nil)
	for range 10 {
		out := b.get(outer, target)
		ctx := orEmpty(out)
		if out.Status == 0 {
			h := http.Header{"User-Agent": {inWeChat}, "Accept": {"text/html"}}
			for name, value := range b.cookies {
				h.Add("Cookie", name+"="+value)
			}
			out = inner.Handle(ctx, &Request{Method: "GET", Target: target, Host: b.host, TLS: true, Header: h})
			b.keep(out)
		}
		switch out.Status {
		case 302:
			starts = append(starts, b.authorize(out).Get("appid"))
			target = b.consent(out)
			continue
		case 303:
			target = b.arrives(out)
			continue
		}
		first, _ := FromContextFor(out.Context, a)
		second, _ := FromContextFor(out.Context, c)
		last, _ := FromContext(out.Context)
		if first == nil || second == nil || first.AppID != tenantID(0) || second.AppID != tenantID(1) || last != second {
			t.Errorf("rule: the handler finds the user of each account, and the innermost one by default: %v %v %v", first, second, last)
		}
		if other, ok := FromContextFor(out.Context, n.tenant(1, func(c *Config) { c.AppID = "wxother" })); ok {
			t.Errorf("rule: where no gate of an account ran there is no user: %v", other)
		}
		if fmt.Sprint(starts) != fmt.Sprint([]string{tenantID(0), tenantID(1)}) {
			t.Errorf("rule: the gates log in one after the other, once each: %v", starts)
		}
		return
	}
	t.Fatal("the visitor goes round and round")
}

func TestAGateIsOfOneAccountOrChooses(t *testing.T) {
	n := newTenants(t, 1, false)
	for rule, options := range map[string][]Option{
		"Choose beside an instance": {Choose(n.choose), n.auth},
		"an instance beside Choose": {n.auth, Choose(n.choose)},
		"two Choose":                {Choose(n.choose), Choose(n.choose)},
		"AllAccounts on Require":    {n.auth, AllAccounts()},
	} {
		t.Run(rule, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Errorf("rule: %s panics while the app is being set up", rule)
				}
			}()
			NewGate(ModeRequire, options...)
		})
	}
	defer func() {
		if recover() == nil {
			t.Error("rule: Choose without a function panics")
		}
	}()
	Choose(nil)
}

func TestAccountsComeAndGoWhileTheAppRuns(t *testing.T) {
	n := newTenants(t, 2, false)
	g := NewGate(ModeRequire, Choose(n.choose))
	b := n.browser()
	if n.visit(b, g, 1) == nil {
		t.Fatal("no login")
	}
	gone := n.auths[1].Swap(nil)
	gone.Close()
	if out := b.get(g, n.page(1)); out.Status != 404 {
		t.Errorf("rule: an account that is gone has no pages: %d", out.Status)
	}
	n.auths[1].Store(n.tenant(1, func(*Config) {}))
	if b.user(g, n.page(1)) == nil {
		t.Error("rule: an account that comes back finds the sessions of its site")
	}
}

func TestGatesKeepNothingOfAnAccountThatIsGone(t *testing.T) {
	n := newTenants(t, 3, false)
	g := NewGate(ModeRequire, Choose(n.choose), MustFollow)
	bytesOf := func(g *Gate) [unsafe.Sizeof(Gate{})]byte { return *(*[unsafe.Sizeof(Gate{})]byte)(unsafe.Pointer(g)) }
	before := bytesOf(g)
	b := n.browser()
	for i := range 3 {
		n.visit(b, g, i)
		b.get(g, "/nobody/me")
		n.auths[i].Swap(nil).Close()
		b.get(g, n.page(i))
	}
	if bytesOf(g) != before {
		t.Error("rule: no request writes into a gate, so a gate keeps nothing of an instance that was closed")
	}
}

func TestAnIdleAccountCostsLittle(t *testing.T) {
	const accounts = 200
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, routines := heap(), runtime.NumGoroutine()
	kept := make([]*Auth, accounts)
	for i := range kept {
		a, err := New(Config{AppID: tenantID(i), AppSecret: tenantSecret(i), PublicURL: "https://app.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		kept[i] = a
	}
	if each := (heap() - before) / accounts; each > 64<<10 {
		t.Errorf("rule: an idle account takes less than 64 KiB: %d bytes", each)
	} else {
		t.Logf("an idle account takes %d bytes", each)
	}
	if now := runtime.NumGoroutine(); now > routines {
		t.Errorf("rule: an idle account has no goroutine: %d before, %d now", routines, now)
	}
	for _, a := range kept {
		a.Close()
	}
}

func TestAccountsAreNamed(t *testing.T) {
	n := newTenants(t, 2, false)
	n.sim.Fail(wxsim.PathAccessToken, wxsim.Fault{Times: 9, Code: 40164})
	g := NewGate(ModeRequire, Choose(n.choose))
	b := n.browser()
	q := b.authorize(b.get(g, n.page(1)))
	code, err := n.sim.Code(tenantID(1), b.person, q.Get("scope"))
	if err != nil {
		t.Fatal(err)
	}
	if out := b.get(g, n.page(1)+"?code="+code+"&state="+q.Get("state")); out.Status != 503 || !strings.Contains(n.log.String(), "account=t1") {
		t.Errorf("rule: the log says which account has trouble: %d %s", out.Status, n.log)
	}
	for name, value := range map[string]string{"WECHAT_APP_ID": "wx1", "WECHAT_SHOP_APP_ID": "wx2", "WECHAT_SHOP_APP_SECRET": "s", "WECHAT_SHOP_2_APP_ID": "wx3", "WECHAT_SHOP_ANY_BROWSER": "1"} {
		t.Setenv(name, value)
	}
	if c := ConfigFromEnv("SHOP"); c.Name != "shop" || c.AppID != "wx2" || c.AppSecret != "s" || !c.AnyBrowser {
		t.Errorf("rule: ConfigFromEnv reads the settings of one account by its name: %v %q", c, c.Name)
	}
	if c := ConfigFromEnv("SHOP_2"); c.AppID != "wx3" || ConfigFromEnv().AppID != "wx1" || ConfigFromEnv().Name != "" {
		t.Errorf("rule: names do not run into each other: %v", c)
	}
	if _, err := New(ConfigFromEnv("SHOP_2")); err == nil || !strings.Contains(err.Error(), "WECHAT_SHOP_2_APP_SECRET") {
		t.Errorf("rule: an error names the variable that is missing: %v", err)
	}
	for _, wrong := range [][]string{{"shop"}, {""}, {"A-B"}, {"2A"}, {"A", "B"}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("rule: %q is no name of an account in the environment", wrong)
				}
			}()
			ConfigFromEnv(wrong...)
		}()
	}
}
