package core

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/seed467724c4/wechat/core/wxsim"
)

const manyTenants = 100

// Browsers of several people visit many accounts, in any order and at the same time.
func TestNoUserOfOneAccountIsSeenByAGateOfAnother(t *testing.T) {
	perKind := rounds(500_000)
	for name, byHost := range map[string]bool{"100 accounts on one host": false, "100 accounts on 100 hosts": true} {
		t.Run(name, func(t *testing.T) {
			n := newTenants(t, manyTenants, byHost)
			g := NewGate(ModeRequire, Choose(n.choose))
			people := wxsim.DefaultPeople()
			type visitor struct {
				cookies map[string]string // host -> Cookie
				knows   map[int]bool
				person  string
			}
			var visitors []visitor
			for i := range 2 * len(people) {
				person := people[i%len(people)].ID
				v := visitor{map[string]string{}, map[int]bool{}, person}
				jars := map[string]*browser{}
				for j := range 12 {
					at := (i*17 + j*7) % manyTenants
					b := jars[n.host(at)]
					if b == nil {
						b = n.browser()
						b.person = person
						jars[n.host(at)] = b
					}
					if u := n.visit(b, g, at); u == nil || u.AppID != tenantID(at) || u.OpenID != n.sim.OpenID(tenantID(at), person) {
						t.Fatalf("rule: each account logs its own visitor in: %v at %d", u, at)
					}
					v.knows[at] = true
				}
				for host, b := range jars {
					var pairs []string
					for name, value := range b.cookies {
						pairs = append(pairs, name+"="+value)
					}
					v.cookies[host] = strings.Join(pairs, "; ")
					if size := len(v.cookies[host]); size > 1600 {
						t.Errorf("rule: cookies of all accounts on one host together stay under 1,600 bytes: %d", size)
					}
				}
				visitors = append(visitors, v)
			}
			var all sync.WaitGroup
			for worker := range 4 {
				all.Go(func() {
					random := rand.New(rand.NewPCG(7, uint64(worker)))
					for range perKind / 4 {
						v, at := visitors[random.IntN(len(visitors))], random.IntN(manyTenants)
						r := &Request{Method: "GET", Target: n.page(at), Host: n.host(at), TLS: true, Header: http.Header{
							"Cookie": {v.cookies[n.host(at)]}, "Accept": {"application/json"},
						}}
						out := g.Handle(context.Background(), r)
						switch {
						case out.Status == 401 && !v.knows[at]:
						case out.Status == 0 && v.knows[at]:
							u, _ := FromContext(out.Context)
							if u == nil || u.AppID != tenantID(at) || u.OpenID != n.sim.OpenID(tenantID(at), v.person) {
								t.Errorf("rule: a gate sees only its own account's user: %v at %d", u, at)
								return
							}
						default:
							t.Errorf("rule: a login at one account is none at another: %d at %d, known %v", out.Status, at, v.knows[at])
							return
						}
					}
				})
			}
			all.Wait()
		})
	}
}

func TestChooseDecidesForEveryMode(t *testing.T) {
	n := newTenants(t, 2, false)
	b := n.browser()
	if u := n.visit(b, NewGate(ModeRequire, Choose(n.choose)), 1); u == nil || u.AppID != tenantID(1) {
		t.Fatalf("rule: Require logs in to the chosen account: %v", u)
	}
	if u := b.user(NewGate(ModeOptional, Choose(n.choose)), n.page(1)); u == nil {
		t.Error("rule: Optional finds the chosen account's user")
	}
	if out := b.get(NewGate(ModeLogin, Choose(n.choose), MaxAge(0)), "/t0/login"); out.Status != 302 || b.authorize(out).Get("appid") != tenantID(0) {
		t.Errorf("rule: Login starts at the chosen account: %d", out.Status)
	}
	if out := b.send(NewGate(ModeLogout, Choose(n.choose)), "POST", "/t1/logout", nil); out.Status != 303 || b.user(NewGate(ModeOptional, Choose(n.choose)), n.page(1)) != nil {
		t.Errorf("rule: Logout logs out of the chosen account: %d", out.Status)
	}
	if out := b.get(NewGate(ModeRequire, Choose(n.choose), Skip(func(*Request) bool { return true })), "/nowhere"); out.Status != 0 {
		t.Errorf("rule: what is skipped needs no account: %d", out.Status)
	}
}

