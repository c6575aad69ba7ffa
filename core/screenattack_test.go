package core

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/screen"
	"github.com/seed467724c4/wechat/core/internal/session"
)

// attack is one way to get a session that is not one's own. It returns the browsers
// that must have none.
type attack struct {
	rule string
	run  func(t *testing.T, r *rig, g *Gate) (without []*browser)
}

var screenAttacks = []attack{
	{"relay: a victim allows the attacker's code, and keeps the digits", func(t *testing.T, r *rig, g *Gate) []*browser {
		attacker, victim := r.desk(), r.phone("mei")
		digits := victim.allows(r.auth, attacker.code(attacker.get(g, "/me")))
		form := attacker.get(g, "/me")
		r.isPage("the attacker is asked for digits", form, "screen-number")
		for range 5 {
			attacker.posts(r.auth, form, nil, "number", wrongNumber(digits))
		}
		attacker.posts(r.auth, form, nil, "number", numberOn(digits)) // too late, even if they are told now
		return []*browser{attacker}
	}},
	{"relay without trying any number", func(t *testing.T, r *rig, g *Gate) []*browser {
		attacker, victim := r.desk(), r.phone("mei")
		victim.allows(r.auth, attacker.code(attacker.get(g, "/me")))
		for range 5 {
			attacker.get(g, "/me")
		}
		return []*browser{attacker}
	}},
	{"a code that was redeemed is redeemed again, with the cookies of before", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		digits := phone.allows(r.auth, desk.code(desk.get(g, "/me")))
		form := desk.get(g, "/me")
		copied := desk.copy()
		desk.posts(r.auth, form, nil, "number", numberOn(digits))
		if desk.user(g, "/me") == nil {
			t.Error("the screen itself is logged in")
		}
		copied.posts(r.auth, form, nil, "number", numberOn(digits))
		copied.get(g, "/me")
		return []*browser{copied}
	}},
	{"a code is redeemed by another screen that knows code and digits", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, other, phone := r.desk(), r.desk(), r.phone("mei")
		other.get(g, "/me")
		code := desk.code(desk.get(g, "/me"))
		digits := phone.allows(r.auth, code)
		form := desk.get(g, "/me")
		r.isPage("the code is another browser's", other.posts(r.auth, form, nil, "number", numberOn(digits)), "phone-expired")
		other.get(g, "/me")
		return []*browser{other}
	}},
	{"the same with the cookie in which the screen keeps its codes", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, other, phone := r.desk(), r.desk(), r.phone("mei")
		other.get(g, "/me")
		code := desk.code(desk.get(g, "/me"))
		other.cookies["__Host-"+r.auth.screens.shown] = desk.cookies["__Host-"+r.auth.screens.shown]
		phone.allows(r.auth, code)
		r.isPage("it shows a code of its own", other.get(g, "/me"), "screen-wait")
		return []*browser{other}
	}},
	{"another site of the same account", func(t *testing.T, r *rig, g *Gate) []*browser {
		other := r.instance(func(c *Config) { c.ScreenLogin, c.PublicURL = true, "https://b.example.com" })
		other.Screens()
		attacker := r.desk()
		page := attacker.get(NewGate(ModeRequire, other), "/me")
		code := found(page, `href="https://b.example.com(/wechat/screen\?s=\w+)"`)
		phone := r.phone("mei")
		r.isPage("its code is nothing here", phone.opens(r.auth, code), "phone-expired")
		return []*browser{attacker}
	}},
	{"two phones: the second allows what the first has scanned", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, mei, jun := r.desk(), r.phone("mei"), r.phone("jun")
		code := desk.code(desk.get(g, "/me"))
		asked := mei.opens(r.auth, code)
		r.isPage("the second is told", jun.opens(r.auth, code), "phone-taken")
		r.isPage("and cannot allow it", jun.posts(r.auth, asked, nil, "answer", "allow"), "phone-expired")
		return []*browser{desk}
	}},
	{"a refusal", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		asked := phone.opens(r.auth, desk.code(desk.get(g, "/me")))
		phone.posts(r.auth, asked, nil, "answer", "deny")
		phone.posts(r.auth, asked, nil, "answer", "allow")
		return []*browser{desk}
	}},
	{"a code that is opened 121 s later", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		code := desk.code(desk.get(g, "/me"))
		r.advance(121 * time.Second)
		r.isPage("it is over", phone.opens(r.auth, code), "phone-expired")
		return []*browser{desk}
	}},
	{"a consent that was open for 121 s", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		asked := phone.opens(r.auth, desk.code(desk.get(g, "/me")))
		r.advance(121 * time.Second)
		r.isPage("it is over", phone.posts(r.auth, asked, nil, "answer", "allow"), "phone-expired")
		return []*browser{desk}
	}},
	{"an answer that nobody fetched for 5 minutes", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		digits := phone.allows(r.auth, desk.code(desk.get(g, "/me")))
		form := desk.get(g, "/me")
		r.advance(5*time.Minute + time.Second)
		desk.posts(r.auth, form, nil, "number", numberOn(digits))
		return []*browser{desk}
	}},
	{"prefetches of every address", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		code := desk.code(desk.get(g, "/me"))
		phone.opens(r.auth, "/wechat/screen?s=none") // nothing happens
		phone.login(g, "/me")
		for _, header := range []string{"Sec-Purpose", "Purpose", "X-Moz"} {
			if out := phone.atScreens(r.auth, "GET", code, "", with(header, "prefetch")); out.Status < 400 {
				t.Errorf("rule: a prefetch opens no code: %d", out.Status)
			}
		}
		r.isPage("nobody has opened it", desk.get(g, "/me"), "screen-wait")
		// A device that is known, with an answer that waits: a prefetch does not redeem it.
		known, mei := r.desk(), r.phone("mei")
		r.screenLogin(known, mei, g, "/me")
		known.dropSession()
		mei.allows(r.auth, known.code(known.get(g, "/me")))
		if out := known.send(g, "GET", "/me", with("Sec-Purpose", "prefetch")); out.Status != 401 || len(out.Header.Values("Set-Cookie")) > 0 {
			t.Errorf("rule: a prefetch redeems nothing: %d", out.Status)
		}
		known.dropSession()
		return []*browser{desk}
	}},
	{"a consent in a frame", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		code := desk.code(desk.get(g, "/me"))
		phone.login(g, "/me")
		r.isPage("a frame shows no consent", phone.atScreens(r.auth, "GET", code, "", with("Sec-Fetch-Dest", "iframe", "Sec-Fetch-Mode", "navigate")), "frame")
		r.isPage("nobody has opened it", desk.get(g, "/me"), "screen-wait")
		asked := phone.opens(r.auth, code)
		for _, dest := range []string{"iframe", "embed", "object"} {
			r.isPage("a form that a frame sends is nothing", phone.posts(r.auth, asked, with("Sec-Fetch-Dest", dest, "Sec-Fetch-Mode", "navigate"), "answer", "allow"), "frame")
		}
		return []*browser{desk}
	}},
	{"a consent that another site sends", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		asked := phone.opens(r.auth, desk.code(desk.get(g, "/me")))
		for _, from := range []http.Header{
			with("Origin", "https://evil.example"), with("Origin", "null"), with("Sec-Fetch-Site", "cross-site"), with("Sec-Fetch-Site", "same-site"), with("Origin", "http://app.example.com"),
		} {
			r.isPage("a foreign form allows nothing", phone.posts(r.auth, asked, from, "answer", "allow"), "phone-expired")
		}
		r.isPage("nor does one without proof", phone.posts(r.auth, asked, nil, "answer", "allow", "proof", ""), "phone-expired")
		r.isPage("nor one with another's", phone.posts(r.auth, asked, nil, "answer", "allow", "proof", strings.Repeat("A", 27)), "phone-expired")
		return []*browser{desk}
	}},
	{"digits that another site sends", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		digits := phone.allows(r.auth, desk.code(desk.get(g, "/me")))
		form := desk.get(g, "/me")
		for _, from := range []http.Header{with("Origin", "https://evil.example"), with("Sec-Fetch-Site", "cross-site")} {
			r.isPage("a foreign form logs nobody in", desk.posts(r.auth, form, from, "number", numberOn(digits)), "phone-expired")
		}
		return []*browser{desk}
	}},
	{"a form that was shown to another phone, of the same person", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone, second := r.desk(), r.phone("mei"), r.phone("mei")
		code := desk.code(desk.get(g, "/me"))
		asked := phone.opens(r.auth, code)
		second.opens(r.auth, code)
		r.isPage("a form is one browser's", second.posts(r.auth, asked, nil, "answer", "allow"), "phone-expired")
		return []*browser{desk}
	}},
	{"the account is switched on the phone between question and answer", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		asked := phone.opens(r.auth, desk.code(desk.get(g, "/me")))
		phone.person = "jun"
		login := r.gate(ModeLogin, MaxAge(0))
		phone.arrives(phone.get(login, phone.consent(phone.get(login, "/login?to=/me"))))
		r.isPage("the form was another person's", phone.posts(r.auth, asked, nil, "answer", "allow"), "phone-expired")
		return []*browser{desk}
	}},
	{"the phone logs out after it has allowed", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		digits := phone.allows(r.auth, desk.code(desk.get(g, "/me")))
		form := desk.get(g, "/me")
		phone.send(r.gate(ModeLogout), "POST", "/logout", nil)
		desk.posts(r.auth, form, nil, "number", numberOn(digits))
		return []*browser{desk, phone.without(g)}
	}},
	{"the screen logs out: a code of before is nobody's", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		digits := phone.allows(r.auth, desk.code(desk.get(g, "/me")))
		form := desk.get(g, "/me")
		desk.send(r.gate(ModeLogout), "POST", "/logout", nil)
		r.isPage("it was of the browser of before", desk.posts(r.auth, form, nil, "number", numberOn(digits)), "phone-expired")
		if phone.user(g, "/me") == nil {
			t.Error("rule: the phone stays logged in")
		}
		return []*browser{desk}
	}},
	{"shared computer: an earlier user allows from a photograph, after a logout", func(t *testing.T, r *rig, g *Gate) []*browser {
		shared, earlier := r.desk(), r.phone("mei")
		r.screenLogin(shared, earlier, g, "/me")
		shared.send(r.gate(ModeLogout), "POST", "/logout", nil)
		earlier.allows(r.auth, shared.code(shared.get(g, "/me")))
		r.isPage("the present user is asked for digits", shared.get(g, "/me"), "screen-number")
		return []*browser{shared}
	}},
	{"shared computer: the same, after somebody else was logged in", func(t *testing.T, r *rig, g *Gate) []*browser {
		shared, earlier := r.desk(), r.phone("mei")
		r.screenLogin(shared, earlier, g, "/me")
		shared.dropSession()
		r.screenLogin(shared, r.phone("jun"), g, "/me")
		shared.dropSession()
		earlier.allows(r.auth, shared.code(shared.get(g, "/me")))
		return []*browser{shared}
	}},
	{"a device cookie of another device, with another person's answer", func(t *testing.T, r *rig, g *Gate) []*browser {
		own, attacker, mei, jun := r.desk(), r.desk(), r.phone("mei"), r.phone("jun")
		r.screenLogin(own, mei, g, "/me")
		attacker.cookies["__Host-"+attacker.deviceCookie()] = own.cookies["__Host-"+own.deviceCookie()]
		jun.allows(r.auth, attacker.code(attacker.get(g, "/me")))
		return []*browser{attacker}
	}},
	{"the store is down", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		code := desk.code(desk.get(g, "/me"))
		digits := phone.allows(r.auth, code)
		form := desk.get(g, "/me")
		cache := r.auth.config.Cache.(*downStore)
		cache.down.Store(true)
		r.isPage("the screen is told to try again", desk.get(g, "/me"), "unavailable")
		r.isPage("whatever it sends", desk.posts(r.auth, form, nil, "number", numberOn(digits)), "unavailable")
		r.isPage("and so is the phone", phone.opens(r.auth, code), "unavailable")
		if !strings.Contains(r.log.String(), "screen login") {
			t.Error("rule: trouble is logged")
		}
		return []*browser{desk}
	}},
	{"a screen that is logged in allows another one", func(t *testing.T, r *rig, g *Gate) []*browser {
		first, second := r.desk(), r.desk()
		r.screenLogin(first, r.phone("mei"), g, "/me")
		r.isPage("only phones allow", first.opens(r.auth, second.code(second.get(g, "/me"))), "phone-expired")
		return []*browser{second}
	}},
	{"codes that never were any", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		desk.get(g, "/me")
		state := r.auth.keys.NewState(r.now(), 1, false, "b", r.auth.public)
		for _, code := range []string{"", "x", strings.Repeat("0", 53), strings.Repeat("z", 53), strings.Repeat("A", 5000), state, "%00", "../../me"} {
			if out := phone.atScreens(r.auth, "GET", "/wechat/screen?s="+code, "", nil); kindOfPage(out) != "phone-expired" {
				t.Errorf("rule: %.20q is no code: %d %q", code, out.Status, kindOfPage(out))
			}
			desk.atScreens(r.auth, "POST", "/wechat/screen", "number=0000&s="+code, nil)
			desk.atScreens(r.auth, "POST", "/wechat/screen", "answer=allow&s="+code, nil)
		}
		return []*browser{desk}
	}},
}

