package core

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/once"
	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// copyOf is what a person who keeps addresses and cookies has.
func copyOf(b *browser) *browser {
	kept := *b
	kept.cookies = maps.Clone(b.cookies)
	return &kept
}

func TestWhatWasKeptFromBeforeALogoutLogsNobodyIn(t *testing.T) {
	for _, nodes := range []int{1, 2} {
		for _, loadAndSave := range []bool{false, true} {
			shared, sessions := session.NewMemory(), manager(session.NewMemory())
			config := func(c *Config) {
				if nodes > 1 {
					c.Cache = shared
				}
				c.Sessions = sessions
			}
			r := newRig(t, config)
			gates := []*Gate{r.gate(ModeRequire)}
			logouts := []*Gate{r.gate(ModeLogout)}
			if nodes > 1 {
				other := r.instance(config)
				gates, logouts = append(gates, NewGate(ModeRequire, other)), append(logouts, NewGate(ModeLogout, other))
			}
			for by := range nodes {
				b := r.browser()
				back := b.consent(b.get(gates[0], "/me"))
				kept := copyOf(b)
				b.arrives(b.get(gates[0], back))
				before := copyOf(kept)
				before.arrives(before.get(gates[0], back)) // a duplicate before the logout still arrives
				r.advance(4 * time.Minute)
				out := &Outcome{}
				if loadAndSave {
					ctx, err := sessions.Load(context.Background(), b.cookies["session"])
					if err != nil {
						t.Fatal(err)
					}
					h := with("User-Agent", inWeChat, "Cookie", "__Host-"+r.auth.binding+"="+b.cookies["__Host-"+r.auth.binding])
					out = logouts[by].Handle(ctx, &Request{Method: "POST", Target: "/logout", Host: b.host, TLS: true, Header: h})
				} else {
					out = b.send(logouts[by], "POST", "/logout", nil)
				}
				if out.Status != 303 {
					t.Fatalf("%d", out.Status)
				}
				for i, g := range gates {
					thief := copyOf(kept)
					if out := thief.get(g, back); out.Status != 302 || thief.cookies["session"] != "" {
						t.Errorf("rule: a logout at node %d ends what is remembered at node %d of %d: %d", by, i, nodes, out.Status)
					}
				}
				b.login(gates[0], "/me") // the visitor logs in again as always
			}
		}
	}
}

func TestALogoutThatAnybodyMaySendIsNotNoted(t *testing.T) {
	shared := session.NewMemory()
	r := newRig(t, func(c *Config) { c.Cache = shared })
	for range 100 {
		b := r.browser()
		b.get(r.gate(ModeRequire), "/") // brings a binding cookie
		if out := b.send(r.gate(ModeLogout), "POST", "/logout", nil); out.Status != 303 {
			t.Fatal(out.Status)
		}
	}
	if n := shared.Held() + r.auth.logins.results.Len(); n != 0 {
		t.Errorf("rule: logouts of browsers that never logged in leave nothing: %d entries", n)
	}
}

func TestOneCallbackAgainAndAgainMakesFewSessions(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"private sessions": func(*Config) {}, "a shared cache": func(c *Config) { c.Cache = session.NewMemory() },
	} {
		r := newRig(t, change)
		g := r.gate(ModeRequire)
		made := 0
		for range 10 { // codes of one person
			b := r.browser()
			back := b.consent(b.get(g, "/me"))
			for range 5 * once.MaxPerCode {
				if copyOf(b).get(g, back).Status == 303 {
					made++
				}
			}
		}
		if want := 10 + once.MaxRepeatsPerPerson; made != want || r.auth.sessions.PrivateStore().Held() != want {
			t.Errorf("rule: ten codes of one person make %d sessions, however often they come (%s): %d", want, name, made)
		}
	}
}

// slow makes WeChat wait with its answers.
func slow(r *rig) (release func()) {
	wait := make(chan struct{})
	r.sim.Fail(wxsim.PathAccessToken, wxsim.Fault{Code: 40029, Times: 10_000, Wait: wait})
	return sync.OnceFunc(func() { close(wait) })
}

