package hostile

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// codeRows are about codes: missing, spent, unknown, malformed, or another person's.
var codeRows = []row{
	{number: 74, rule: "a state without a code means that the visitor refused, and shows a page to try again", steps: []step{
		{target: "?x=1&state={S1}", want: "PAGE-403 refused"},
		{as: "none", target: "?x=1&state={S1}", want: "PAGE-403 refused"},
		{as: "session", target: "?x=1&state={S1}", want: "CLEAN"},
	}},
	{number: 75, rule: "an empty code and authdeny mean that the visitor refused", steps: []step{
		{target: "?x=1&code=&state={S1}", want: "PAGE-403 refused"},
		{target: "?x=1&code&state={S1}", want: "PAGE-403 refused"},
		{target: "?x=1&code=authdeny&state={S1}", want: "PAGE-403 refused"},
	}},
	{number: 76, rule: "a code that WeChat rejects starts the login anew and shows no error", run: codesNotTaken},
	{number: 77, rule: "after three codes that WeChat rejects the visitor gets a page", run: neverTaken},
	{number: 78, rule: "an expired code starts the login anew", run: func(s *scenario) {
		s.sim.Fail(s.account.ExchangePath, wxsim.Fault{Code: 42003, Times: 1})
		s.do(step{target: callback, want: "RESTART -> LOGIN", spent: 1})
	}},
	{number: 79, rule: "a value that cannot be a code is not sent to WeChat", steps: []step{
		{target: "?x=1&code=" + strings.Repeat("c", 513) + "&state={S1}", want: "RESTART -> LOGIN"},
		{target: "?x=1&code=a%26secret%3Devil&state={S1}", want: "RESTART -> LOGIN"},
		{target: "?x=1&code=../../x&state={S1}", want: "RESTART -> LOGIN"},
		{target: "?x=1&code=a%0d%0ab&state={S1}", want: "RESTART -> LOGIN"},
		{target: "?x=1&code=a%00b&state={S1}", want: "RESTART -> LOGIN"},
		{target: "?x=1&code=%F0%9F%98%80&state={S1}", want: "RESTART -> LOGIN"},
		{target: "?x=1&code=😀&state={S1}", want: "RESTART -> LOGIN"},
		{target: "?x=1&code=" + strings.Repeat("c", 10<<10) + "&state={S1}", want: "RESTART|DROP"},
	}},
	{number: 80, rule: "code[] is not the parameter code", steps: []step{
		{target: "?x=1&code[]={C1}&state={S1}", page: "?x=1&code[]={C1}", want: "PAGE-403 refused"},
	}},
	{number: 81, rule: "an identity in the URL is the app's own parameter", steps: []step{
		{target: callback + "&openid=BOB&unionid=BOB&is_snapshotuser=0", page: "?x=1&openid=BOB&unionid=BOB&is_snapshotuser=0", want: "LOGIN", spent: 1},
	}},
	{number: 82, rule: "an error in the URL is the app's own parameter", steps: appOwn(
		"?error=access_denied&error_description=<script>", "?error=access_denied&error_description=%3Cscript%3E",
	)},
	{number: 83, rule: "an unused code with the browser's own state logs in as the owner of the code, so no code may leak", steps: []step{
		{target: "?x=1&code={C2}&state={S1}", want: "LOGIN", who: "jun", spent: 1},
	}},
}

// use spends a code outside the site.
func (s *scenario) use(code string) {
	s.t.Helper()
	if s.account.Component != "" { // it takes the platform's token to spend it
		s.sim.Fail(s.account.ExchangePath, wxsim.Fault{Code: 40163, Times: 1})
		return
	}
	r, err := http.Get(s.simURL + wxsim.PathAccessToken + "?" + url.Values{
		"appid": {s.way.appID}, "secret": {s.way.secret}, "code": {code}, "grant_type": {"authorization_code"},
	}.Encode())
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	if body, err := io.ReadAll(r.Body); err != nil || !strings.Contains(string(body), "openid") {
		s.t.Fatalf("spending a code: %s, %v", body, err)
	}
}

func codesNotTaken(s *scenario) {
	s.use(s.value("C1"))
	s.do(step{target: callback, want: "RESTART -> LOGIN", spent: 1})
	s.mei.forget(sessionCookie)
	s.do(step{target: "?x=1&code=" + strings.Repeat("u", 32) + "&state={S1}", want: "RESTART -> LOGIN", spent: 1})
	s.mei.forget(sessionCookie)
	s.sim.Fail(s.account.ExchangePath, wxsim.Fault{Code: 41008, Times: 1})
	s.do(step{target: "?x=1&code={C1b}&state={S1}", want: "RESTART", spent: 1})
}

func neverTaken(s *scenario) {
	for name, fail := range map[string]func(){
		"40029": func() { s.sim.Fail(s.account.ExchangePath, wxsim.Fault{Code: 40029}) },
		"a code of the other account": func() {
			s.wechat.answer(func(r *http.Request) (*http.Response, error) {
				q := r.URL.Query()
				q.Set("code", s.code(s.t, secondID, "mei", base))
				r = r.Clone(r.Context())
				r.URL.RawQuery = q.Encode()
				return s.wechat.wire.RoundTrip(r)
			})
		},
	} {
		codes := len(s.wechat.exchanged())
		fail()
		v := s.visitor("mei")
		got, last := s.round(v, func() {})
		s.sim.Clear(s.account.ExchangePath)
		s.wechat.answer(nil)
		want := "RESTART RESTART RESTART PAGE-400 stuck"
		if strings.Join(got, " ") != want || len(s.wechat.exchanged())-codes != 3 {
			s.errorf("%s: %q with %d exchanges, want %q with 3", name, got, len(s.wechat.exchanged())-codes, want)
		}
		s.checkPage(step{page: asked}, last)
	}
}