func (b *browser) copy() *browser {
	other := *b
	other.cookies = map[string]string{}
	for name, value := range b.cookies {
		other.cookies[name] = value
	}
	return &other
}

// dropSession is what time does to a session.
func (b *browser) dropSession() {
	for name := range b.cookies {
		if strings.Contains(name, "wechat_session") {
			delete(b.cookies, name)
		}
	}
}

// without fails unless a phone has to log in.
func (b *browser) without(g *Gate) *browser {
	if out := b.get(g, "/me"); out.Status != http.StatusFound {
		b.rig.t.Errorf("rule: a phone that was logged out has to log in: %d", out.Status)
	}
	other := b.rig.desk()
	return other
}

// downStore is a shared store that can fail.
type downStore struct {
	scs.Store
	down atomic.Bool
}

var errStoreDown = errors.New("store is down")

func (s *downStore) Find(key string) ([]byte, bool, error) {
	if s.down.Load() {
		return nil, false, errStoreDown
	}
	return s.Store.Find(key)
}

func (s *downStore) Commit(key string, b []byte, expiry time.Time) error {
	if s.down.Load() {
		return errStoreDown
	}
	return s.Store.Commit(key, b, expiry)
}

func TestAttacksOnScreensEndWithoutASession(t *testing.T) {
	sessions := 0
	for _, a := range screenAttacks {
		t.Run(a.rule, func(t *testing.T) {
			r := newScreenRig(t, func(c *Config) { c.Cache = &downStore{Store: session.NewMemory()} })
			g := r.gate(ModeRequire)
			for _, b := range a.run(t, r, g) {
				if u := b.user(g, "/me"); u != nil {
					sessions++
					t.Errorf("rule: %s: 0 sessions, and there is one of %s", a.rule, u)
				}
			}
		})
	}
	t.Logf("%d attacks, %d sessions", len(screenAttacks), sessions)
}

