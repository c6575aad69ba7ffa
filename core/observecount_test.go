package core

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// mixed runs logins of every kind and counts by itself what must be told.
type mixed struct {
	*rig
	one, two, prompt *Gate // two is on another node
	deny             bool
	starts           int
	ended            map[string]int // ends by name
	abandoned        map[string]bool
	seen             *recorder
}

func newMixed(t *testing.T) *mixed {
	m := &mixed{rig: newRig(t, quietly), seen: &recorder{}, ended: map[string]int{}, abandoned: map[string]bool{}}
	cache := memstore.New()
	node := func(c *Config) {
		c.Cache, c.Logger = cache, slog.New(slog.DiscardHandler)
		c.HTTPClient = &http.Client{Transport: m.sim.Transport()}
		c.OnLogin = func(context.Context, *User) error {
			if m.deny {
				return Refuse("no")
			}
			return nil
		}
	}
	here := m.instance(observed(m.seen), node)
	m.one, m.prompt, m.two = NewGate(ModeRequire, here), NewGate(ModeRequire, here, Prompt), NewGate(ModeRequire, m.instance(observed(m.seen), node))
	m.sim.ResetCalls()
	return m
}

// start begins a login, and comes back with a code.
func (m *mixed) start(b *browser, g *Gate) (back string) {
	m.starts++
	return b.consent(b.get(g, "/me"))
}

// flow is the last login that started.
func (m *mixed) flow() string {
	m.seen.mu.Lock()
	defer m.seen.mu.Unlock()
	for i := len(m.seen.events) - 1; ; i-- {
		if e := m.seen.events[i]; e.Name == LoginStart {
			return e.Flow
		}
	}
}

func (m *mixed) comesBack(b *browser, g *Gate, back string, end string, status int) {
	m.t.Helper()
	if out := b.get(g, back); out.Status != status {
		m.t.Fatalf("%s: %d %s", end, out.Status, out.Body)
	}
	if end != "" {
		m.ended[end]++
	}
}

// kinds are the kinds of logins. They run one after the other, because the simulator's
// faults are for whoever comes.
func (m *mixed) kinds() []func(*browser) {
	silent := func(b *browser) { m.comesBack(b, m.one, m.start(b, m.one), LoginDone, 303) }
	return []func(*browser){
		silent, silent, silent, silent,
		func(b *browser) { m.comesBack(b, m.prompt, m.start(b, m.prompt), LoginDone, 303) },
		func(b *browser) { m.comesBack(b, m.two, m.start(b, m.one), LoginDone, 303) },
		func(b *browser) { // refused, and the page reloaded
			q := b.authorize(b.get(m.one, "/me"))
			m.starts++
			m.comesBack(b, m.one, b.back(q, "state="+q.Get("state")), LoginRefused, 403)
			m.comesBack(b, m.two, b.back(q, "state="+q.Get("state")), "", 403)
		},
		func(b *browser) { // delivered twice, the second time without the session and to the other node
			back := m.start(b, m.one)
			m.comesBack(b, m.one, back, LoginDone, 303)
			delete(b.cookies, m.auth.sessions.CookieName(true))
			m.comesBack(b, m.two, back, "", 303)
		},
		func(b *browser) { // WeChat fails, and a reload helps
			back := m.start(b, m.one)
			m.sim.Fail(wxsim.PathAccessToken, wxsim.Fault{Code: 45011, Times: 1})
			m.comesBack(b, m.one, back, LoginUnavailable, 503)
			m.comesBack(b, m.two, back, "", 303)
		},
		func(b *browser) { m.start(b, m.one); m.abandoned[m.flow()] = true },
		func(b *browser) {
			m.deny = true
			m.comesBack(b, m.one, m.start(b, m.one), LoginDenied, 403)
			m.deny = false
		},
		func(b *browser) {
			m.sim.SetSnapshot(b.person, true)
			back := m.start(b, m.prompt)
			m.sim.SetSnapshot(b.person, false)
			m.comesBack(b, m.prompt, back, LoginSnapshot, 403)
		},
		func(b *browser) { // a code that WeChat does not know, then one that it knows
			q := b.authorize(b.get(m.one, "/me"))
			m.starts++
			m.abandoned[m.flow()] = true
			out := b.get(m.one, b.back(q, "code=0123456789abcdef0123456789abcdef&state="+q.Get("state")))
			m.starts++
			m.comesBack(b, m.one, b.consent(out), LoginDone, 303)
		},
		func(b *browser) { // two tabs
			one, two := m.start(b, m.one), m.start(b, m.one)
			m.advance(time.Second)
			m.comesBack(b, m.one, two, LoginDone, 303)
			m.comesBack(b, m.one, one, LoginCovered, 303)
		},
		func(b *browser) { // no cookies ever
			q := b.authorize(b.get(m.one, "/me"))
			m.starts++
			for range 2 {
				m.abandoned[m.flow()] = true
				clear(b.cookies)
				q = b.authorize(b.get(m.one, b.back(q, "code=0123456789abcdef0123456789abcdef&state="+q.Get("state"))))
				m.starts++
			}
			clear(b.cookies)
			m.comesBack(b, m.one, b.back(q, "code=0123456789abcdef0123456789abcdef&state="+q.Get("state")), LoginStuck, 400)
		},
	}
}

