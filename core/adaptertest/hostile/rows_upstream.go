package hostile

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// upstreamRows are about failures of WeChat.
var upstreamRows = []row{
	{number: 98, rule: "if WeChat fails, it is asked once more, and then the visitor gets a page", run: wechatFails},
	{number: 98, rule: "if WeChat does not answer, the visitor gets a page in time", slow: true, run: wechatIsSilent},
	{number: 99, rule: "after errcode -1 WeChat is asked once more", run: func(s *scenario) {
		s.sim.Fail(s.account.ExchangePath, wxsim.Fault{Code: -1, Times: 1})
		s.do(step{target: callback, want: "LOGIN", spent: 2})
	}},
	{number: 100, rule: "a reply that is not a valid answer never logs in", run: noAnswers},
	{number: 101, rule: "an endless reply is cut, and a redirect in a reply is not followed", run: endlessAnswers},
	{number: 101, rule: "a reply of one byte a second is cut in time", slow: true, run: drippingAnswer},
	{number: 102, rule: "a nickname with invalid bytes is cleaned, and the visitor is logged in", run: oddNames},
	{number: 103, rule: "the virtual user of a snapshot page is never logged in, and the real user can log in afterwards", inside: "only an Official Account has snapshot pages", run: snapshotPage},
	{number: 104, rule: "beyond 256 exchanges at a time, and beyond 16 of one browser, the visitor gets a page at once", run: tooMany},
}

func wechatFails(s *scenario) {
	fail := func(name string, own func(*http.Request) (*http.Response, error)) {
		s.wechat.answer(own)
		delete(s.values, "C1")
		s.do(step{target: callback, want: "PAGE-503 unavailable", spent: 2})
		s.wechat.answer(nil)
		if s.t.Failed() {
			s.t.Logf("with: %s", name)
		}
	}
	fail("refused", func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	})
	fail("no such name", func(r *http.Request) (*http.Response, error) {
		return nil, &net.DNSError{Err: "no such host", Name: r.URL.Hostname(), IsNotFound: true}
	})
	fail("certificate", func(r *http.Request) (*http.Response, error) {
		return nil, x509.HostnameError{Certificate: &x509.Certificate{}, Host: r.URL.Hostname()}
	})
	fail("an error that shows the URL", func(r *http.Request) (*http.Response, error) {
		return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}}
	})
	for name, fault := range map[string]wxsim.Fault{"reset": {Drop: true}, "-1": {Code: -1}} {
		s.sim.Fail(s.account.ExchangePath, fault)
		fail(name, nil)
		s.sim.Clear(s.account.ExchangePath)
	}
	s.do(step{target: asked, want: "RESTART -> LOGIN"})
}

func wechatIsSilent(s *scenario) {
	s.wechat.answer(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	s.do(step{target: callback, want: "PAGE-503 unavailable", spent: 2})
}

func noAnswers(s *scenario) {
	openID := s.sim.OpenID(s.way.appID, "mei")
	for _, body := range []string{
		"<html><body>502 Bad Gateway</body></html>", "", `{"access_token":"a","openid":"` + openID, "{}", "null", "[]", `"x"`, "0", `{"errcode":0}`,
		`{"access_token":"made-up-token","expires_in":7200}`, `{"access_token":"made-up-token","openid":""}`,
		`{"access_token":"made-up-token","openid":null}`, `{"access_token":"made-up-token","openid":12345678}`,
		`{"access_token":"made-up-token","openid":["` + openID + `"]}`, `{"access_token":"made-up-token","openid":"a b"}`,
		`{"access_token":"made-up-token","openid":"` + strings.Repeat("o", 65) + `"}`, `{"openid":"` + openID + `"}`,
		`{"access_token":"made-up-token","OPENID":"` + openID + `"}`, `{"errcode":0,"errmsg":"ok","openid":{}}`,
	} {
		s.sim.Fail(s.account.ExchangePath, wxsim.Fault{Body: body})
		if body == "" {
			s.wechat.answer(func(r *http.Request) (*http.Response, error) { return reply(r, 200, strings.NewReader("")), nil })
		}
		delete(s.values, "C1")
		s.do(step{target: callback, want: "PAGE-503 unavailable", spent: 1})
		s.sim.Clear(s.account.ExchangePath)
		s.wechat.answer(nil)
		if s.t.Failed() {
			s.t.Logf("with the body %q", body)
			return
		}
	}
	for _, status := range []int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusForbidden} {
		s.wechat.answer(func(r *http.Request) (*http.Response, error) {
			return reply(r, status, strings.NewReader("<html>")), nil
		})
		delete(s.values, "C1")
		codes := len(s.wechat.exchanged())
		a := s.get(s.mei, s.place(callback))
		s.wechat.answer(nil)
		s.expectUnavailable(a)
		if n := len(s.wechat.exchanged()) - codes; n > 2 || s.identity(s.mei) != "" {
			s.errorf("status %d: %d exchanges", status, n)
		}
	}
}

