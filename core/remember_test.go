package core

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// twoNodes are two processes of one site with a cache between them.
func twoNodes(t *testing.T) (r *rig, one, two *Gate, shared *memory) {
	shared = newMemory()
	r = newRig(t, func(c *Config) { c.Cache = shared })
	return r, r.gate(Require), NewGate(Require, r.instance(func(c *Config) { c.Cache = shared })), shared
}

func TestWhatOneNodeExchangedTheOtherRemembers(t *testing.T) {
	r, one, two, shared := twoNodes(t)
	b := r.browser()
	back := b.consent(b.get(one, "/me"))
	tab := *b
	tab.cookies = maps.Clone(b.cookies)
	b.arrives(b.get(one, back))
	tab.arrives(tab.get(two, back))
	if r.exchanges() != 1 || tab.user(two, "/me") == nil {
		t.Errorf("one exchange, two nodes: %d", r.exchanges())
	}
	_, code, _ := strings.Cut(back, "code=")
	for i := range shared.shards {
		for key, it := range shared.shards[i].items {
			for _, secret := range []string{code[:32], r.sim.OpenID(testAppID, b.person), testSecret} {
				if strings.Contains(key+it.value, secret) {
					t.Errorf("the cache holds %q in the clear", secret)
				}
			}
		}
	}
}

func TestASealedResultFitsOnlyItsKey(t *testing.T) {
	r, _, _, shared := twoNodes(t)
	m := r.auth.logins.done
	u := &User{AppID: testAppID, OpenID: "oAlice_00000", Scope: Silent}
	ctx := context.Background()
	m.put(ctx, rememberKey("c", "alice", Silent), u)
	m.local.Flush()
	if got, ok := m.get(ctx, rememberKey("c", "alice", Silent)); !ok || got.OpenID != u.OpenID {
		t.Fatalf("%v %v", got, ok)
	}
	sealed, _, _ := shared.Find(rememberKey("c", "alice", Silent))
	for name, value := range map[string][]byte{"moved to another key": sealed, "cut": sealed[:20], "empty": nil, "changed": append(sealed[:len(sealed)-1:len(sealed)-1], sealed[len(sealed)-1]^1)} {
		shared.Commit(rememberKey("c", "bob", Silent), value, time.Now().Add(time.Minute))
		if got, ok := m.get(ctx, rememberKey("c", "bob", Silent)); ok {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestACacheThatIsDownIsAsGoodAsNone(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Cache = brokenStore{} })
	b, g := r.browser(), r.gate(Require)
	if b.login(g, "/me") != "/me" || b.user(g, "/me") == nil {
		t.Error("the login works")
	}
}

func TestAUsedCodeWaitsForTheNodeThatUsesIt(t *testing.T) {
	for name, written := range map[string]time.Duration{"in time": 400 * time.Millisecond, "too late": 2 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			shared := newMemory()
			done, err := newRemembered(&Config{AppID: testAppID, AppSecret: testSecret, Cache: shared})
			if err != nil {
				t.Fatal(err)
			}
			other, _ := newRemembered(&Config{AppID: testAppID, AppSecret: testSecret, Cache: shared})
			key := rememberKey("c", "b", Silent)
			var node sync.WaitGroup
			defer node.Wait()
			node.Go(func() {
				time.Sleep(written) // the clock of synctest: nobody waits
				other.put(context.Background(), key, &User{AppID: testAppID, OpenID: "oAlice", Scope: Silent})
			})
			began := time.Now()
			_, ok := done.await(context.Background(), key)
			waited := time.Since(began)
			if ok != (written < awaitNode) || waited > awaitNode {
				t.Errorf("%s: found %v after %v", name, ok, waited)
			}
		})
	}
}

func TestAnotherNodesResultIsTakenWhenWeChatSaysUsed(t *testing.T) {
	r, one, two, _ := twoNodes(t)
	b := r.browser()
	back := b.consent(b.get(one, "/me"))
	tab := *b
	tab.cookies = maps.Clone(b.cookies)
	// Node two asks WeChat first and is answered that the code was used; by then
	// node one has the result.
	release := make(chan struct{})
	r.sim.Fail(wxsim.PathAccessToken, wxsim.Fault{Code: 40163, Times: 1, Wait: release})
	end := make(chan *Outcome)
	go func() { end <- tab.get(two, back) }()
	for r.exchanges() == 0 {
		select { // until node two has asked
		case out := <-end:
			t.Fatalf("node two did not wait: %d", out.Status)
		default:
		}
	}
	b.arrives(b.get(one, back))
	close(release)
	if tab.arrives(<-end) != "/me" || tab.user(two, "/me") == nil {
		t.Error("node two takes node one's result")
	}
}

func TestProfilesTheAppKnowsAreNotAskedForAgain(t *testing.T) {
	known := map[string]*User{}
	asked := 0
	fail := error(nil)
	config := func(c *Config) {
		c.Profile = func(_ context.Context, openID string) (*User, error) {
			asked++
			return known[openID], fail
		}
		c.OnLogin = func(_ context.Context, u *User) error {
			if u.Scope == Prompt {
				known[u.OpenID] = &User{Nickname: u.Nickname, AppUserID: "7", OpenID: "not this one"}
			}
			return nil
		}
	}
	r := newRig(t, config)
	prompt := r.gate(Require, Prompt)
	visit := func() (b *browser, scopes []string) {
		b = r.browser()
		target := "/profile?x=1"
		for range 10 {
			out := b.get(prompt, target)
			switch out.Status {
			case 0:
				if u, _ := FromContext(out.Context); u == nil || u.Nickname == "" || u.OpenID != r.sim.OpenID(testAppID, b.person) {
					t.Errorf("%v", u)
				}
				return b, scopes
			case 302:
				scopes = append(scopes, b.authorize(out).Get("scope"))
				target = b.consent(out)
			case 303:
				target = b.arrives(out)
			default:
				t.Fatalf("%d %s", out.Status, out.Body)
			}
		}
		t.Fatal("goes round and round")
		return nil, nil
	}
	if _, scopes := visit(); len(scopes) != 2 || scopes[0] != "snsapi_base" || scopes[1] != "snsapi_userinfo" {
		t.Errorf("who is unknown is looked at silently, then asked: %v", scopes)
	}
	b, scopes := visit()
	if len(scopes) != 1 || scopes[0] != "snsapi_base" {
		t.Errorf("who is known is never asked again: %v", scopes)
	}
	before := asked
	if u := b.user(prompt, "/profile"); u == nil || u.AppUserID != "7" || asked != before {
		t.Errorf("the session holds it: %v, %d look-ups", u, asked-before)
	}
	fail = errors.New("database is down")
	silent := r.browser()
	silent.login(r.gate(Require), "/")
	if out := silent.get(prompt, "/profile"); out.Status != 503 || !strings.Contains(r.log.String(), "database is down") {
		t.Errorf("unknown is not the same as cannot tell: %d", out.Status)
	}
	r.auth.config.Profile = func(context.Context, string) (*User, error) { panic("boom") }
	if out := silent.get(prompt, "/profile"); out.Status != 503 {
		t.Errorf("a panic is trouble: %d", out.Status)
	}
}