// Ten thousand guesses at once, over three nodes that share a store.
func TestDigitsAreGuessedOverThreeNodes(t *testing.T) {
	cache := session.NewMemory()
	r := newScreenRig(t, func(c *Config) { c.Cache, c.Sessions = cache, manager(session.NewMemory()) })
	g := r.gate(ModeRequire)
	nodes := []*Auth{r.auth}
	for range 2 {
		other := r.instance(func(c *Config) { c.ScreenLogin, c.Cache, c.Sessions = true, cache, r.auth.config.Sessions })
		other.Screens()
		nodes = append(nodes, other)
	}
	desk, phone := r.desk(), r.phone("mei")
	digits := phone.allows(r.auth, desk.code(desk.get(g, "/me")))
	form := desk.get(g, "/me")
	var logins atomic.Int32
	var wait sync.WaitGroup
	for i := range 10_000 {
		number := fmt.Sprintf("%04d", i)
		if number == numberOn(digits) {
			continue
		}
		copied := desk.copy()
		wait.Go(func() {
			if out := copied.posts(nodes[i%3], form, nil, "number", number); strings.Contains(strings.Join(out.Header.Values("Set-Cookie"), ";"), "session=") {
				logins.Add(1)
			}
		})
	}
	wait.Wait()
	for i, node := range nodes {
		if out := desk.posts(node, form, nil, "number", numberOn(digits)); out.Status == http.StatusSeeOther && desk.user(g, "/me") != nil {
			t.Errorf("rule: after the guesses the right digits are too late at node %d", i)
		}
	}
	if logins.Load() != 0 {
		t.Errorf("rule: no guess logs in: %d", logins.Load())
	}
}

