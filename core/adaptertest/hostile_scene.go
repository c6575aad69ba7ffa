package adaptertest

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	orders = "/engine/orders/7"
	asked  = orders + "?x=1" // unless a case says otherwise
	prompt = "/apart/profile"
	base   = "snsapi_base"
	info   = "snsapi_userinfo"
)

// scene is one case: two people with a browser each, on a stage whose counters
// stand still but for them.
type scene struct {
	*stage
	t        *testing.T
	mei, jun *visitor // Alice with K1, Bob with K2
	values   map[string]string
	secrets  []string // codes and states of ours, which nothing may show
	logged   int      // where the log stood
	record   *recorder
}

// scene begins with Alice's browser sent to WeChat from the page: it has K1, and S1
// was issued to it.
func (st *stage) scene(t *testing.T, record *recorder) *scene {
	s := &scene{
		stage: st, t: t, mei: st.visitor("mei"), jun: st.visitor("jun"),
		values: map[string]string{}, logged: st.book.size(), record: record,
	}
	s.secrets = []string{secret, secondSecret}
	s.values["S1"] = s.begin(s.mei, asked)
	s.values["K1"], s.values["K1value"] = s.mei.pair(bindingCookie), s.binding(s.mei)
	return s
}

// end looks at what only shows afterwards.
func (s *scene) end() {
	s.t.Helper()
	text := s.book.since(s.logged)
	for _, secret := range append(s.out.secrets(), append(s.secrets, s.sim.OpenID(appID, "mei"), s.sim.OpenID(appID, "jun"))...) {
		if secret != "" && strings.Contains(text, secret) {
			s.t.Errorf("a log line shows %.12s…: %s", secret, text)
		}
	}
	if strings.Contains(text, "panic") && !strings.Contains(text, "panic of type") {
		s.t.Errorf("something panicked: %s", text)
	}
	if others := s.out.strangers(); len(others) > 0 {
		s.t.Errorf("a call went to %q", others)
	}
	if s.shared {
		return
	}
	if err := settle(s.base); err != nil {
		s.t.Error(err)
	}
}

// begin is a plain start of a login; the state is what WeChat is given.
func (s *scene) begin(v *visitor, target string) string {
	s.t.Helper()
	a := s.fire(v.node, v.raw(request{target: target}))
	v.keep(a.header)
	if a.outcome != outRestart {
		s.t.Fatalf("a first visit to %s: %s, want a start: %v", target, a.outcome, a.answer)
	}
	state := authorize(a).state
	s.secrets = append(s.secrets, state)
	return state
}

// login goes all the way, on a page that no case uses.
func (s *scene) login(v *visitor, page string) {
	s.t.Helper()
	s.begin(v, page)
	a := s.fire(v.node, v.raw(request{target: page}))
	v.keep(a.header)
	back := s.consent(v, a)
	if a = s.fire(v.node, v.raw(request{target: back})); a.outcome != outLogin {
		s.t.Fatalf("logging in: %s: %v", a.outcome, a.answer)
	}
	s.firstSeen(a.newSession())
	v.keep(a.header)
}

