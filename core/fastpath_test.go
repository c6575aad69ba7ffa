package core

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// Whatever Known lets through, the state machine lets through as well, with the
// same user and headers; and what it may not decide, it leaves alone.
func TestTheFastPathDecidesAsTheStateMachine(t *testing.T) {
	private := newRig(t)
	own := newRig(t, func(c *Config) {
		c.Sessions = manager(session.NewMemory())
		c.Sessions.IdleTimeout = 2 * time.Hour
		c.Sessions.HashTokenInStore = true
	})
	codec := newRig(t, func(c *Config) {
		c.Sessions = manager(session.NewMemory())
		c.Sessions.Codec = Codec{}
	})
	plain := newRig(t, func(c *Config) { c.PublicURL = "" })
	proxy := newRig(t, func(c *Config) { c.PublicURL = ""; c.TrustProxy = true })
	passed := 0
	for name, r := range map[string]*rig{"private": private, "own, hashed, idle": own, "own with Codec": codec, "no public URL": plain, "trusted proxy": proxy} {
		jars := map[string]string{"none": "", "nonsense": "a=1; =; b", "garbage first": r.auth.sessions.CookieName(true) + "=x; " + r.auth.sessions.CookieName(true) + "=" + strings.Repeat("y", 43), "garbage token": r.auth.sessions.CookieName(true) + "=" + strings.Repeat("x", 43), "short token": r.auth.sessions.CookieName(true) + "=x"}
		for _, scope := range []Scope{Silent, Prompt} {
			b := r.browser()
			start := b.get(r.gate(ModeRequire, scope), "/")
			back := b.consent(start)
			b.arrives(b.get(r.gate(ModeRequire, scope), back))
			var pairs []string
			for k, v := range b.cookies {
				pairs = append(pairs, k+"="+v)
			}
			jars[string(scope)] = strings.Join(pairs, "; ")
			jars[string(scope)+", tossed"] = r.auth.sessions.CookieName(true) + "=" + strings.Repeat("x", 43) + "; " + strings.Join(pairs, "; ")
		}
		for _, later := range []time.Duration{0, 6 * time.Minute} {
			r.advance(later)
			for jar, cookies := range jars {
				for _, mode := range []Mode{ModeRequire, ModeOptional, ModeLogin, ModeLogout} {
					for _, scope := range []Scope{Silent, Prompt} {
						for _, target := range []string{"/", "/me?x=1", "/me?state=open", "/me?code=1&state=" + strings.Repeat("0", 53), "*", "/a b", "/a#b"} {
							for _, header := range []http.Header{
								with("User-Agent", inWeChat, "Accept", "text/html"),
								with("User-Agent", "x", "X-Requested-With", "XMLHttpRequest"),
								with("Sec-Fetch-Dest", "iframe"),
							} {
								if cookies != "" {
									header.Set("Cookie", cookies)
								}
								options := []Option{scope}
								if mode == ModeLogout {
									options = nil // it starts no login
								}
								g := r.gate(mode, options...)
								q := Request{Method: "GET", Target: target, Host: "app.example.com", TLS: true, Header: header}
								known := g.Known(context.Background(), q.Target, header.Get("Cookie"))
								if known == nil {
									continue
								}
								passed++
								met := g.handleFully(context.Background(), q)
								ku, _ := FromContext(known.Context)
								mu, _ := FromContext(met.Context)
								if met.Status != 0 || !reflect.DeepEqual(known.Header, met.Header) || !reflect.DeepEqual(ku, mu) || mode > ModeOptional || strings.Contains(target, "state=") {
									t.Errorf("%s, jar %s, mode %d, %s, %s: known %v %v, met %d %v %v", name, jar, mode, scope, target, ku, known.Header, met.Status, mu, met.Header)
								}
							}
						}
					}
				}
			}
		}
	}
	if passed < 200 {
		t.Errorf("only %d of the requests passed: the test tests nothing", passed)
	}
	if g := private.gate(ModeRequire, Skip(func(*Request) bool { return false })); g.fast {
		t.Error("a Skip must be asked")
	}
	if proxy.gate(ModeRequire).fast {
		t.Error("a proxy's headers must be read")
	}
}

func TestKnownAllocates(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire, Prompt)
	b.login(g, "/")
	ctx, cookies := context.Background(), "a=1; b=2; "+r.auth.sessions.CookieName(true)+"="+b.sessionCookie()
	for rule, c := range map[string]struct {
		gate    *Gate
		cookies string
		most    float64
	}{
		"a logged-in request allocates once, its user included":             {g, cookies, 1},
		"an anonymous visitor behind Optional allocates once":               {r.gate(ModeOptional), "", 1},
		"an anonymous visitor at a Require allocates nothing before Handle": {g, "a=1", 0},
	} {
		n := testing.AllocsPerRun(100, func() {
			if out := c.gate.Known(ctx, "/me?x=1", c.cookies); out != nil && c.gate == g {
				if u, ok := FromContext(out.Context); !ok || u.Nickname == "" {
					t.Error("no user")
				}
			}
		})
		if n > c.most {
			t.Errorf("%s: %v", rule, n)
		}
	}
}

// hashed is the app's own manager with Codec, with and without HashTokenInStore.
func hashed(yes bool) func(*Config) {
	return func(c *Config) {
		c.Sessions = manager(session.NewMemory())
		c.Sessions.Codec, c.Sessions.HashTokenInStore = Codec{}, yes
	}
}