func TestGarbageCodesOfOneBrowserShutNobodyOut(t *testing.T) {
	r := newRig(t)
	g := r.gate(ModeRequire)
	release := slow(r)
	defer release()
	bad := r.browser()
	q := bad.authorize(bad.get(g, "/me"))
	var sent sync.WaitGroup
	refused := make(chan int, 300)
	for i := range 300 {
		target := bad.back(q, fmt.Sprintf("code=%032d&state=%s", i, q.Get("state")))
		sent.Go(func() {
			if out := copyOf(bad).get(g, target); out.Status == 503 {
				refused <- 1
			}
		})
	}
	for range 300 - 16 { // the others wait for WeChat
		<-refused
	}
	honest := r.browser()
	back := honest.consent(honest.get(g, "/me"))
	var end *Outcome
	sent.Go(func() { end = honest.get(g, back) })
	for r.exchanges() < 17 {
		select {
		case <-refused:
			t.Fatal("rule: an honest visitor finds a place while one browser sends garbage and WeChat is slow")
		default:
		}
	}
	release()
	sent.Wait()
	if end.Status == 503 {
		t.Errorf("rule: an honest visitor is answered: %d", end.Status)
	}
}

func TestOnlyAUsedCodeIsWaitedFor(t *testing.T) {
	for code, waits := range map[int]bool{40163: true, 40029: false, 42003: false, 41008: false, 40013: false, 40226: false} {
		cache := &lookCounter{Memory: session.NewMemory()}
		r := newRig(t, func(c *Config) { c.Cache = cache })
		b, g := r.browser(), r.gate(ModeRequire)
		q := b.authorize(b.get(g, "/me"))
		r.sim.Fail(wxsim.PathAccessToken, wxsim.Fault{Code: code, Times: 1})
		b.get(g, b.back(q, "code="+strings.Repeat("x", 32)+"&state="+q.Get("state")))
		if (cache.looks > 1) != waits {
			t.Errorf("rule: only 40163 tells of a node that has the result soon: %d, %d looks", code, cache.looks)
		}
	}
}

// lookCounter counts what is looked for.
type lookCounter struct {
	*session.Memory
	mu    sync.Mutex
	looks int
}

func (l *lookCounter) Find(key string) ([]byte, bool, error) {
	l.mu.Lock()
	l.looks++
	l.mu.Unlock()
	return l.Memory.Find(key)
}

func TestMaxCallsIsAsConfigured(t *testing.T) {
	r := newRig(t, func(c *Config) { c.MaxCalls = 1 })
	b, g := r.browser(), r.gate(ModeRequire)
	back := b.consent(b.get(g, "/me"))
	giveBack, ok := r.auth.logins.places.Take("somebody else")
	if out := b.get(g, back); !ok || out.Status != 503 || !strings.Contains(r.log.String(), "MaxCalls") {
		t.Errorf("rule: beyond MaxCalls the answer is 503, and the log names it: %d", out.Status)
	}
	giveBack()
	b.arrives(b.get(g, back))
	if _, err := New(Config{AppID: testAppID, AppSecret: testSecret, MaxCalls: -1}); err == nil || !strings.Contains(err.Error(), "MaxCalls") {
		t.Errorf("rule: a negative MaxCalls is refused: %v", err)
	}
}

// An app that destroys sessions makes its visitors log in again and again; that is no
// lost cookie.
func TestAnAppThatEndsSessionsLosesNoCookie(t *testing.T) {
	for name, end := range map[string]func(*scs.SessionManager, string) error{
		"Destroy": func(m *scs.SessionManager, token string) error {
			ctx, err := m.Load(context.Background(), token)
			if err != nil {
				return err
			}
			return m.Destroy(ctx)
		},
		"a delete in the store": func(m *scs.SessionManager, token string) error { return m.Store.Delete(token) },
		"RenewToken whose cookie gets lost": func(m *scs.SessionManager, token string) error {
			ctx, err := m.Load(context.Background(), token)
			if err != nil {
				return err
			}
			if err := m.RenewToken(ctx); err != nil {
				return err
			}
			_, _, err = m.Commit(ctx)
			return err
		},
	} {
		m := manager(session.NewMemory())
		r := newRig(t, func(c *Config) { c.Sessions = m })
		b, g := r.browser(), r.gate(ModeRequire)
		for i := range 5 {
			out := b.get(g, "/me")
			if out.Status != 302 {
				t.Fatalf("rule: sessions that the app ended (%s) are no lost cookie: login %d: %d %s", name, i+1, out.Status, out.Body)
			}
			b.arrives(b.get(g, b.consent(out)))
			if err := end(m, b.cookies["session"]); err != nil {
				t.Fatal(err)
			}
			delete(b.cookies, "session")
		}
	}
}

