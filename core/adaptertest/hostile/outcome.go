package hostile

import (
	"bytes"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
)

const (
	outLogin   = "LOGIN"
	outClean   = "CLEAN"
	outPass    = "PASS"
	outRestart = "RESTART"
	outRefuse  = "REFUSE-401"
	outDrop    = "DROP"
	outRouter  = "ROUTER"

	// outContinue asks for its own address once more, and shows it nowhere.
	outContinue = "PAGE-200 continue"
)

var pageKind = regexp.MustCompile(`data-page="([a-z-]+)"`)

// outcome names the outcome of one answer, without its context.
func (st *site) outcome(s *result) string {
	to := s.Header.Get("Location")
	ours := s.Header.Get("Referrer-Policy") != ""
	kind := pageKind.FindSubmatch(s.Body)
	switch {
	case s.err != nil || s.Status == 400 && (kind == nil || string(kind[1]) == "bad-request"),
		slices.Contains([]int{405, 408, 413, 414, 421, 431, 501, 505}, s.Status) && !ours:
		return outDrop
	case ours && s.Status == http.StatusFound && strings.HasPrefix(to, st.simURL+st.way.page+"?"):
		return outRestart
	case ours && s.Status == http.StatusSeeOther && strings.HasPrefix(to, public+"/"):
		if s.newSession() != "" {
			return outLogin
		}
		return outClean
	case ours && s.Status == http.StatusUnauthorized && s.Header.Get("Content-Type") == "application/problem+json":
		return outRefuse
	case ours && kind != nil:
		return "PAGE-" + strconv.Itoa(s.Status) + " " + string(kind[1])
	case s.Status == http.StatusOK && bytes.Contains(s.Body, []byte(`"HasNative"`)):
		return outPass
	case s.Status == http.StatusUnauthorized && s.Header.Get("Content-Type") == "application/problem+json":
		return outRefuse // without a body, as to HEAD
	}
	return outRouter
}

// newSession is the token of the session cookie that the answer sets.
func (s *result) newSession() string {
	for _, c := range rawhttp.SetCookies(s.Header) {
		if strings.Contains(c.Name, sessionCookie) && c.MaxAge >= 0 && c.Value != "" {
			return c.Value
		}
	}
	return ""
}

func (s *result) newBinding() string {
	for _, c := range rawhttp.SetCookies(s.Header) {
		if strings.Contains(c.Name, bindingCookie) {
			return c.Value
		}
	}
	return ""
}

// fits is true if the outcome is one of those in want, such as "LOGIN|DROP". PAGE-503
// without a name fits every page of that status.
func fits(outcome, want string) bool {
	return slices.ContainsFunc(strings.Split(want, "|"), func(w string) bool {
		return outcome == w || strings.HasPrefix(w, "PAGE") && strings.HasPrefix(outcome, w)
	})
}