func TestWithoutAnAccountTheAnswerIsAPage(t *testing.T) {
	n := newTenants(t, 1, false)
	closed := n.tenant(0, func(*Config) {})
	closed.Close()
	blocks := func(ctx context.Context, _ *Request) (*Auth, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	for rule, c := range map[string]struct {
		choose func(context.Context, *Request) (*Auth, error)
		ctx    context.Context
		status int
		page   string
		err    error
	}{
		"an unknown tenant is a 404, and never the default account": {n.choose, context.Background(), 404, "not-found", ErrNoAccount},
		"ErrNoAccount is a 404 as well": {func(context.Context, *Request) (*Auth, error) {
			return nil, fmt.Errorf("tenants: %w", ErrNoAccount)
		}, context.Background(), 404, "not-found", ErrNoAccount},
		"tenants that cannot be asked are a 503": {func(context.Context, *Request) (*Auth, error) {
			return nil, errors.New("database is down")
		}, context.Background(), 503, "unavailable", ErrUnavailable},
		"an error counts more than an instance": {func(context.Context, *Request) (*Auth, error) {
			return n.auth, errors.New("database is down")
		}, context.Background(), 503, "unavailable", ErrUnavailable},
		"a panic is a 503": {func(context.Context, *Request) (*Auth, error) { panic("secret-canary") }, context.Background(), 503, "unavailable", ErrUnavailable},
		"a closed instance is a 503": {func(context.Context, *Request) (*Auth, error) {
			return closed, nil
		}, context.Background(), 503, "unavailable", ErrUnavailable},
		"an instance that New did not make is a 503": {func(context.Context, *Request) (*Auth, error) {
			return &Auth{}, nil
		}, context.Background(), 503, "unavailable", ErrUnavailable},
		"a function that waits ends with its context": {blocks, over, 503, "unavailable", ErrUnavailable},
	} {
		for _, mode := range []Mode{ModeRequire, ModeOptional, ModeLogin, ModeLogout} {
			g := NewGate(mode, Choose(c.choose))
			for _, accept := range []string{"text/html", "application/json"} {
				out := g.Handle(c.ctx, &Request{Method: "GET", Target: "/nobody/me?code=c&state=s", Host: "app.example.com", TLS: true, Header: with("Accept", accept, "User-Agent", inWeChat)})
				if out.Status != c.status || !errors.Is(out.Err, c.err) || strings.Contains(fmt.Sprint(out.Err), "canary") {
					t.Errorf("rule: %s: %d %v", rule, out.Status, out.Err)
				}
				if accept == "text/html" && mode == ModeRequire && !strings.Contains(string(out.Body), `data-page="`+c.page+`"`) {
					t.Errorf("rule: %s, on a page of this library: %s", rule, out.Body)
				}
				if accept != "text/html" && mode == ModeRequire && !strings.HasPrefix(out.Header.Get("Content-Type"), "application/problem+json") {
					t.Errorf("rule: %s, as a problem document for a script: %v", rule, out.Header)
				}
				if out.Header.Get("Cache-Control") != "no-store" || len(out.Header.Values("Set-Cookie")) > 0 {
					t.Errorf("rule: %s, stored nowhere: %v", rule, out.Header)
				}
			}
		}
	}
}

func TestTheAppAnswersForAMissingAccountItself(t *testing.T) {
	n := newTenants(t, 1, false)
	g := NewGate(ModeRequire, Choose(n.choose), OnError(func(_ context.Context, _ *Request, err error) *Outcome {
		if errors.Is(err, ErrNoAccount) {
			return &Outcome{Status: http.StatusGone}
		}
		return nil
	}))
	if out := n.browser().get(g, "/nobody/"); out.Status != http.StatusGone {
		t.Errorf("rule: OnError may answer for a missing account: %d", out.Status)
	}
}

func TestACallbackOfOneAccountIsNoneOfAnother(t *testing.T) {
	n := newTenants(t, 2, false)
	g := NewGate(ModeRequire, Choose(n.choose))
	b := n.browser()
	q := b.authorize(b.get(g, n.page(0)))
	code, err := n.sim.Code(tenantID(0), b.person, q.Get("scope"))
	if err != nil {
		t.Fatal(err)
	}
	out := b.get(g, n.page(1)+"?code="+code+"&state="+q.Get("state"))
	if n.exchanges() != 0 || b.user(g, n.page(1)) != nil {
		t.Errorf("rule: a code is exchanged only by the account that its state names: %d, %d exchanges", out.Status, n.exchanges())
	}
	if out := b.get(g, n.page(0)+"?code="+code+"&state="+q.Get("state")); out.Status != 303 || n.exchanges() != 1 {
		t.Errorf("rule: the account's own gate still takes it: %d", out.Status)
	}
}

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
