package hostile

import (
	"strings"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
	"github.com/seed467724c4/wechat/core/wxsim"
)

const upgrade = "scan login brings the profile at once: there is nothing to upgrade"

// gateRows are about gates inside gates, upgrades, and logins that never end.
var gateRows = []row{
	{number: 41, rule: "an outer gate that is satisfied finishes the login that an inner gate began", inside: upgrade, steps: []step{
		{as: "session", target: "/profile?x=1&code={CP}&state={P1}", page: "/profile?x=1", want: "LOGIN", spent: 1},
	}},
	{number: 42, rule: "two gates of one account in a chain cause one login", steps: []step{
		loginFromCold("/apart/twice?x=1"),
		{target: "/apart/twice?x=1&code={C1}&state={S1}", page: "/apart/twice?x=1", want: "LOGIN", spent: 1},
	}},
	{number: 43, rule: "an outer gate leaves another account's callback to the inner one", run: twoAccounts},
	{number: 44, rule: "Optional finishes a login", steps: []step{
		{target: "/apart/optional?x=1&code={C1}&state={S1}", page: "/apart/optional?x=1", want: "LOGIN", spent: 1},
	}},
	{
		number: 45, rule: "Optional starts no login for a state that is expired or another browser's",
		differs: "PASS at once and not CLEAN first: an inner Require has to count the attempt in the state, or a browser without cookies would be redirected without end",
		steps: []step{
			{target: "/apart/optional?x=1&code={C1}&state={S1old}", want: "PASS"},
			{target: "/apart/optional?x=1&code={C2}&state={S2}", want: "PASS"},
			{as: "none", target: "/apart/optional?x=1&code={C1}&state={S1}", want: "PASS"},
		},
	},
	{number: 46, rule: "a silent session is upgraded under a new token when a route asks for a profile", inside: upgrade, steps: []step{
		{as: "session", target: prompt + "?x=1", page: prompt + "?x=1", want: "RESTART -> LOGIN", scope: info},
		{as: "session", target: "/profile?x=1", page: "/profile?x=1", want: "RESTART -> LOGIN", scope: info},
	}},
	{number: 47, rule: "a silent callback is not enough when a route asks for a profile", inside: upgrade, steps: []step{
		{as: "session", target: prompt + "?x=1&code={C1}&state={S1old}", page: prompt + "?x=1", want: "RESTART -> LOGIN", scope: info},
		{as: "session", target: prompt + "?x=1&code={C1}&state={S1}", page: prompt + "?x=1", want: "RESTART -> LOGIN", scope: info},
	}},
	{number: 48, rule: "a visitor cannot change the scope that a state asks for", steps: []step{
		keptQuery("?x=1&code={C1}&state={S1flipped}", "RESTART -> LOGIN"),
		{target: prompt + "?x=1&code={C1}&state={S1flipped}", page: prompt + "?x=1&code={C1}&state={S1flipped}", want: "RESTART", scope: info},
	}},
	{number: 49, rule: "a failed upgrade ends on a page and keeps the session", inside: upgrade, run: upgradeFails},
	{number: 50, rule: "refusing an upgrade does not log out", inside: upgrade, steps: []step{
		{as: "session", target: prompt + "?x=1&state={P1}", page: prompt + "?x=1", want: "PAGE-403 refused"},
	}},
	{number: 51, rule: "if the session cookie never comes back, the login ends on a page that names that cookie", run: sessionNeverComesBack},
	{number: 52, rule: "if no cookie comes back, the login ends on a page that says so", run: nothingComesBack},
	{number: 53, rule: "the third attempt with another browser's state ends on a page whose link begins a new login", run: func(s *scenario) {
		s.do(step{as: "none", target: "?x=1&code={C1}&state={S3}", want: "PAGE-200 continue"})
		s.do(step{as: "none", target: "?x=1&code={C1}&state={S3}", want: "PAGE-400 stuck"})
		s.do(step{as: "none", target: asked, want: "RESTART -> LOGIN", attempt: 1})
	}},
}

func upgradeFails(s *scenario) {
	s.login(s.mei, "/engine/first")
	s.do(step{target: prompt + "?x=1&code={C1}&state={P1}", page: prompt + "?x=1", want: "PAGE-503 unavailable", spent: 1, who: "mei"})
	for _, fault := range []wxsim.Fault{{Code: -1}, {Drop: true}, {Body: "<html>"}, {Code: 48001}} {
		s.sim.Fail(wxsim.PathUserInfo, fault)
		delete(s.values, "CP")
		s.do(step{target: prompt + "?x=1&code={CP}&state={P1}", page: prompt + "?x=1", want: "PAGE-503 unavailable", spent: 1, who: "mei"})
		s.sim.Clear(wxsim.PathUserInfo)
	}
}