func TestAnotherNodeAnswers(t *testing.T) {
	cache, sessions := session.NewMemory(), manager(session.NewMemory())
	on := func(c *Config) { c.ScreenLogin, c.Cache, c.Sessions = true, cache, sessions }
	r := newScreenRig(t, on)
	second, third := r.instance(on), r.instance(on)
	second.Screens()
	third.Screens()
	g1, g3 := r.gate(ModeRequire), NewGate(ModeRequire, third)
	desk, phone := r.desk(), r.phone("mei")
	digits := phone.allows(second, desk.code(desk.get(g1, "/me")))
	form := desk.get(g3, "/me")
	r.isPage("a third node knows", form, "screen-number")
	desk.arrives(desk.posts(second, form, nil, "number", numberOn(digits)))
	if desk.user(g1, "/me") == nil {
		t.Error("rule: page, phone and digits may each reach another node")
	}
}

func TestAMillionWaitingPagesKeepNothing(t *testing.T) {
	cache := session.NewMemory()
	r := newScreenRig(t, func(c *Config) { c.Cache = cache })
	g := r.gate(ModeRequire)
	held := func() (bytes uint64) {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	h := http.Header{"User-Agent": {atDesk}, "Accept": {"text/html"}}
	show := func(n int) {
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				for range n / 4 {
					v := &visit{gate: g, auth: r.auth, ctx: t.Context(), asked: Request{Method: "GET", Target: "/me", Host: "app.example.com", TLS: true, Header: h}, now: r.now()}
					v.request = &v.asked
					v.locate()
					v.applyScope()
					if !v.readScreen() || v.screen.state != screenWaiting || len(v.screen.code) != 53 {
						t.Error("not a waiting page")
						return
					}
					v.keepShown()
				}
			})
		}
		wait.Wait()
	}
	show(1000)
	if page := r.desk().get(g, "/me"); kindOfPage(page) != "screen-wait" { // the same, with its HTML
		t.Fatal(kindOfPage(page))
	}
	before := held()
	show(1_000_000)
	if after := held(); after > before+256<<10 {
		t.Errorf("rule: a page that waits keeps nothing: %d bytes more after a million", after-before)
	}
	if cache.Held() != 0 || r.auth.sessions.PrivateStore().Held() != 0 || r.auth.screens.codes.Len() != 0 {
		t.Errorf("rule: neither in a store: %d, %d, %d", cache.Held(), r.auth.sessions.PrivateStore().Held(), r.auth.screens.codes.Len())
	}
}

