package adaptertest

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
)

// judge holds every answer against the invariants.
func (s *scene) judge(a *shot) {
	s.t.Helper()
	if a.err != nil {
		return
	}
	if a.took > patience+patience/5 {
		s.errorf("answered after %v", a.took)
	}
	for _, to := range a.header["Location"] {
		if a.outcome != outRouter && !strings.HasPrefix(to, public+"/") && authorize(a).state == "" {
			s.errorf("a Location leads to %q", to)
		}
	}
	if a.outcome == outPass {
		s.judgeHandler(a)
		return
	}
	if a.header.Get("Referrer-Policy") == "" {
		if a.outcome != outRouter && a.outcome != outDrop {
			s.errorf("%s without Referrer-Policy", a.outcome)
		}
		return // the router's, or the HTTP layer's
	}
	for name, value := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
		if !slices.Contains(a.header[name], value) {
			s.errorf("%s: %s is %q, want %s among it", a.outcome, name, a.header[name], value)
		}
	}
	for name := range a.header {
		if strings.HasPrefix(name, "Access-Control-") {
			s.errorf("%s: a header %s", a.outcome, name)
		}
	}
	// The link to the page is the app's own URL; judgePage looks at it byte by byte.
	body := anchor.ReplaceAllString(string(a.body), "")
	for _, secret := range append(s.out.secrets(), s.secrets...) {
		if secret != "" && strings.Contains(body, secret) {
			s.errorf("%s: the body shows %.12s…", a.outcome, secret)
		}
	}
	ours := 0
	for _, c := range cookiesIn(a.header) {
		if ourCookie(c.Name) {
			ours++
		} else if !strings.HasPrefix(c.Name, "app_") {
			s.errorf("%s: a cookie %q", a.outcome, c.Name)
		}
	}
	if ours > 2 {
		s.errorf("%s: %d cookies of ours", a.outcome, ours)
	}
}

func (s *scene) judgeHandler(a *shot) {
	s.t.Helper()
	r, err := reportOf(a.answer)
	if err != nil {
		s.errorf("%v", err)
		return
	}
	if !r.Context.Known && !strings.HasPrefix(string(r.Target), "/apart/optional") {
		s.errorf("a guarded handler ran for nobody: %s %s", r.Method, r.Target)
	}
}

func (s *scene) judgeCookies(v *visitor) {
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

var anchor = regexp.MustCompile(`<a [^>]*href="([^"]*)"`)

// judgeAs holds an answer against what its outcome promises.
func (s *scene) judgeAs(h hit, v *visitor, q request, a *shot) {
	s.t.Helper()
	switch {
	case a.outcome == outLogin:
		if token := a.newSession(); len(token) != 43 || !s.firstSeen(token) {
			s.errorf("the session's token is %q, want a new one", token)
		}
		fallthrough
	case a.outcome == outClean:
		if got := a.header["Location"]; !slices.Equal(got, []string{public + h.page}) {
			s.errorf("%s to %q, want %q", a.outcome, got, public+h.page)
		}
	case a.outcome == outRestart:
		s.judgeStart(h, v, q, a)
	case a.outcome == outRefuse:
		s.judgeRefusal(q, a)
	case a.outcome == outPass:
		r, err := reportOf(a.answer)
		if err == nil && (string(r.Target) != h.target || string(r.Body) != q.body) {
			err = fmt.Errorf("the handler saw %q with body %q", r.Target, r.Body)
		}
		if err != nil {
			s.t.Error(err)
		}
	case strings.HasPrefix(a.outcome, "PAGE"):
		s.judgePage(h, a)
	case a.outcome == outDrop:
		for _, c := range cookiesIn(a.header) {
			if ourCookie(c.Name) {
				s.errorf("DROP with a cookie %s", c.Name)
			}
		}
	}
}

var readableBinding = regexp.MustCompile(`(?:^|[ ;:])__Host-wechat_login_[\w-]+=[\w-]{22}(?:\.[0-9a-z]+){0,3}(?:;|\r|$)`)

func (s *scene) judgeStart(h hit, v *visitor, q request, a *shot) {
	s.t.Helper()
	to := authorize(a)
	if to.back != public+outbound(h.page) || to.appID != appID {
		s.errorf("redirect_uri is %q, want %q", to.back, public+outbound(h.page))
	}
	scope := h.scope
	if scope == "" {
		scope = base
	}
	attempt := h.attempt
	if attempt == 0 {
		attempt = s.forge.appraise(stateOf(h.target)).attempt + 1
	}
	got := s.forge.appraise(to.state)
	if to.scope != scope || !got.ours || got.attempt != attempt || got.prompt != (scope == info) {
		s.errorf("a start asks %s with %+v, want %s as attempt %d", to.scope, got, scope, attempt)
	}
	if to.state == stateOf(h.target) {
		s.errorf("a start with a state that was there before")
	}
	s.secrets = append(s.secrets, to.state)
	if fresh := a.newBinding(); fresh == "" == (h.newK || !readableBinding.MatchString(a.sent)) {
		s.errorf("the new login cookie is %q, and what was sent %q", fresh, q.cookie)
	}
	if a.newSession() != "" {
		s.errorf("a start sets a session cookie")
	}
}

func (s *scene) judgeRefusal(q request, a *shot) {
	s.t.Helper()
	var problem struct {
		Status   int
		LoginURL string `json:"login_url"`
	}
	if q.method != "HEAD" {
		if err := json.Unmarshal(a.body, &problem); err != nil || problem.Status != 401 || !strings.HasPrefix(problem.LoginURL, public+"/") {
			s.errorf("the problem document is %q", a.body)
		}
	}
	if a.newBinding() != "" || a.newSession() != "" || len(a.header["Location"]) > 0 {
		s.errorf("REFUSE-401 starts something: %v", a.header)
	}
}

// judgePage allows one link, back to the page that was asked for, and nothing else
// that came with the request.
func (s *scene) judgePage(h hit, a *shot) {
	s.t.Helper()
	links := anchor.FindAllSubmatch(a.body, -1)
	if len(links) != 1 || html.UnescapeString(string(links[0][1])) != public+h.page {
		s.errorf("%s has the links %q, want one to %s", a.outcome, links, public+h.page)
	}
	if len(a.header["Location"]) > 0 || a.newSession() != "" {
		s.errorf("%s goes on or logs in: %v", a.outcome, a.header)
	}
	if a.status == 503 && a.header.Get("Retry-After") == "" {
		s.errorf("%s without Retry-After", a.outcome)
	}
}
