package hostile

import (
	"slices"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
	"github.com/seed467724c4/wechat/core/wxsim"
)

const callback = "?x=1&code={C1}&state={S1}"

// deliveryRows are about callbacks that come once, twice, late, on another node or in
// another tab.
var deliveryRows = []row{
	{number: 1, rule: "a callback logs in", steps: []step{
		{target: callback, want: "LOGIN", spent: 1},
	}},
	{number: 2, rule: "a callback delivered several times at once is exchanged once, and every delivery logs in", run: deliveredTwice},
	{number: 3, rule: "if the first delivery of a callback hangs up, the second one still logs in", run: firstHangsUp},
	{number: 4, rule: "two codes with one state, delivered at once, both log in", run: twoCodesAtOnce},
	{number: 5, rule: "two codes with one state, one after the other: the second only cleans the URL", run: func(s *scenario) {
		s.do(step{target: callback, want: "LOGIN", spent: 1})
		s.do(step{target: "?x=1&code={C1b}&state={S1}", want: "CLEAN"})
	}},
	{number: 6, rule: "if the answer to a callback is lost, a second code logs in", run: func(s *scenario) {
		s.loseAnswer(callback)
		s.do(step{target: "?x=1&code={C1b}&state={S1}", want: "LOGIN", spent: 1})
	}},
	{number: 7, rule: "if the answer to a callback is lost, the same code logs in from the remembered result", run: func(s *scenario) {
		s.loseAnswer(callback)
		s.do(step{target: callback, want: "LOGIN"})
	}},
	{number: 8, rule: "a callback opened in another browser never logs in, used or not", run: func(s *scenario) {
		s.loseAnswer(callback)
		s.do(step{as: "K2", target: callback, want: "RESTART"})
		s.do(step{as: "none", target: callback, want: "RESTART"})
		s.do(step{as: "K2", target: "?x=1&code={C1b}&state={S1}", want: "RESTART"})
		// An attacker reads a used code in a log and adds a state of the own browser.
		s.do(step{as: "K2", target: "?x=1&code={C1}&state={S2}", want: "RESTART", spent: 1})
	}},
	{number: 9, rule: "a used code whose result is not remembered starts the login anew", run: func(s *scenario) {
		s.loseAnswer(callback)
		s.do(step{target: callback, node: 1, want: "RESTART -> LOGIN", spent: 1})
	}},
	{number: 10, rule: "Back or reload of a callback only cleans the URL when the visitor is logged in", run: func(s *scenario) {
		s.do(step{target: callback, want: "LOGIN", spent: 1})
		s.do(step{target: callback, want: "CLEAN"})
		s.do(step{target: callback, want: "CLEAN"})
	}},
	{number: 11, rule: "Back or reload of an old callback starts the login anew on the same page when the visitor is logged out", steps: []step{
		{target: "?x=1&code={C1}&state={S1old}", want: "RESTART -> LOGIN"},
	}},
	{number: 12, rule: "a login started on one node ends on another", steps: []step{
		{target: callback, node: 1, want: "LOGIN", spent: 1},
	}},
	{number: 13, rule: "a login survives a restart of the process", run: processRestarts},
	{number: 14, rule: "after a change of the app secret an older state is the app's own parameter, and the login starts anew", steps: []step{
		{target: "?x=1&code={C1}&state={Srenewed}", page: "?x=1&code={C1}&state={Srenewed}", want: "RESTART -> LOGIN"},
	}},
	{number: 15, rule: "two tabs on two pages each end on their own page", run: twoTabs},
	{number: 16, rule: "of two tabs that begin at once without a cookie, the one whose cookie was overwritten starts anew", run: firstVisitTwice},
}

// loseAnswer delivers a callback and drops its answer.
func (s *scenario) loseAnswer(target string) {
	s.t.Helper()
	a := s.roundTrip(s.mei.node, s.mei.raw(request{target: s.place(target)}))
	s.checkInvariants(a)
	if a.outcome != outLogin {
		s.t.Fatalf("the first delivery: %s: %v", a.outcome, a.Answer)
	}
	s.firstSeen(a.newSession())
}

// holdExchanges makes the next exchanges wait until release is called.
func (s *scenario) holdExchanges(times int) (release func()) {
	gate := make(chan struct{})
	s.sim.Fail(s.account.ExchangePath, wxsim.Fault{Wait: gate, Times: times})
	return func() {
		close(gate)
		s.sim.Clear(s.account.ExchangePath)
	}
}

// waitForExchanges waits until the exchanges of n codes have begun. since is how many
// exchanges there were before. It counts codes and not calls: on a slow machine core
// calls WeChat a second time for a code that is held too long.
func (s *scenario) waitForExchanges(n int, since int) {
	s.t.Helper()
	begun := func() int {
		codes := s.wechat.exchanged()[since:]
		slices.Sort(codes)
		return len(slices.Compact(codes))
	}
	if !eventually(rawhttp.Patience, func() bool { return begun() >= n }) {
		s.t.Fatalf("the exchanges of %d codes begin, want %d", begun(), n)
	}
}

