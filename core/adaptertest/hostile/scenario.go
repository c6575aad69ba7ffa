package hostile

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
)

const (
	orders = "/engine/orders/7"
	asked  = orders + "?x=1" // the default page of a step
	prompt = "/apart/profile"
	base   = "snsapi_base"
	info   = "snsapi_userinfo"

	scanned = "snsapi_login" // the one scope of a website application
)

// scenario is one case: two people with a browser each, on a site that no other
// browser uses in the meantime.
type scenario struct {
	*site
	t        *testing.T
	mei, jun *visitor // mei has the binding cookie K1, jun has K2
	values   map[string]string
	secrets  []string // codes and states that no body and no log line may show
	logged   int      // size of the log at the beginning
	record   *recorder
}

// scenario begins after mei's browser was redirected from the page to WeChat: it holds
// the binding cookie K1, and WeChat was given the state S1.
func (st *site) scenario(t *testing.T, record *recorder) *scenario {
	s := &scenario{
		site: st, t: t, mei: st.visitor("mei"), jun: st.visitor("jun"),
		values: map[string]string{}, logged: st.logs.size(), record: record,
	}
	s.secrets = []string{secret, secondSecret, websiteSecret}
	s.values["S1"] = s.begin(s.mei, asked)
	s.values["K1"], s.values["K1value"] = s.mei.pair(bindingCookie), s.binding(s.mei)
	return s
}

// end checks what only shows afterwards: log lines, calls and goroutines.
func (s *scenario) end() {
	s.t.Helper()
	text := s.logs.since(s.logged)
	for _, secret := range append(s.wechat.secrets(), append(s.secrets, s.sim.OpenID(s.way.appID, "mei"), s.sim.OpenID(s.way.appID, "jun"))...) {
		if secret != "" && strings.Contains(text, secret) {
			s.t.Errorf("a log line shows %.12s…: %s", secret, text)
		}
	}
	if strings.Contains(text, "panic") && !strings.Contains(text, "panic of type") {
		s.t.Errorf("something panicked: %s", text)
	}
	if others := s.wechat.otherHosts(); len(others) > 0 {
		s.t.Errorf("a call went to a host that is not WeChat: %q", others)
	}
	if s.shared {
		return
	}
	if err := settle(s.base); err != nil {
		s.t.Error(err)
	}
}

// begin starts a login and returns the state that WeChat is given.
func (s *scenario) begin(v *visitor, target string) string {
	s.t.Helper()
	a := s.roundTrip(v.node, v.raw(request{target: target}))
	v.jar.Keep(a.Header)
	if a.outcome != outRestart {
		s.t.Fatalf("a first visit to %s: %s, want a start: %v", target, a.outcome, a.Answer)
	}
	state := authorize(a).state
	s.secrets = append(s.secrets, state)
	return state
}

// login logs a browser in, on a page that no step uses.
func (s *scenario) login(v *visitor, page string) {
	s.t.Helper()
	s.begin(v, page)
	a := s.roundTrip(v.node, v.raw(request{target: page}))
	v.jar.Keep(a.Header)
	back := s.consent(v, a)
	if a = s.roundTrip(v.node, v.raw(request{target: back})); a.outcome != outLogin {
		s.t.Fatalf("logging in: %s: %v", a.outcome, a.Answer)
	}
	s.firstSeen(a.newSession())
	v.jar.Keep(a.Header)
}

// consent follows a redirect to WeChat, allows the login where WeChat asks, and returns
// the target of the callback.
func (s *scenario) consent(v *visitor, start *result) (target string) {
	s.t.Helper()
	to, _, _ := strings.Cut(start.Header.Get("Location"), "#")
	a := v.atWeChat(s.t, s.simURL, "GET", strings.TrimPrefix(to, s.simURL), "")
	if form, ok := rawhttp.ConsentForm(a.Body, v.person); ok {
		a = v.atWeChat(s.t, s.simURL, "POST", s.way.reply, form)
	}
	back, ok := strings.CutPrefix(a.Header.Get("Location"), public)
	if !ok {
		s.t.Fatalf("WeChat sends back to %q: %.300s", a.Header.Get("Location"), a.Body)
	}
	_, query, _ := strings.Cut(back, "?")
	q, _ := url.ParseQuery(query)
	for _, name := range []string{"code", "state"} {
		if all := q[name]; len(all) > 0 {
			s.secrets = append(s.secrets, all[len(all)-1])
		}
	}
	return back
}

func (s *scenario) binding(v *visitor) string {
	_, value, _ := strings.Cut(v.pair(bindingCookie), "=")
	id, _, _ := strings.Cut(value, ".")
	return id
}

func (s *scenario) errorf(format string, args ...any) {
	s.t.Helper()
	s.t.Errorf("%s", fmt.Sprintf(format, args...))
}