func endlessAnswers(s *scenario) {
	body := &endlessBody{}
	s.wechat.answer(func(r *http.Request) (*http.Response, error) { return reply(r, 200, body), nil })
	codes := len(s.wechat.exchanged())
	s.expectUnavailable(s.get(s.mei, s.place(callback)))
	tries := len(s.wechat.exchanged()) - codes
	if read := body.total(); tries > 2 || read > tries*(128<<10) {
		s.errorf("%d bytes read in %d tries, want about 64 KiB each", read, tries)
	}
	for _, status := range []int{301, 302, 307, 308} {
		s.wechat.answer(func(r *http.Request) (*http.Response, error) {
			return reply(r, status, strings.NewReader(""), "Location", "http://evil.example/collect"), nil
		})
		delete(s.values, "C1")
		codes := len(s.wechat.exchanged())
		s.expectUnavailable(s.get(s.mei, s.place(callback)))
		if n := len(s.wechat.exchanged()) - codes; n > 2 {
			s.errorf("status %d: %d tries", status, n)
		}
	}
	s.wechat.answer(nil)
	if got := s.identity(s.mei); got != "" {
		s.errorf("logged in as %q", got)
	}
}

func drippingAnswer(s *scenario) {
	s.wechat.answer(func(r *http.Request) (*http.Response, error) { return reply(r, 200, slowBody{r}), nil })
	codes := len(s.wechat.exchanged())
	s.expectUnavailable(s.get(s.mei, s.place(callback)))
	if n := len(s.wechat.exchanged()) - codes; n > 2 {
		s.errorf("%d tries", n)
	}
}

func oddNames(s *scenario) {
	for _, name := range []string{
		"a\x00b\x01\x14\x1fc", "\xff\xfe\xc0", "<script>alert(1)</script>", "\u202egnp.exe", strings.Repeat("名", 3500), `\u0000\u001b[31m`,
	} {
		body := fmt.Sprintf(`{"openid":"%s","nickname":"%s","sex":0,"privilege":[]}`, s.sim.OpenID(s.way.appID, "mei"), name)
		s.sim.Fail(wxsim.PathUserInfo, wxsim.Fault{Body: body, Times: 1})
		delete(s.values, "CP")
		s.mei.jar = rawhttp.Jar{s.value("K1name"): strings.SplitN(s.values["K1"], "=", 2)[1]}
		s.do(step{target: prompt + "?code={CP}&state={P1}", page: prompt, want: "LOGIN", spent: 1})
		r, err := report.Of(s.roundTrip(s.mei.node, s.mei.raw(request{target: prompt})).Answer)
		if err != nil {
			s.errorf("%q: %v", name, err)
			continue
		}
		got := r.Context.Nickname
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(c rune) bool { return c < ' ' || c == 0x7f }) {
			s.errorf("%q is kept as %q", name, got)
		}
	}
}

func snapshotPage(s *scenario) {
	s.sim.SetSnapshot("mei", true)
	defer s.sim.SetSnapshot("mei", false)
	hooks := s.onLogins(nil)
	s.do(step{target: prompt + "?x=1&code={CP}&state={P1}", page: prompt + "?x=1", want: "PAGE-403 snapshot", spent: 1})
	if n := s.onLogins(nil) - hooks; n != 0 {
		s.errorf("OnLogin was called for a virtual visitor")
	}
	s.sim.SetSnapshot("mei", false)
	s.do(step{target: prompt + "?x=1", page: prompt + "?x=1", want: "RESTART -> LOGIN", scope: info})
}

func tooMany(s *scenario) {
	const most, each = 256, 16
	codes := len(s.wechat.exchanged())
	raws := make([]string, most) // a browser sends 16 of them, the others one each
	for i := range raws {
		v, state := s.mei, s.values["S1"]
		if i >= each {
			v = s.visitor("mei")
			state = s.begin(v, asked)
		}
		raws[i] = v.raw(request{target: s.place("?x=1&code=" + s.code(s.t, s.way.appID, "mei", base) + "&state=" + state)})
	}
	release := s.holdExchanges(0)
	answers := make(chan *result, most)
	for i, raw := range raws {
		go func() { answers <- s.roundTrip(s.mei.node, raw) }()
		if i == each-1 {
			s.waitForExchanges(each, codes)
			share := s.get(s.mei, s.place("?x=1&code={C1b}&state={S1}"))
			s.expectUnavailable(share)
			if slices.Contains(s.wechat.exchanged(), s.value("C1b")) {
				s.errorf("the seventeenth code of one browser was exchanged")
			}
		}
	}
	s.waitForExchanges(most, codes)
	beyond := s.place("?x=1&code={C2}&state={S2}")
	a := s.get(s.jun, beyond)
	if a.took > immediate {
		s.errorf("the answer to the request beyond the limit took %v", a.took)
	}
	s.expectUnavailable(a)
	if slices.Contains(s.wechat.exchanged(), s.value("C2")) {
		s.errorf("the code beyond the limit was exchanged")
	}
	release()
	for range most {
		if a := <-answers; a.outcome != outLogin {
			s.errorf("one of the held requests: %s: %v %v", a.outcome, a.Answer, a.err)
			break
		}
	}
	s.do(step{as: "K2", target: asked, want: "RESTART -> LOGIN"})
}
