package core

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/once"
	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/web"
	"github.com/seed467724c4/wechat/core/wxsim"
)

func TestAnAddressTooLongForWeChatAndBack(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	for _, long := range []string{"/" + strings.Repeat("a", web.MaxTarget), "/?code=" + strings.Repeat("a", web.MaxTarget*3/4)} {
		if out := b.get(g, long); out.Status != 400 || !errors.Is(out.Err, ErrTarget) || out.Header.Get("Location") != "" {
			t.Errorf("no login starts that could not end: %d %v", out.Status, out.Err)
		}
		if out := b.get(r.gate(ModeOptional), long); out.Status != 0 {
			t.Errorf("behind Optional any length is fine: %d", out.Status)
		}
	}
	fits := "/?code=" + strings.Repeat("a", 1400)
	if got := b.login(g, fits); got != fits {
		t.Errorf("what fits, fits: %d bytes", len(got))
	}
	if b.user(g, "/"+strings.Repeat("a", 3*web.MaxTarget)) == nil {
		t.Error("logged in any length is fine")
	}
}

// The start's cookie is kept, the cookies of every callback's answer are lost.
func TestCookiesLostWithTheAnswerEndOnThePage(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	out := b.get(g, "/me")
	for hops := 0; out.Status != 400; hops++ {
		if hops > 20 {
			t.Fatal("goes round and round")
		}
		if out.Status == 302 {
			kept := maps.Clone(b.cookies)
			out = b.get(g, b.consent(out))
			b.cookies = kept
			continue
		}
		out = b.get(g, b.arrives(out))
		r.advance(2 * time.Second)
	}
	if r.exchanges() != proof.MaxRecent || !strings.Contains(string(out.Body), `data-fault="session"`) {
		t.Errorf("%d logins, %s", r.exchanges(), out.Body)
	}
}

func TestOneLoginCannotFillMemory(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	back := b.consent(b.get(g, "/me"))
	for range 3 * once.MaxPerCode {
		again := *b
		again.cookies = map[string]string{"__Host-" + r.auth.binding: b.cookies["__Host-"+r.auth.binding]}
		again.get(g, back)
	}
	sessions := r.auth.sessions.PrivateStore().Held()
	if sessions != once.MaxPerCode || r.exchanges() != 1 {
		t.Errorf("%d sessions of %d deliveries, %d exchanges", sessions, 3*once.MaxPerCode, r.exchanges())
	}
}

// held is a cache that holds up whoever looks for the first key a second time, as
// one does who waits for another node's result.
type held struct {
	*session.Memory
	mu      sync.Mutex
	key     string
	looks   int
	waiting chan struct{}
	release chan struct{}
}

func (h *held) Find(key string) ([]byte, bool, error) {
	h.mu.Lock()
	if h.key == "" {
		h.key = key
	}
	h.looks++
	hold := key == h.key && h.looks == 2
	h.mu.Unlock()
	if hold {
		close(h.waiting)
		<-h.release
	}
	return h.Memory.Find(key)
}

func TestWhoWaitsForAnotherNodeTakesNobodysPlace(t *testing.T) {
	cache := &held{Memory: session.NewMemory(), waiting: make(chan struct{}), release: make(chan struct{})}
	r := newRig(t, func(c *Config) { c.Cache = cache })
	b, g := r.browser(), r.gate(ModeRequire)
	q := b.authorize(b.get(g, "/me"))
	for i := range defaultMaxCalls - 1 {
		r.auth.logins.places.Take(fmt.Sprint("browser ", i))
	}
	r.sim.Fail(wxsim.PathAccessToken, wxsim.Fault{Code: 40163, Times: 1})
	dead := *b
	dead.cookies = maps.Clone(b.cookies)
	target := dead.back(q, "code="+strings.Repeat("x", 32)+"&state="+q.Get("state"))
	var wait sync.WaitGroup
	wait.Go(func() { dead.get(g, target) })
	<-cache.waiting
	if got := b.arrives(b.get(g, b.consent(b.get(g, "/me")))); got != "/me" {
		t.Errorf("%q", got)
	}
	close(cache.release)
	wait.Wait()
}

func TestACodeThatCannotBeOneIsNotWaitedFor(t *testing.T) {
	cache := &held{Memory: session.NewMemory(), waiting: make(chan struct{}), release: make(chan struct{})}
	close(cache.release)
	r := newRig(t, func(c *Config) { c.Cache = cache })
	b, g := r.browser(), r.gate(ModeRequire)
	q := b.authorize(b.get(g, "/me"))
	b.authorize(b.get(g, b.back(q, "code=!!&state="+q.Get("state"))))
	if cache.looks != 1 || r.exchanges() != 0 {
		t.Errorf("looked for %d times, %d exchanges", cache.looks, r.exchanges())
	}
}

// shortKeys is a store as scs's for MySQL: keys of a token's length, no longer.
type shortKeys struct{ *session.Memory }

