package hostile

import (
	"fmt"
	"log"
	"slices"
	"sync"
	"testing"

	"github.com/seed467724c4/wechat/core/adaptertest"
)

// TwoAccounts builds an app with a gate of each of two accounts, one inside the
// other: outside, on everything, Require made with outer.Options; inside it, on
// /second/..., Require made with inner.Options, and behind both a handler that
// answers with inner.Serve. It returns what an [adaptertest.App] returns.
type TwoAccounts func(outer, inner *adaptertest.Harness) (baseURL string, stop func(), err error)

// Run sends an app the requests that logins through WeChat really meet, and
// those that somebody makes up: callbacks delivered twice, late, to another page
// or another browser; states, codes and cookies that are forged, cut, doubled or
// encoded in odd ways; queries of the app's own that use the same names; WeChat
// and the session store failing. Each row says what must become of it, in these
// words:
//
//	LOGIN       303 to the page that was asked for, with a new session
//	CLEAN       303 to that page, and nothing else
//	PASS        the request reaches the handler as it was sent
//	RESTART     302 to WeChat for that same page, one attempt more
//	REFUSE-401  a problem document; nothing started
//	PAGE-n      a page with one link, and nothing of the request in it
//	DROP        refused for what it is as a request, before any session work
//	ROUTER      the framework's own answer
//
// "A -> B" is A at once, and B when the visitor comes back from WeChat.
//
// Ten invariants are looked after on every row: nobody is ever somebody else; no
// code is exchanged but with a state of this browser; every Location is the site's
// or WeChat's; every answer of ours says no-store and no-referrer; no code, state,
// secret or token is in a body or a log line; no goroutine is left behind; at
// most two cookies, below 1,600 bytes; an answer in time; and nothing is written
// to the session store but by a login. That the answers are the same whichever
// adapter gives them is tried beside this package's own tests, over all three.
//
// All of it runs twice: with core's private sessions, and with a session manager
// of the app's own over another store.
func Run(t *testing.T, app adaptertest.App, two TwoAccounts) {
	logs := &logBuffer{}
	former := log.Writer()
	log.SetOutput(logs) // where net/http reports panics
	t.Cleanup(func() { log.SetOutput(former) })
	for _, kind := range []string{privateStore, ownStore} {
		t.Run(kind, func(t *testing.T) {
			st := newSite(t, app, two, kind, logs)
			st.table(t, nil)
			t.Run("good links", func(t *testing.T) { goodLinks(t, st) })
			t.Run("bad links", func(t *testing.T) { badLinks(t, st) })
			t.Run("fifty tabs", func(t *testing.T) { fiftyTabs(t, st) })
		})
	}
	before := goroutines()
	t.Run("what waits for a time limit", func(t *testing.T) { slowRows(t, app, logs) })
	if err := settle(before); err != nil {
		t.Error(err)
	}
}

const (
	privateStore = "private sessions"
	ownStore     = "the app's own sessions"
)

// row is one line of the table.
type row struct {
	number  int
	rule    string
	differs string // why the library answers in another way than was asked of it
	slow    bool   // waits for a time limit; such rows run at once, at the end
	onlyOwn bool   // needs a store that can be spoiled
	steps   []step
	run     func(*scenario) // instead of steps
}

func (r row) name() string { return fmt.Sprintf("%03d %s", r.number, r.rule) }

// table is in the order of the numbers.
func table() []row {
	return slices.Concat(deliveryRows, queryRows, gateRows, stateRows, codeRows, requestRows, sessionRows, upstreamRows)
}

// table plays what does not have to wait; with a record, it writes down all answers.
func (st *site) table(t *testing.T, record *transcript) {
	for _, r := range table() {
		if !r.slow && st.has(r) {
			t.Run(r.name(), func(t *testing.T) { st.run(t, r, record) })
		}
	}
	st.quick(t)
}

// slowRows plays the others, all at once and each on a stage of its own.
func slowRows(t *testing.T, app adaptertest.App, logs *logBuffer) {
	var all sync.WaitGroup
	for _, kind := range []string{privateStore, ownStore} {
		for _, r := range table() {
			if r.slow && !(r.onlyOwn && kind == privateStore) {
				all.Go(func() {
					t.Run(r.name()+", "+kind, func(t *testing.T) {
						st := newSite(t, app, nil, kind, logs)
						st.shared = true
						st.run(t, r, nil)
					})
				})
			}
		}
	}
	all.Wait()
}

// has leaves out the rows about a store that is down or holds nonsense where core
// alone writes the sessions, in its own memory.
func (st *site) has(r row) bool { return !r.onlyOwn || st.store != nil }

func (st *site) run(t *testing.T, r row, record *transcript) {
	defer func() {
		if !t.Failed() {
			return
		}
		t.Logf("rule %d: %s", r.number, r.rule)
		if r.differs != "" {
			t.Logf("differs: %s", r.differs)
		}
	}()
	st.base = goroutines()
	if r.run != nil {
		s := st.scenario(t, record.of(r.number, 0))
		r.run(s)
		s.end()
	}
	for i, h := range r.steps {
		s := st.scenario(t, record.of(r.number, i))
		s.do(h)
		s.end()
		if t.Failed() {
			return
		}
	}
}

// quick tells how soon answers come that need no call to WeChat; a limit would
// judge the machine.
func (st *site) quick(t *testing.T) {
	if len(st.local) == 0 {
		return
	}
	slices.Sort(st.local)
	t.Logf("%d answers without a call to WeChat, half of them within %v", len(st.local), st.local[len(st.local)/2])
}