func TestTenThousandMixedLoginsAreToldAsTheyHappened(t *testing.T) {
	m := newMixed(t)
	kinds := m.kinds()
	logins := rounds(10_000)
	for i := range logins {
		kinds[i%len(kinds)](m.browser())
		if i%100 == 0 {
			m.advance(time.Second)
		}
	}
	started, ended, told := map[string]bool{}, map[string]int{}, map[string]int{}
	for _, e := range m.seen.all() {
		switch e.Name {
		case LoginStart:
			if started[e.Flow] || e.Flow == "" {
				t.Fatalf("rule: each login has one start: %v", e)
			}
			started[e.Flow] = true
		case LoginDone, LoginCovered, LoginRefused, LoginDenied, LoginSnapshot, LoginStuck, LoginUnavailable:
			if ended[e.Flow]++; ended[e.Flow] > 1 || !started[e.Flow] {
				t.Fatalf("rule: a login ends once at most, after its start: %v", e)
			}
			told[e.Name]++
		case APICall:
			told[e.Endpoint]++
		}
	}
	if len(started) != m.starts || m.starts < logins {
		t.Errorf("rule: every redirect to WeChat is told: %d of %d", len(started), m.starts)
	}
	for name, n := range m.ended {
		if told[name] != n {
			t.Errorf("rule: %s is told as often as it happened: %d of %d", name, told[name], n)
		}
	}
	for flow := range started {
		if m.abandoned[flow] == (ended[flow] == 1) {
			t.Fatalf("rule: every start has its end, or was abandoned: %s: abandoned %t, %d ends", flow, m.abandoned[flow], ended[flow])
		}
	}
	for _, path := range []string{wxsim.PathAccessToken, wxsim.PathUserInfo} {
		if n := m.sim.Calls(path); told[path] != n || n < logins/20 {
			t.Errorf("rule: every call is told: the simulator counts %d of %s, and %d were told", n, path, told[path])
		}
	}
	t.Logf("%d starts, %d abandoned, ends %v, %d exchanges, %d profiles by the simulator's count", len(started), len(m.abandoned), m.ended,
		m.sim.Calls(wxsim.PathAccessToken), m.sim.Calls(wxsim.PathUserInfo))
}

// A logged-in visitor's request costs the same with an observer, and tells it nothing.
func TestAnObserverCostsNothingOnTheLoggedInPath(t *testing.T) {
	costs := map[bool][2]float64{}
	for _, watched := range []bool{false, true} {
		seen := &recorder{}
		r := newRig(t, quietly, func(c *Config) {
			if watched {
				c.Observer = seen
			}
		})
		b, g := r.browser(), r.gate(ModeRequire)
		b.login(g, "/me")
		before, line := len(seen.all()), b.cookieLine()
		known := testing.AllocsPerRun(200, func() {
			if g.Known(t.Context(), "/me", line) == nil {
				t.Fatal("the visitor is known")
			}
		})
		header := with("User-Agent", inWeChat, "Accept", "text/html", "Cookie", line)
		handled := testing.AllocsPerRun(200, func() {
			request := Request{Method: "GET", Target: "/me", Host: b.host, TLS: true, Header: header}
			if out := g.Handle(t.Context(), &request); out.Status != 0 {
				t.Fatal("the visitor is known")
			}
		})
		costs[watched] = [2]float64{known, handled}
		if n := len(seen.all()) - before; n != 0 {
			t.Errorf("rule: a logged-in visitor's page is not told: %d events", n)
		}
	}
	if costs[false] != costs[true] {
		t.Errorf("rule: an observer costs no allocation on the logged-in path: %v without, %v with", costs[false], costs[true])
	}
}

func TestEveryRefusalOfTheReadmeIsTold(t *testing.T) {
	tr := newTour(t)
	tr.logins()
	tr.troubles()
	tr.following()
	for page, name := range map[string]string{
		"请在微信中打开": LoginChallenge, "登录未完成": LoginRefused, "登录没有成功": LoginStuck,
		"请使用完整服务": LoginSnapshot, "请先关注公众号": FollowRefused, "暂时无法登录": LoginUnavailable,
	} {
		told := tr.seen.all(name)
		if len(told) == 0 {
			t.Errorf("rule: the page %s is told as %s", page, name)
		}
		if len(told) > 0 && !strings.Contains(tr.log.String(), "event="+name) {
			t.Errorf("rule: what is told is in the log: %s", name)
		}
	}
}
