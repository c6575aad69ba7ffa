package wxsim

import (
	"net/http"
	"strings"
	"time"
)

const (
	maxJournal = 30  // calls shown on the home page
	maxPaths   = 256 // distinct paths counted; anybody can invent paths
)

// call is one line of the journal. It never holds a secret, code or token.
type call struct {
	At      time.Time `json:"at"`
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	Detail  string    `json:"detail"` // the parameters, secret values as •••
	Outcome string    `json:"outcome"`
}

// Calls is how many calls to endpoint, a path such as "/sns/userinfo", were
// answered since the start or the last ResetCalls, whatever the answer was.
func (s *Sim) Calls(endpoint string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[endpoint]
}

// ResetCalls sets every count back to zero and empties the journal.
func (s *Sim) ResetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.calls)
	s.journal = nil
}

// countCall counts a call and returns the fault it shall meet, or nil.
func (s *Sim) countCall(path string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.calls[path]; known || len(s.calls) < maxPaths {
		s.calls[path]++
	}
	return s.nextFault(path)
}

// record notes a call for the home page and the log.
func (s *Sim) record(r *http.Request, a reply) {
	c := call{At: s.now(), Method: r.Method, Path: s.shownPath(r.URL.Path), Outcome: a.outcome}
	if !strings.HasPrefix(r.URL.Path, avatarPrefix) && r.URL.Path != "/" {
		c.Detail = s.redacted(r)
		s.note(c)
		s.noteRID(r, a)
	}
	s.log.Info("wxsim call", "method", c.Method, "path", c.Path, "outcome", a.outcome)
}

func (s *Sim) note(c call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = append(s.journal, c)
	if over := len(s.journal) - maxJournal; over > 0 {
		s.journal = s.journal[over:]
	}
}

// shownPath hides unknown paths: a client that builds its address wrongly may
// have put a secret there.
func (s *Sim) shownPath(path string) string {
	if _, ok := s.routes[path]; ok {
		return path
	}
	for _, prefix := range []string{avatarPrefix, PathQRCode, qrLinkPrefix} {
		if strings.HasPrefix(path, prefix) {
			return prefix
		}
	}
	return "(unknown path)"
}

// redacted lists the known parameters of a request. Values are shown only when
// they are one of those known to be harmless, so that a secret sent under the
// wrong name stays hidden too.
func (s *Sim) redacted(r *http.Request) string {
	r.ParseForm() // a parameter that cannot be parsed is not shown
	var parts []string
	for _, name := range []string{"appid", "secret", "code", "grant_type", "refresh_token", "access_token",
		"openid", "lang", "redirect_uri", "response_type", "scope", "state", "uuid", "person", "allow", "refuse",
		"type", "action", "__biz", "do", "last", "js_code", "forcePopup", "forceSnapShot", "component_appid",
		"component_access_token", "pre_auth_code", "auth_type", "biz_appid", "no_scan", "account"} {
		if !r.Form.Has(name) {
			continue
		}
		value := r.Form.Get(name)
		if value != "" && !s.harmless(value) {
			value = "•••"
		}
		parts = append(parts, name+"="+value)
	}
	return strings.Join(parts, " ")
}

func (s *Sim) harmless(value string) bool {
	switch value {
	case scopeBase, scopeUserInfo, scopeLogin, "code", "authorization_code", "refresh_token",
		"zh_CN", "zh_TW", "en", "1", "true", "false", "full", "default", "silent", "state", "authdeny", "403", "404",
		"client_credential", "jsapi", "wx_card", "home", doFollow, doUnfollow, doScan:
		return true
	}
	if _, ok := s.accounts[value]; ok {
		return true
	}
	if _, ok := s.platforms[value]; ok {
		return true
	}
	_, ok := s.people[value]
	return ok
}
