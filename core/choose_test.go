package core

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"

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