// deliver sends callbacks concurrently, each on a connection of its own.
func (s *scenario) deliver(targets ...string) <-chan *result {
	answers := make(chan *result, len(targets))
	for _, target := range targets {
		raw := s.mei.raw(request{target: s.place(target)})
		node := s.mei.node
		go func() { answers <- s.roundTrip(node, raw) }()
	}
	return answers
}

// allLoggedIn checks that each of n answers alone sets a session of mei.
func (s *scenario) allLoggedIn(answers <-chan *result, n int) {
	s.t.Helper()
	for range n {
		a := <-answers
		s.checkInvariants(a)
		if a.outcome != outLogin {
			s.errorf("one delivery: %s: %v %v", a.outcome, a.Answer, a.err)
			continue
		}
		v := s.visitor("mei")
		v.jar.Keep(a.Header)
		if got := s.identity(v); got != "mei" {
			s.errorf("one delivery's session is of %q", got)
		}
		s.firstSeen(a.newSession())
		if to := a.Header.Get("Location"); to != public+asked {
			s.errorf("one delivery ends on %s", to)
		}
	}
}

func deliveredTwice(s *scenario) {
	codes, hooks := len(s.wechat.exchanged()), s.onLogins(nil)
	s.place(callback)
	release := s.holdExchanges(1)
	answers := s.deliver(callback, callback, callback)
	s.waitForExchanges(1, codes)
	release()
	s.allLoggedIn(answers, 3)
	s.allLoggedIn(s.deliver(callback), 1)
	if n, m := len(s.wechat.exchanged())-codes, s.onLogins(nil)-hooks; n != 1 || m != 1 {
		s.errorf("%d exchanges and %d calls of OnLogin, want one each", n, m)
	}
}

func firstHangsUp(s *scenario) {
	codes := len(s.wechat.exchanged())
	raw := s.mei.raw(request{target: s.place(callback)})
	release := s.holdExchanges(1)
	w, err := rawhttp.Dial(rawhttp.Host(s.mei.node))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := w.Write(raw); err != nil {
		s.t.Fatal(err)
	}
	s.waitForExchanges(1, codes)
	w.Close()
	answers := s.deliver(callback)
	release()
	s.allLoggedIn(answers, 1)
	if n := len(s.wechat.exchanged()) - codes; n != 1 {
		s.errorf("%d exchanges, want 1", n)
	}
}

func twoCodesAtOnce(s *scenario) {
	codes := len(s.wechat.exchanged())
	s.place(callback + "{C1b}")
	release := s.holdExchanges(2)
	answers := s.deliver(callback, "?x=1&code={C1b}&state={S1}")
	s.waitForExchanges(2, codes)
	release()
	s.allLoggedIn(answers, 2)
}

func processRestarts(s *scenario) {
	base, stop := s.node(s.t)
	s.site.nodes = s.nodes[:len(s.nodes)-1]
	v := s.visitor("mei")
	v.node = base
	a := s.get(v, asked)
	stop()
	back := s.consent(v, a)
	// The load balancer sends the browser to another process.
	v.node = s.nodes[1]
	if a = s.get(v, back); a.outcome != outLogin || a.Header.Get("Location") != public+asked {
		s.errorf("the way back ends with %s: %v", a.outcome, a.Answer)
	}
	if got := s.identity(v); got != "mei" {
		s.errorf("logged in as %q", got)
	}
}

func twoTabs(s *scenario) {
	const other = "/engine/cart?y=2"
	s.values["S1other"] = s.begin(s.mei, other)
	binding := s.values["K1"]
	s.do(step{target: other + "&code={C1b}&state={S1other}", page: other, want: "LOGIN", spent: 1})
	// The callback of the first tab was sent before the second login was answered.
	s.do(step{target: callback, cookie: binding, want: "LOGIN", spent: 1})
	// Sent after that answer, it only cleans the URL.
	s.do(step{target: "?x=1&code={C1c}&state={S1}", want: "CLEAN"})
}

func firstVisitTwice(s *scenario) {
	for _, loggedIn := range []bool{false, true} {
		v := s.visitor("mei")
		first := s.roundTrip(v.node, v.raw(request{target: asked}))
		second := s.roundTrip(v.node, v.raw(request{target: orders + "?tab=2"}))
		v.jar.Keep(first.Header)
		v.jar.Keep(second.Header) // a browser keeps the last one
		if loggedIn {
			back := s.consent(v, second)
			if a := s.get(v, back); a.outcome != outLogin {
				s.errorf("the second tab: %s", a.outcome)
			}
		}
		back := s.consent(v, first)
		a := s.get(v, back)
		if loggedIn {
			if a.outcome != outClean || a.Header.Get("Location") != public+asked {
				s.errorf("the first tab, with the second logged in: %s", a.outcome)
			}
			continue
		}
		if a.outcome != outRestart {
			s.errorf("the first tab: %s", a.outcome)
			continue
		}
		s.checkStart(step{target: back, page: asked}, v, request{}, a)
		s.comeBack(step{page: asked}, v, a, outLogin)
	}
}