func TestOnePersonCannotFillTheStore(t *testing.T) {
	cache := session.NewMemory()
	r := newScreenRig(t, func(c *Config) { c.Cache = cache })
	g := r.gate(ModeRequire)
	phone := r.phone("mei")
	phone.login(g, "/me")
	before, last := cache.Held(), ""
	for range 100 {
		desk := r.desk()
		last = kindOfPage(phone.opens(r.auth, desk.code(desk.get(g, "/me"))))
	}
	if kept := cache.Held() - before; kept > 20 || last != "unavailable" {
		t.Errorf("rule: a phone makes the server keep at most 20 codes in ten minutes: %d, %s", kept, last)
	}
}

func TestTwoTabsAreRedeemedAtOnce(t *testing.T) {
	r := newScreenRig(t)
	g := r.gate(ModeRequire)
	desk, phone := r.desk(), r.phone("mei")
	r.screenLogin(desk, phone, g, "/me")
	desk.dropSession()
	phone.allows(r.auth, desk.code(desk.get(g, "/me")))
	var logins atomic.Int32
	var wait sync.WaitGroup
	for range 20 {
		tab := desk.copy()
		wait.Go(func() {
			out := tab.get(g, "/me")
			if strings.Contains(strings.Join(out.Header.Values("Set-Cookie"), ";"), "wechat_session") {
				logins.Add(1)
			} else if kind := kindOfPage(out); kind != "screen-wait" && kind != "screen-number" && out.Status != 303 {
				t.Errorf("rule: the other tabs wait: %d %s", out.Status, kind)
			}
		})
	}
	wait.Wait()
	if logins.Load() != 1 {
		t.Errorf("rule: an answer makes one session: %d", logins.Load())
	}
}