// dropping is a store that takes sessions and loses them.
type dropping struct{ *session.Memory }

func (dropping) Commit(string, []byte, time.Time) error { return nil }

func TestAStoreThatLosesEverySessionStopsTheBrowser(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Sessions = manager(dropping{session.NewMemory()}) })
	b, g := r.browser(), r.gate(ModeRequire)
	w := b.walkTo(g, "/me", func() {})
	if w.out.Status != 400 || w.redirects > 20 {
		t.Errorf("rule: a store that loses every session ends on the page, within the redirects that a browser follows: %d after %d", w.out.Status, w.redirects)
	}
}

// While an answer from WeChat is pending, the app is not asked for a profile: the answer
// brings one.
func TestAProfileIsNotLookedUpWhileAnAnswerIsPending(t *testing.T) {
	looked := 0
	r := newRig(t, func(c *Config) {
		c.Profile = func(context.Context, string) (*User, error) { looked++; return nil, nil }
	})
	b, prompt := r.browser(), r.gate(ModeRequire, Prompt)
	b.login(r.gate(ModeRequire), "/")
	out := b.get(prompt, "/profile")
	back := b.consent(out)
	before := looked
	if b.arrives(b.get(prompt, back)) != "/profile" || looked != before {
		t.Errorf("rule: a callback with a code is exchanged, and the app is not asked for the profile it brings: %d look-ups", looked-before)
	}
}

// A login as a whole is given 10 s, however slow the parts of it are.
func TestACallbackHasATimeLimit(t *testing.T) {
	var left time.Duration
	r := newRig(t, func(c *Config) {
		c.OnLogin = func(ctx context.Context, _ *User) error {
			end, ok := ctx.Deadline()
			if !ok {
				t.Error("rule: OnLogin's context ends")
			}
			left = time.Until(end)
			return nil
		}
		c.Profile = func(ctx context.Context, _ string) (*User, error) {
			if end, ok := ctx.Deadline(); !ok || time.Until(end) > callbackTimeout {
				t.Error("rule: Profile's context ends after 10 s at most")
			}
			return nil, nil
		}
	})
	b := r.browser()
	b.login(r.gate(ModeRequire), "/")
	b.get(r.gate(ModeRequire, Prompt), "/profile")
	if left <= 0 || left > 10*time.Second || callbackTimeout != 10*time.Second {
		t.Errorf("rule: a callback takes 10 s at most, as OnLogin's docs say: %v left", left)
	}
}

// A login that is being exchanged when its browser logs out comes to nothing.
func TestALogoutEndsALoginUnderWay(t *testing.T) {
	r := newRig(t)
	b, g := r.browser(), r.gate(ModeRequire)
	b.login(g, "/")
	r.advance(2 * time.Second)
	tab := copyOf(b) // its session cookie has not come back yet
	delete(tab.cookies, r.auth.sessions.CookieName(true))
	back := tab.consent(tab.get(g, "/me"))
	release := make(chan struct{})
	r.sim.Fail(wxsim.PathAccessToken, wxsim.Fault{Wait: release, Times: 1})
	end := make(chan *Outcome)
	go func() { end <- tab.get(g, back) }()
	for r.exchanges() < 2 {
		runtime.Gosched()
	}
	if out := b.send(r.gate(ModeLogout), "POST", "/logout", nil); out.Status != 303 {
		t.Fatal(out.Status)
	}
	close(release)
	if out := <-end; out.Status != 302 || tab.sessionCookie() != "" {
		t.Errorf("rule: a logout ends a login under way in another tab: %d", out.Status)
	}
}
