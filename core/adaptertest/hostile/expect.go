package hostile

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
)

var anchor = regexp.MustCompile(`<a [^>]*href="([^"]*)"`)

// checkOutcome checks what the outcome promises beyond its status.
func (s *scenario) checkOutcome(h step, v *visitor, q request, a *result) {
	s.t.Helper()
	switch {
	case a.outcome == outLogin:
		if token := a.newSession(); len(token) != 43 || !s.firstSeen(token) {
			s.errorf("the session's token is %q, want a new one", token)
		}
		fallthrough
	case a.outcome == outClean:
		if got := a.Header["Location"]; !slices.Equal(got, []string{public + h.page}) {
			s.errorf("%s to %q, want %q", a.outcome, got, public+h.page)
		}
	case a.outcome == outRestart:
		s.checkStart(h, v, q, a)
	case a.outcome == outRefuse:
		s.checkRefusal(q, a)
	case a.outcome == outPass:
		r, err := report.Of(a.Answer)
		if err == nil && (string(r.Target) != h.target || string(r.Body) != q.body) {
			err = fmt.Errorf("the handler saw %q with body %q", r.Target, r.Body)
		}
		if err != nil {
			s.t.Error(err)
		}
	case strings.HasPrefix(a.outcome, "PAGE"):
		s.checkPage(h, a)
	case a.outcome == outDrop:
		for _, c := range rawhttp.SetCookies(a.Header) {
			if ourCookie(c.Name) {
				s.errorf("DROP sets the cookie %s", c.Name)
			}
		}
	}
}

var readableBinding = regexp.MustCompile(`(?:^|[ ;:])__Host-wechat_login_[\w-]+=[\w-]{22}(?:\.[0-9a-z]+){0,3}(?:;|\r|$)`)

func (s *scenario) checkStart(h step, v *visitor, q request, a *result) {
	s.t.Helper()
	to := authorize(a)
	if to.back != public+outbound(h.page) || to.appID != s.way.appID {
		s.errorf("redirect_uri is %q, want %q", to.back, public+outbound(h.page))
	}
	scope := h.scope
	if scope == "" {
		scope = base
	}
	attempt := h.attempt
	if attempt == 0 {
		attempt = s.forge.read(stateOf(h.target)).attempt + 1
	}
	if s.way.scans() {
		scope = scanned
	}
	got := s.forge.read(to.state)
	if to.scope != scope || !got.ours || got.attempt != attempt || got.prompt != (scope != base) {
		s.errorf("a start asks for scope %s with state %+v, want scope %s as attempt %d", to.scope, got, scope, attempt)
	}
	if to.state == stateOf(h.target) {
		s.errorf("a start reuses a former state")
	}
	s.secrets = append(s.secrets, to.state)
	if fresh := a.newBinding(); !notesLostReturn(a.sent, fresh) && fresh == "" == (h.newK || !readableBinding.MatchString(a.sent)) {
		s.errorf("the new binding cookie is %q, and the request sent %q", fresh, q.cookie)
	}
	if a.newSession() != "" {
		s.errorf("a start sets a session cookie")
	}
}

// notesLostReturn holds for a binding cookie that keeps its random part and only notes
// that WeChat came back with a state that cannot be read.
func notesLostReturn(sent, fresh string) bool {
	id, rest, noted := strings.Cut(fresh, ".")
	return noted && strings.Contains(rest, "L") && strings.Contains(sent, "="+id)
}

func (s *scenario) checkRefusal(q request, a *result) {
	s.t.Helper()
	var problem struct {
		Status   int
		LoginURL string `json:"login_url"`
	}
	if q.method != "HEAD" {
		if err := json.Unmarshal(a.Body, &problem); err != nil || problem.Status != 401 || !strings.HasPrefix(problem.LoginURL, public+"/") {
			s.errorf("the problem document is %q", a.Body)
		}
	}
	if a.newBinding() != "" || a.newSession() != "" || len(a.Header["Location"]) > 0 {
		s.errorf("REFUSE-401 starts something: %v", a.Header)
	}
}

// checkPage allows one link on a page: to the page that the visitor asked for.
func (s *scenario) checkPage(h step, a *result) {
	s.t.Helper()
	links := anchor.FindAllSubmatch(a.Body, -1)
	if a.outcome == outContinue {
		if len(links) != 1 || len(links[0][1]) != 0 {
			s.errorf("%s has the links %q, want one to its own address", a.outcome, links)
		}
	} else if len(links) != 1 || html.UnescapeString(string(links[0][1])) != public+h.page {
		s.errorf("%s has the links %q, want one to %s", a.outcome, links, public+h.page)
	}
	if len(a.Header["Location"]) > 0 || a.newSession() != "" {
		s.errorf("%s redirects or logs in: %v", a.outcome, a.Header)
	}
	if a.Status == 503 && a.Header.Get("Retry-After") == "" {
		s.errorf("%s without Retry-After", a.outcome)
	}
}