// Every combination of facts at Config.ScreenPath.
func TestDecideScreenKeepsEveryInvariant(t *testing.T) {
	n := 0
	for asks := range screenAsks {
		for note := screen.Untouched; note <= screen.Spent; note++ {
			for bits := range 128 {
				f := screenFacts{
					asks: asks, note: note, valid: bits&1 != 0, fresh: bits&2 != 0, own: bits&4 != 0, mine: bits&8 != 0, signed: bits&16 != 0, window: bits&32 != 0, phone: bits&64 != 0,
				}
				n++
				s := decideScreen(f)
				for rule, holds := range map[string]bool{
					"knowing a code is worth nothing: only the browser that shows it tries numbers and hears its state": s != tryNumber && s != tellState || f.own && f.valid,
					"a number is tried only from a form of this site":                                                   s != tryNumber || f.signed && f.asks == asksNumber,
					"only the person whose phone came first allows, refuses or sees digits":                             s != allowScreen && s != denyScreen && s != showNumber && s != askPerson && s != sayRefused || f.mine,
					"only the form that this phone was shown allows or refuses":                                         s != allowScreen && s != denyScreen || f.signed && f.valid,
					"an allow is an answer to a question":                                                               s != allowScreen || f.asks == asksAllow && f.note == screen.Scanned,
					"opening a code is never an answer":                                                                 f.asks != asksOpen || s != allowScreen && s != denyScreen && s != tryNumber,
					"a screen, or a website's login, never stands in for a phone":                                       f.phone || s != scanCode && s != allowScreen && s != denyScreen && s != showNumber && s != askPerson,
					"WeChat's own page is offered in a window, where there is a website application":                    s != goToWebsite || f.asks == asksWebsite && f.valid && f.window,
					"only a fresh code that nobody opened is noted":                                                     s != scanCode || f.valid && f.fresh && f.note == screen.Untouched && f.asks == asksOpen,
					"nothing is decided in a frame or for a prefetch":                                                   f.window || s == tellState || s == tryNumber || s == sayOver || s == leaveFrame,
					"a browser does not allow itself":                                                                   !f.own || s == tellState || s == tryNumber || s == ordinaryLogin || s == goToWebsite || s == sayOver || s == leaveFrame,
					"what is spent, locked or refused stays so":                                                         f.note != screen.Spent && f.note != screen.Locked && f.note != screen.Denied || s != allowScreen && s != denyScreen && s != showNumber && s != askPerson && s != scanCode,
					"a code of another site is over":                                                                    f.valid || s == sayOver,
					"WeChat's own page is a window's, where there is a website application":                             s != goToWebsite || f.asks == asksWebsite && f.valid && f.window,
					"there is a step": s < screenSteps,
				} {
					if !holds {
						t.Fatalf("rule: %s\n\tfacts %+v\n\tstep  %d", rule, f, s)
					}
				}
			}
		}
	}
	t.Logf("%d combinations", n)
}
