package hostile

import (
	"fmt"
	"log"
	"slices"
	"sync"
	"testing"

	"github.com/seed467724c4/wechat/core/adaptertest"
)

// TwoAccounts builds an app with gates of two accounts, one inside the other. The
// outer gate is on the whole app: Require made with outer.Options. The inner gate is on
// /second/...: Require made with inner.Options. The handler behind both answers with
// inner.Serve. It returns what an [adaptertest.App] returns.
type TwoAccounts func(outer, inner *adaptertest.Harness) (baseURL string, stop func(), err error)

// Run sends an app the requests that go wrong in real logins, and those of an
// attacker: callbacks delivered twice, late, to another page or to another browser;
// states, codes and cookies that are forged, cut, doubled or encoded in odd ways;
// queries of the app's own that use the same names; failures of WeChat and of the
// session store. Each row names the outcome in these words:
//
//	LOGIN       303 to the page that was asked for, with a new session
//	CLEAN       303 to that page, without a new session
//	PASS        the request reaches the handler as it was sent
//	RESTART     302 to WeChat for the same page, with the attempt counted
//	REFUSE-401  a problem document; no login starts
//	PAGE-n      a page with status n and one link; nothing of the request is in it
//	DROP        refused as a request, before the session is read
//	ROUTER      the framework's own answer
//
// "A -> B" means A at once, and B when the visitor comes back from WeChat. "A|B" means
// either of them.
//
// Nine invariants are checked on every row:
//
//   - no visitor is logged in as another person;
//   - a code is exchanged only with a state of this browser;
//   - every Location leads to the site or to WeChat;
//   - every answer of this library says no-store and no-referrer;
//   - no code, state, secret or token is in a body or in a log line;
//   - no goroutine is left behind;
//   - the library sets at most two cookies, below 1,600 bytes together;
//   - every answer comes in time;
//   - only a login writes to the session store.
//
// The tests of this package also check that the three adapters of this module give the
// same answers.
//
// Everything runs twice: with core's private sessions, and with a session manager of
// the app's own.
func Run(t *testing.T, app adaptertest.App, two TwoAccounts) { RunOver(t, ownAccount, app, two) }

// RunOver is [Run] over another kind of account.
func RunOver(t *testing.T, account Account, app adaptertest.App, two TwoAccounts) {
	logs := &logBuffer{}
	former := log.Writer()
	log.SetOutput(logs) // net/http reports panics there
	t.Cleanup(func() { log.SetOutput(former) })
	for _, kind := range []string{privateStore, ownStore} {
		t.Run(kind, func(t *testing.T) {
			st := newSite(t, account, app, two, kind, logs)
			st.table(t, nil)
			t.Run("good links", func(t *testing.T) { goodLinks(t, st) })
			t.Run("bad links", func(t *testing.T) { badLinks(t, st) })
			t.Run("fifty tabs", func(t *testing.T) { fiftyTabs(t, st) })
		})
	}
	before := goroutines()
	t.Run("what waits for a time limit", func(t *testing.T) { slowRows(t, account, app, logs) })
	if err := settle(before); err != nil {
		t.Error(err)
	}
}

// RunByScan is [Run] for visitors at a desktop browser, who log in with a website
// application (core.Config.Website). It leaves out the row about two accounts, and those
// that scan login does not have: upgrades of a silent session and snapshot pages.
func RunByScan(t *testing.T, app adaptertest.App) {
	account := ownAccount
	account.scan = true
	RunOver(t, account, app, nil)
}

const (
	privateStore = "private sessions"
	ownStore     = "the app's own sessions"
)

// row is one row of the table.
type row struct {
	number  int
	rule    string
	differs string // why the outcome is not the one that a reader expects
	slow    bool   // waits for a time limit; these rows run concurrently, at the end
	onlyOwn bool   // needs a session store that the test can break
	inside  string // why the row only holds inside WeChat, and not for scan login
	steps   []step
	run     func(*scenario) // instead of steps
}

func (r row) name() string { return fmt.Sprintf("%03d %s", r.number, r.rule) }

// table is all rows, in the order of their numbers.
func table() []row {
	return slices.Concat(deliveryRows, queryRows, gateRows, stateRows, codeRows, requestRows, sessionRows, upstreamRows)
}

// table runs the rows that do not wait for a time limit. With a record, it writes
// down all answers.
func (st *site) table(t *testing.T, record *Transcript) {
	for _, r := range table() {
		if !r.slow && st.has(r) {
			t.Run(r.name(), func(t *testing.T) { st.run(t, r, record) })
		}
	}
	st.quick(t)
}

// slowRows runs the other rows, concurrently and each on a site of its own.
func slowRows(t *testing.T, account Account, app adaptertest.App, logs *logBuffer) {
	var all sync.WaitGroup
	for _, kind := range []string{privateStore, ownStore} {
		for _, r := range table() {
			if r.slow && !(r.onlyOwn && kind == privateStore) && !(r.inside != "" && account.scan) {
				all.Go(func() {
					t.Run(r.name()+", "+kind, func(t *testing.T) {
						st := newSite(t, account, app, nil, kind, logs)
						st.shared = true
						st.run(t, r, nil)
					})
				})
			}
		}
	}
	all.Wait()
}

// has is false for rows that break the session store when core keeps the sessions in
// its own memory, because the test cannot reach that store, and for rows that scan login
// does not have.
func (st *site) has(r row) bool {
	return (!r.onlyOwn || st.store != nil) && (r.inside == "" || !st.account.scan)
}

func (st *site) run(t *testing.T, r row, record *Transcript) {
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
		s := st.scenario(t, record.of(st.kind, r, 0))
		r.run(s)
		s.end()
	}
	for i, h := range r.steps {
		s := st.scenario(t, record.of(st.kind, r, i))
		s.do(h)
		s.end()
		if t.Failed() {
			return
		}
	}
}

// quick logs how fast the answers without a call to WeChat are. It sets no limit,
// because a limit would measure the machine.
func (st *site) quick(t *testing.T) {
	if len(st.local) == 0 {
		return
	}
	slices.Sort(st.local)
	t.Logf("%d answers without a call to WeChat, half of them within %v", len(st.local), st.local[len(st.local)/2])
}
