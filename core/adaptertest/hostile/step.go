package hostile

import (
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
)

// step is one request and the outcome that it must have. The strings may hold names of
// values in braces; values.go lists them.
type step struct {
	as     string // which browser: "K1" (default), "none", "session", "K2", "jun's session"
	method string
	target string // the request target; one that begins with ? gets the default path
	host   string
	cookie string // instead of the browser's cookies
	head   []string
	body   string
	tail   string // sent after the header, without a Content-Length
	node   int

	want    string // such as "RESTART -> LOGIN"; alternatives with |
	page    string // where the login ends; default /engine/orders/7?x=1
	lands   string // outcome of that page; default PASS
	who     string // who is logged in afterwards; default mei after LOGIN, otherwise as before
	scope   string // scope that WeChat is asked for; default silent
	attempt int    // attempt in a restart's state; default one more than in the step's state
	spent   int    // codes exchanged by this request alone
	newK    bool   // the answer sets a new binding cookie although one was sent
}

// do sends one request and checks the outcome.
func (s *scenario) do(h step) {
	s.t.Helper()
	v := s.who(h.as)
	v.node = s.nodes[h.node]
	h.page = s.page(h)
	h.target = s.place(h.target)
	q := request{method: h.method, target: h.target, host: h.host, body: s.fill(h.body), tail: h.tail, cookie: s.fill(h.cookie)}
	for _, line := range h.head {
		q.head = append(q.head, s.fill(line))
	}
	before := s.identity(v)
	_, writes := s.store.counts()
	codes := len(s.wechat.exchanged())
	a := s.send(v, q)
	if first, _, _ := strings.Cut(h.want, " -> "); !fits(a.outcome, first) {
		s.errorf("%.200q\ngot %s, want %s: %v", h.target, a.outcome, first, a.Answer)
		return
	}
	if n := len(s.wechat.exchanged()) - codes; n != h.spent && a.outcome != outDrop && (!strings.Contains(h.want, "|") || n > h.spent) {
		s.errorf("%.200q: %d codes exchanged, want %d", h.target, n, h.spent)
	}
	if _, now := s.store.counts(); now != writes && a.outcome != outLogin {
		s.errorf("%.200q: %s wrote to the session store", h.target, a.outcome)
	}
	if n := len(s.wechat.exchanged()) - codes; n == 0 && a.err == nil {
		s.mu.Lock()
		s.local = append(s.local, a.took)
		s.mu.Unlock()
	}
	person := h.who
	switch {
	case person != "":
	case a.outcome == outLogin:
		person = "mei"
	default:
		person = before
	}
	s.checkOutcome(h, v, q, a)
	if got := s.identity(v); got != person {
		s.errorf("%.200q: the browser is now logged in as %q, want %q", h.target, got, person)
	}
	_, then, more := strings.Cut(h.want, " -> ")
	switch {
	case a.outcome == outLogin || a.outcome == outClean && person != "":
		s.land(h, v)
	case a.outcome == outRestart && more:
		s.comeBack(h, v, a, then)
	}
}

// place is a target with the default path, the values, and what WeChat adds.
func (s *scenario) place(text string) string { return s.account.fromWeChat(s.fill(withPath(text))) }

// page is where the login of a step ends.
func (s *scenario) page(h step) string {
	switch h.page {
	case "":
		return asked
	case h.target: // nothing in it is WeChat's
		return s.place(h.page)
	}
	return s.fill(withPath(h.page))
}

func withPath(text string) string {
	if strings.HasPrefix(text, "?") {
		return orders + text
	}
	return text
}

// who is the browser of a step.
func (s *scenario) who(as string) *visitor {
	s.t.Helper()
	switch as {
	case "", "K1":
		return s.mei
	case "none":
		return s.visitor("mei")
	case "session":
		s.login(s.mei, "/engine/first")
		return s.mei
	case "K2":
		s.value("K2")
		return s.jun
	case "jun's session":
		s.mei.person = "jun"
		s.login(s.mei, "/engine/first")
		s.mei.person = "mei"
		return s.mei
	}
	s.t.Fatalf("there is no browser %q", as)
	return nil
}

// send sends a request, keeps the cookies, and checks the invariants.
func (s *scenario) send(v *visitor, q request) *result {
	s.t.Helper()
	a := s.roundTrip(v.node, v.raw(q))
	s.checkInvariants(a)
	v.jar.Keep(a.Header)
	s.checkCookies(v)
	s.record.note(s, q.target, a)
	return a
}

// get is a page navigation.
func (s *scenario) get(v *visitor, target string) *result {
	s.t.Helper()
	return s.send(v, request{target: target})
}

// identity is who is logged in on this browser; "" for an anonymous visitor.
func (s *scenario) identity(v *visitor) string {
	s.t.Helper()
	a := s.roundTrip(v.node, v.raw(request{target: "/engine/whoami", head: []string{"Accept: application/json"}}))
	switch a.outcome {
	case outRefuse:
		return ""
	case outPass:
		r, err := report.Of(a.Answer)
		if err != nil {
			s.t.Fatal(err)
		}
		return s.person(r)
	}
	s.t.Fatalf("asking who it is: %s: %v %v", a.outcome, a.Answer, a.err)
	return ""
}

// person is the user in a report: "mei", "jun" or an unknown openid.
func (s *scenario) person(r *report.Report) string {
	for _, id := range []string{"mei", "jun"} {
		if r.Context.OpenID == s.sim.OpenID(s.way.appID, id) {
			return id
		}
	}
	return r.Context.OpenID
}

// land asks for the page that a login ended on.
func (s *scenario) land(h step, v *visitor) {
	s.t.Helper()
	want := h.lands
	if want == "" {
		want = outPass
	}
	a := s.get(v, h.page)
	if !fits(a.outcome, want) {
		s.errorf("the page after the login is %s, want %s: %v", a.outcome, want, a.Answer)
		return
	}
	if a.outcome == outPass {
		if r, err := report.Of(a.Answer); err != nil || string(r.Target) != h.page {
			s.errorf("asked for %q, ended on %q, %v", h.page, r.Target, err)
		}
	}
}

// comeBack goes to WeChat and back, and checks the outcome of the callback.
func (s *scenario) comeBack(h step, v *visitor, start *result, want string) {
	s.t.Helper()
	codes := len(s.wechat.exchanged())
	back := s.consent(v, start)
	a := s.get(v, back)
	if !fits(a.outcome, want) {
		s.errorf("coming back from WeChat: %s, want %s: %v", a.outcome, want, a.Answer)
		return
	}
	if a.outcome == outDrop {
		return
	}
	if n := len(s.wechat.exchanged()) - codes; n != 1 {
		s.errorf("coming back from WeChat: %d codes exchanged, want 1", n)
	}
	h.target = back
	s.checkOutcome(h, v, request{}, a)
	if got := s.identity(v); got != v.person {
		s.errorf("coming back from WeChat logs in %q, want %q", got, v.person)
	}
	if a.outcome == outLogin {
		s.land(h, v)
	}
}

// immediate is longer than any answer takes that does not wait for WeChat, even on a
// slow machine.
const immediate = 2 * time.Second