// consent is what the browser comes back from WeChat with, and what WeChat asks
// for on the way.
func (s *scene) consent(v *visitor, start *shot) (target string) {
	s.t.Helper()
	to, _, _ := strings.Cut(start.header.Get("Location"), "#")
	sim := hostOf(s.simURL)
	ask := func(method, target, body string) *answer {
		a, err := once(sim, v.raw(request{method: method, target: target, host: sim, cookie: "wxsim_person=" + v.person, body: body,
			head: []string{"Content-Type: application/x-www-form-urlencoded"}}))
		if err != nil {
			s.t.Fatal(err)
		}
		return a
	}
	a := ask("GET", strings.TrimPrefix(to, s.simURL), "")
	if form := consentForm.FindSubmatch(a.body); form != nil {
		a = ask("POST", "/connect/oauth2/authorize_reply", "uuid="+string(form[1])+"&person="+v.person+"&allow=1")
	}
	back, ok := strings.CutPrefix(a.header.Get("Location"), public)
	if !ok {
		s.t.Fatalf("WeChat sends back to %q: %.300s", a.header.Get("Location"), a.body)
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

// toWeChat is what a start asks of WeChat.
type toWeChat struct{ appID, back, scope, state string }

var authorizeShape = regexp.MustCompile(`^[^?]+/connect/oauth2/authorize\?appid=([^&#]*)&redirect_uri=([^&#]*)&response_type=code&scope=([^&#]*)&state=([0-9A-Za-z]{53})#wechat_redirect$`)

// authorize reads a start; zero when it is none, or not as WeChat wants it.
func authorize(a *shot) toWeChat {
	m := authorizeShape.FindStringSubmatch(a.header.Get("Location"))
	if m == nil {
		return toWeChat{}
	}
	back, err := url.QueryUnescape(m[2])
	if err != nil {
		return toWeChat{}
	}
	return toWeChat{m[1], back, m[3], m[4]}
}

func (s *scene) binding(v *visitor) string {
	_, value, _ := strings.Cut(v.pair(bindingCookie), "=")
	id, _, _ := strings.Cut(value, ".")
	return id
}

var placeholder = regexp.MustCompile(`\{[A-Za-z0-9:=&.-]+\}`)

// fill puts values in the place of their names: {C1}, {S1}, {b64:y=2}.
func (s *scene) fill(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string { return s.value(name[1 : len(name)-1]) })
}

// value is made when it is first asked for, and stays.
func (s *scene) value(name string) string {
	s.t.Helper()
	if plain, ok := strings.CutPrefix(name, "b64:"); ok {
		return base64.RawURLEncoding.EncodeToString([]byte(plain))
	}
	if whole, n, cut := strings.Cut(name, ":"); cut { // the first n characters
		length, _ := strconv.Atoi(n)
		return s.value(whole)[:length]
	}
	if v, ok := s.values[name]; ok {
		return v
	}
	v := s.make(name)
	s.values[name] = v
	switch {
	case name == "S1old", strings.HasPrefix(name, "C"), name == "S2", name == "P1", name == "S1late", name == "S1early", name == "S1new":
		s.secrets = append(s.secrets, v)
	}
	return v
}

func (s *scene) make(name string) string {
	s.t.Helper()
	id := s.values["K1value"]
	mint := func(c coin) string {
		c.version = 1
		if c.attempt == 0 {
			c.attempt = 1
		}
		return s.forge.strike(c, id)
	}
	now := time.Now()
	switch name {
	case "C1", "C1b", "C1c":
		return s.code(s.t, appID, "mei", base)
	case "C2":
		return s.code(s.t, appID, "jun", base)
	case "CP": // with a profile
		return s.code(s.t, appID, "mei", info)
	case "S2":
		return s.begin(s.jun, asked)
	case "K2":
		s.value("S2")
		return s.jun.pair(bindingCookie)
	case "K1name":
		name, _, _ := strings.Cut(s.values["K1"], "=")
		return name
	case "K2plain": // as a sibling domain can set it
		return strings.TrimPrefix(s.value("K2"), "__Host-")
	case "P1":
		return mint(coin{prompt: true, issued: now})
	case "S1new":
		return mint(coin{issued: now.Add(2 * time.Second)})
	case "S1old":
		return mint(coin{issued: now.Add(-11 * time.Minute)})
	case "S1late":
		return mint(coin{issued: now.Add(-10*time.Minute - time.Second)})
	case "S1early":
		return mint(coin{issued: now.Add(10 * time.Minute)})
	case "S3": // the third attempt of some other browser
		return s.forge.strike(coin{version: 1, attempt: 3, issued: now}, strings.Repeat("x", 22))
	case "S1flipped":
		b, _ := undigits(s.values["S1"])
		b[1] |= 0x80
		return digits(b[:])
	case "Sforged":
		f := s.forge
		f.secret = "guessed"
		return f.strike(coin{version: 1, attempt: 1, issued: now}, id)
	case "Srenewed": // signed with the secret the account had before
		f := s.forge
		f.secret = "the former secret"
		return f.strike(coin{version: 1, attempt: 1, issued: now}, id)
	case "Saccount":
		f := s.forge
		f.appID = secondID
		return f.strike(coin{version: 1, attempt: 1, issued: now}, id)
	case "Sversion":
		return s.forge.strike(coin{version: 2, attempt: 1, issued: now}, id)
	}
	s.t.Fatalf("no value is called %s", name)
	return ""
}

// outbound is the page as redirect_uri must have it: whole, or its query carried in
// one parameter when it uses a name of WeChat's.
func outbound(page string) string {
	path, query, asks := strings.Cut(page, "?")
	if !asks {
		return page
	}
	for pair := range strings.SplitSeq(query, "&") {
		switch name, _, _ := strings.Cut(pair, "="); name {
		case "code", "state", "appid", "_wx":
			return path + "?_wx=" + base64.RawURLEncoding.EncodeToString([]byte(query))
		}
	}
	return page
}

// stateOf is the last state in a target, which counts.
func stateOf(target string) (state string) {
	_, query, _ := strings.Cut(target, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); name == "state" {
			state = value
		}
	}
	return state
}

func (s *scene) errorf(format string, args ...any) {
	s.t.Helper()
	s.t.Errorf("%s", fmt.Sprintf(format, args...))
}
