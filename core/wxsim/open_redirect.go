package wxsim

import (
	"net/url"
	"strings"
)

// redirectFits says whether an account may use a redirect_uri: absolute, http
// or https (the scheme is no part of the match), and its host a registered
// domain as a whole.
func redirectFits(raw string, a Account, strictPort bool) bool {
	u, err := url.Parse(raw) // refuses control characters, thus header injection
	if err != nil || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return false
	}
	host := u.Hostname()
	fits := false
	for _, domain := range a.domains() {
		// EqualFold alone folds beyond ASCII: it holds "K" (Kelvin) and "k" equal.
		fits = fits || isASCII(host) && strings.EqualFold(host, domain)
	}
	withoutPort := strings.HasSuffix(u.Host, host) || strings.HasSuffix(u.Host, "]")
	return fits && (!strictPort || withoutPort)
}

// withQuery appends to the query of uri, before any fragment. What uri has
// already stays byte for byte, a code or state of its own included: WeChat
// does not remove those either.
func withQuery(uri, tail string) string {
	base, fragment, hasFragment := strings.Cut(uri, "#")
	sep := "?"
	if strings.Contains(base, "?") {
		sep = "&"
	}
	out := base + sep + tail
	if hasFragment {
		out += "#" + fragment
	}
	return out
}

// isPageAddress says whether an address is one that a browser opens as a page: a
// whole http or https address without a user.
func isPageAddress(raw string) bool {
	if len(raw) > maxLink {
		return false
	}
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

// rootOf is the root of the site that a page is on.
func rootOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host + "/"
}

// sawApp remembers where an account's application is.
func (s *Sim) sawApp(appID, redirectURI string) {
	root := rootOf(redirectURI)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states[appID].appURL = root
}