// round follows the redirects of a browser until it gets a page, and returns all
// outcomes on the way.
func (s *scenario) round(v *visitor, after func()) (outcomes []string, last *result) {
	s.t.Helper()
	target := asked
	for range 12 {
		a := s.get(v, target)
		after()
		outcomes = append(outcomes, a.outcome)
		switch a.outcome {
		case outRestart:
			s.secrets = append(s.secrets, authorize(a).state)
			target = s.consent(v, a)
		case outLogin:
			s.firstSeen(a.newSession())
			target = asked
		case outContinue: // the page asks for its own address once more
		default:
			return outcomes, a
		}
	}
	return outcomes, &result{Answer: &rawhttp.Answer{}}
}

func sessionNeverComesBack(s *scenario) {
	codes := len(s.wechat.exchanged())
	got, last := s.round(s.mei, func() { s.mei.forget(sessionCookie) })
	want := "RESTART LOGIN RESTART LOGIN RESTART LOGIN PAGE-400 stuck"
	if strings.Join(got, " ") != want || len(s.wechat.exchanged())-codes != 3 {
		s.errorf("%q with %d exchanges, want %q with 3", got, len(s.wechat.exchanged())-codes, want)
	}
	if !strings.Contains(string(last.Body), "SameSite") {
		s.errorf("the page does not name the session cookie: %s", last.Body)
	}
	s.checkPage(step{page: asked}, last)
}

func nothingComesBack(s *scenario) {
	codes := len(s.wechat.exchanged())
	v := s.visitor("mei")
	got, last := s.round(v, func() { v.forget("") })
	want := "RESTART RESTART RESTART PAGE-200 continue PAGE-400 stuck"
	if strings.Join(got, " ") != want || len(s.wechat.exchanged()) != codes {
		s.errorf("%q with %d exchanges, want %q and none", got, len(s.wechat.exchanged())-codes, want)
	}
	if !strings.Contains(string(last.Body), "Cookie") || strings.Contains(string(last.Body), "SameSite") {
		s.errorf("the page does not mention cookies: %s", last.Body)
	}
	s.checkPage(step{page: asked}, last)
	if _, writes := s.store.counts(); s.store != nil {
		s.round(v, func() { v.forget("") })
		if _, now := s.store.counts(); now != writes {
			s.errorf("logins in progress wrote to the session store")
		}
	}
}

func twoAccounts(s *scenario) {
	if s.two == nil {
		s.t.Log("this app has no variant with two accounts")
		return
	}
	second := s.config()
	second.AppID, second.AppSecret, second.Sessions = secondID, secondSecret, nil
	if s.kind == ownStore {
		second.Sessions = s.sessions // both accounts share one manager
	}
	outer, stopOuter := s.auth(s.t, s.config())
	inner, stopInner := s.auth(s.t, second)
	base, stop, err := s.two(adaptertest.NewHarness(outer), adaptertest.NewHarness(inner))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() {
		stop()
		stopOuter()
		stopInner()
	}()
	const page = "/second/page?x=1"
	v := s.visitor("mei")
	v.node = base
	var got, accounts []string
	target := page
	for range 6 {
		a := s.roundTrip(v.node, v.raw(request{target: target}))
		s.checkInvariants(a)
		v.jar.Keep(a.Header)
		got = append(got, a.outcome)
		if a.outcome == outRestart {
			to := authorize(a)
			accounts = append(accounts, to.appID)
			s.secrets = append(s.secrets, to.state)
			target = s.consent(v, a)
			continue
		}
		target = page
		if a.outcome != outLogin {
			if r, err := report.Of(a.Answer); err != nil || string(r.Target) != page || r.Context.OpenID != s.sim.OpenID(secondID, "mei") {
				s.errorf("the handler behind both gates: %v, %v", a.Answer, err)
			}
			break
		}
		if to := a.Header.Get("Location"); to != public+page {
			s.errorf("a login ends on %q", to)
		}
	}
	if strings.Join(got, " ") != "RESTART LOGIN RESTART LOGIN PASS" || strings.Join(accounts, " ") != appID+" "+secondID {
		s.errorf("%q with accounts %q", got, accounts)
	}
	s.checkCookies(v)
}
