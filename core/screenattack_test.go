package core

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/screen"
	"github.com/seed467724c4/wechat/core/internal/session"
)

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