func (s shortKeys) Commit(key string, b []byte, expires time.Time) error {
	if len(key) > 43 {
		return errors.New("data too long for column 'token'")
	}
	return s.Memory.Commit(key, b, expires)
}

func TestStoresWithShortKeysAndAppsThatIterate(t *testing.T) {
	store := shortKeys{session.NewMemory()}
	m := manager(store)
	r := newRig(t, func(c *Config) { c.Sessions = m; c.Cache = store })
	b := r.browser()
	b.login(r.gate(ModeRequire), "/")
	b.login(r.gate(ModeRequire, Prompt), "/profile")
	if out := b.send(r.gate(ModeLogout), "POST", "/logout", nil); out.Status != 303 || b.user(r.gate(ModeRequire), "/") != nil {
		t.Errorf("logged out: %d", out.Status)
	}
	notes := 0
	all, _ := store.All()
	for key, value := range all {
		if _, _, err := (scs.GobCodec{}).Decode(value); err != nil && key != "" {
			notes++ // what Config.Cache holds: two sealed results, and their end by the logout
		}
	}
	if notes != 3 {
		t.Errorf("%d entries of the session store are no sessions", notes)
	}
}

func TestNothingPrintsAnAuthOrAUserByValue(t *testing.T) {
	r := newRig(t)
	var b strings.Builder
	log := slog.New(slog.NewTextHandler(&b, nil))
	u := User{AppID: testAppID, OpenID: "oLVPpjqs9BhvzwPj5A-vTYAX3GLc"}
	log.Info("x", "auth", r.auth, "user", u)
	fmt.Fprintf(&b, "%v %+v %#v %s %d %v %+v %#v %d %x", r.auth, r.auth, r.auth, r.auth, r.auth, u, u, u, u, &u)
	if strings.Contains(b.String(), testSecret) || strings.Contains(b.String(), u.OpenID) || strings.Contains(b.String(), "keys") || !strings.Contains(b.String(), testAppID) {
		t.Error(b.String())
	}
}

func TestAPageNeverLinksToACode(t *testing.T) {
	store := &failing{Store: session.NewMemory()}
	r := newRig(t, func(c *Config) { c.Sessions = manager(store) })
	b, g := r.browser(), r.gate(ModeRequire)
	back := b.consent(b.get(g, "/me?x=1"))
	b.cookies["session"] = strings.Repeat("s", 43)
	store.find = true
	out := b.get(g, back)
	if page := string(out.Body); out.Status != 503 || strings.Contains(page, "code=") || strings.Contains(page, "state=") || !strings.Contains(page, "/me?x=1") {
		t.Errorf("%d %s", out.Status, page)
	}
}

// forgedFrom changes a state so that no MAC of ours fits and its attempt stays.
func forgedFrom(t *testing.T, k *proof.Keys, made string) string {
	t.Helper()
	attempt := k.Parse(made).Attempt
	for i := len(made) - 1; i > 0; i-- {
		s := made[:i] + "0" + made[i+1:]
		if st := k.Parse(s); st.Shape == proof.ForgedState && st.Attempt == attempt {
			return s
		}
	}
	t.Fatal("no digit of the state changes its MAC")
	return ""
}

func TestTheStuckPageLeadsOnFromAForgedState(t *testing.T) {
	r := newRig(t)
	forged := forgedFrom(t, &r.auth.keys, r.auth.keys.NewState(r.now(), 3, false, "b", r.auth.public))
	out := r.browser().get(r.gate(ModeRequire), "/me?x=1&code=C&state="+forged)
	if out.Status != 400 || !strings.Contains(string(out.Body), `href="https://app.example.com/me?x=1"`) {
		t.Errorf("%d %s", out.Status, out.Body)
	}
}

func TestBehindAProxyOnlyTheProxyTellsHostAndScheme(t *testing.T) {
	for rule, c := range map[string]struct {
		headers []string
		want    Fault
	}{
		"the proxy's own host and http are no sign": {[]string{"X-Forwarded-For", "1.2.3.4"}, CookiesOff},
		"another forwarded host":                    {[]string{"X-Forwarded-For", "1.2.3.4", "X-Forwarded-Host", "www.example.com"}, OtherDomain},
		"forwarded http":                            {[]string{"X-Forwarded-Host", "app.example.com", "X-Forwarded-Proto", "http"}, MixedScheme},
	} {
		r := newRig(t)
		v := &visit{auth: r.auth, gate: r.gate(ModeRequire), now: r.now(), request: &Request{Host: "app:8080", Header: with(c.headers...)}}
		if got := v.fault(); got != c.want {
			t.Errorf("%s: %s", rule, got)
		}
	}
}

func TestADefaultPortIsNoPort(t *testing.T) {
	for raw, want := range map[string]string{"https://a.example:443": "https://a.example", "http://a.example:80/x": "http://a.example", "https://a.example:80": "https://a.example:80"} {
		if at, ok := web.ParsePublicURL(raw); !ok || at.String() != want {
			t.Errorf("%s: %s", raw, at)
		}
	}
}