func TestAHashedTokenAllocatesAtMostOnceMore(t *testing.T) {
	var n [2]float64
	for i, hash := range []bool{false, true} {
		r := newRig(t, hashed(hash))
		b, g := r.browser(), r.gate(ModeRequire)
		b.login(g, "/")
		cookies := "a=1; " + r.auth.sessions.CookieName(true) + "=" + b.cookies[r.auth.sessions.CookieName(true)]
		n[i] = testing.AllocsPerRun(100, func() {
			if g.Known(context.Background(), "/me", cookies) == nil {
				t.Error("not known")
			}
		})
	}
	if n[0] > 4 || n[1] > n[0]+1 {
		t.Errorf("rule: 4 allocations with an app's own manager, one more with HashTokenInStore: %v", n)
	}
}

func TestThePassagesContextIsTheRequestsOwn(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	b.login(g, "/")
	type key struct{}
	parent, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, "outer"))
	out := g.Known(parent, "/", r.auth.sessions.CookieName(true)+"="+b.sessionCookie())
	child, stop := context.WithCancel(out.Context)
	defer stop()
	if out.Context.Value(key{}) != "outer" || out.Context.Value("nothing") != nil {
		t.Error("outer values are there")
	}
	cancel()
	if <-child.Done(); child.Err() != context.Canceled {
		t.Error("a cancelled request cancels what came of it")
	}
}

func TestAddToAddsEveryValue(t *testing.T) {
	for name, c := range map[string]struct{ had, adds, want http.Header }{
		"one value":                 {with(), with("Vary", "Cookie"), with("Vary", "Cookie")},
		"beside the app's own":      {with("Vary", "Origin"), with("Vary", "Cookie"), with("Vary", "Origin", "Vary", "Cookie")},
		"several values of several": {with("A", "1"), with("Set-Cookie", "a=1", "Set-Cookie", "b=2", "A", "2"), with("A", "1", "A", "2", "Set-Cookie", "a=1", "Set-Cookie", "b=2")},
	} {
		out := &Outcome{Header: c.adds}
		out.AddTo(c.had)
		if !reflect.DeepEqual(c.had, c.want) {
			t.Errorf("%s: %v, want %v", name, c.had, c.want)
		}
	}
	shared := with("Vary", "Cookie")
	one, two := http.Header{}, http.Header{}
	(&Outcome{Header: shared}).AddTo(one)
	(&Outcome{Header: shared}).AddTo(two)
	one["Vary"][0] = "changed in place"
	one.Add("Vary", "added")
	if two.Get("Vary") != "Cookie" || shared.Get("Vary") != "Cookie" {
		t.Error("responses share their headers")
	}
}

func BenchmarkKnown(b *testing.B) { benchmarkKnown(b, func(*Config) {}) }

func BenchmarkKnownHashed(b *testing.B) { benchmarkKnown(b, hashed(true)) }

func benchmarkKnown(b *testing.B, change func(*Config)) {
	r := newRig(b, change)
	who, g := r.browser(), r.gate(ModeRequire, Prompt)
	who.login(g, "/")
	cookies := "a=1; b=2; " + r.auth.sessions.CookieName(true) + "=" + who.cookies[r.auth.sessions.CookieName(true)]
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if g.Known(ctx, "/me?x=1", cookies) == nil {
			b.Fatal("not known")
		}
	}
}

// Behind Optional, too, the first session cookie is not the only one.
func TestASecondSessionCookieIsReadBehindEveryGate(t *testing.T) {
	for name, change := range map[string]func(*Config){"private": func(*Config) {}, "own": hashed(false)} {
		r := newRig(t, change)
		b := r.browser()
		b.login(r.gate(ModeRequire), "/")
		cookie := r.auth.sessions.CookieName(true)
		own := cookie + "=" + b.cookies[cookie]
		for _, first := range []string{"", "x", strings.Repeat("g", 43), "." + strings.Repeat("g", 42), strings.Repeat("g", 400)} {
			for _, mode := range []Mode{ModeRequire, ModeOptional} {
				line := with("User-Agent", inWeChat, "Accept", "text/html", "Cookie", cookie+"="+first+"; "+own)
				two := with("User-Agent", inWeChat, "Accept", "text/html", "Cookie", cookie+"="+first, "Cookie", own)
				for _, h := range []http.Header{line, two} {
					out := r.gate(mode).Handle(context.Background(), &Request{Method: "GET", Target: "/", Host: "app.example.com", TLS: true, Header: h})
					if u, ok := FromContext(orEmpty(out)); !ok || u == nil {
						t.Errorf("rule: a garbage cookie before the session cookie does not hide the session (%s, mode %d, %.10q): %d", name, mode, first, out.Status)
					}
				}
			}
		}
	}
}

// What LoadAndSave has loaded is the session, whatever cookie the request carries.
func TestALoadedSessionIsTheSession(t *testing.T) {
	r := newRig(t, hashed(false))
	m := r.auth.config.Sessions
	alice, bob := r.browser(), r.browser()
	bob.person = wxsim.DefaultPeople()[1].ID
	g := r.gate(ModeRequire)
	alice.login(g, "/")
	bob.login(g, "/")
	for rule, c := range map[string]struct{ token, person string }{
		"another person's is loaded": {bob.cookies["session"], bob.person}, "an empty one is loaded": {"", ""},
	} {
		ctx, err := m.Load(context.Background(), c.token)
		if err != nil {
			t.Fatal(err)
		}
		for _, mode := range []Mode{ModeRequire, ModeOptional} {
			h := with("User-Agent", inWeChat, "Accept", "text/html", "Cookie", "session="+alice.cookies["session"])
			out := r.gate(mode).Handle(ctx, &Request{Method: "GET", Target: "/", Host: "app.example.com", TLS: true, Header: h})
			u, _ := FromContext(orEmpty(out))
			if c.person == "" && u != nil || c.person != "" && (u == nil || u.OpenID != r.sim.OpenID(testAppID, c.person)) {
				t.Errorf("rule: the loaded session counts and no cookie (%s, mode %d): %v", rule, mode, u)
			}
		}
	}
}
