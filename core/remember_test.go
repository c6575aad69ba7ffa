package core

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// twoNodes are two processes of one site with a cache between them.
func twoNodes(t *testing.T) (r *rig, one, two *Gate, shared *session.Memory) {
	shared = session.NewMemory()
	r = newRig(t, func(c *Config) { c.Cache = shared })
	return r, r.gate(ModeRequire), NewGate(ModeRequire, r.instance(func(c *Config) { c.Cache = shared })), shared
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
	all, _ := shared.All()
	for key, value := range all {
		for _, secret := range []string{code[:32], r.sim.OpenID(testAppID, b.person), testSecret} {
			if strings.Contains(key+string(value), secret) {
				t.Errorf("the cache holds %q in the clear", secret)
			}
		}
	}
}

func TestACacheThatIsDownIsAsGoodAsNone(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Cache = brokenStore{} })
	b, g := r.browser(), r.gate(ModeRequire)
	if b.login(g, "/me") != "/me" || b.user(g, "/me") == nil {
		t.Error("the login works")
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
	prompt := r.gate(ModeRequire, Prompt)
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
	silent.login(r.gate(ModeRequire), "/")
	if out := silent.get(prompt, "/profile"); out.Status != 503 || !strings.Contains(r.log.String(), "database is down") {
		t.Errorf("unknown is not the same as cannot tell: %d", out.Status)
	}
	r.auth.config.Profile = func(context.Context, string) (*User, error) { panic("boom") }
	if out := silent.get(prompt, "/profile"); out.Status != 503 {
		t.Errorf("a panic is trouble: %d", out.Status)
	}
}
