package hostile

import (
	"slices"
	"strings"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
)

// checkInvariants checks the invariants of [Run] on one answer.
func (s *scenario) checkInvariants(a *result) {
	s.t.Helper()
	if a.err != nil {
		return
	}
	if a.took > rawhttp.Patience+rawhttp.Patience/5 {
		s.errorf("answered after %v", a.took)
	}
	for _, to := range a.Header["Location"] {
		if a.outcome != outRouter && !strings.HasPrefix(to, public+"/") && authorize(a).state == "" {
			s.errorf("a Location leads to %q", to)
		}
	}
	if a.outcome == outPass {
		s.checkHandler(a)
		return
	}
	if a.Header.Get("Referrer-Policy") == "" {
		if a.outcome != outRouter && a.outcome != outDrop {
			s.errorf("%s without Referrer-Policy", a.outcome)
		}
		return // an answer of the router or of the HTTP server
	}
	for name, value := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
		if !slices.Contains(a.Header[name], value) {
			s.errorf("%s: %s is %q, want %s in it", a.outcome, name, a.Header[name], value)
		}
	}
	for name := range a.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			s.errorf("%s: a header %s", a.outcome, name)
		}
	}
	// The link to the page may hold anything of the app's own URL. checkPage compares
	// it byte by byte.
	body := anchor.ReplaceAllString(string(a.Body), "")
	for _, secret := range append(s.wechat.secrets(), s.secrets...) {
		if secret != "" && strings.Contains(body, secret) {
			s.errorf("%s: the body shows %.12s…", a.outcome, secret)
		}
	}
	ours := 0
	for _, c := range rawhttp.SetCookies(a.Header) {
		if ourCookie(c.Name) {
			ours++
		} else if !strings.HasPrefix(c.Name, "app_") {
			s.errorf("%s: an unknown cookie %q", a.outcome, c.Name)
		}
	}
	if ours > 2 {
		s.errorf("%s: %d cookies of ours", a.outcome, ours)
	}
}

func (s *scenario) checkHandler(a *result) {
	s.t.Helper()
	r, err := report.Of(a.Answer)
	if err != nil {
		s.errorf("%v", err)
		return
	}
	if !r.Context.Known && !strings.HasPrefix(string(r.Target), "/apart/optional") {
		s.errorf("a guarded handler ran for an anonymous visitor: %s %s", r.Method, r.Target)
	}
}

func (s *scenario) checkCookies(v *visitor) {
	s.t.Helper()
	size := 0
	for name, value := range v.jar {
		if ourCookie(name) {
			size += len(name) + len(value) + len("=; ")
		}
	}
	if size >= 1600 {
		s.errorf("our cookies are %d bytes", size)
	}
}
