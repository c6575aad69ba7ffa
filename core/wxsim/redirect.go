package wxsim

import (
	"net/url"
	"strings"
)

// redirectFits says whether an account may use a redirect_uri: absolute, http
// or https (the scheme is no part of the match), and its host the registered
// domain as a whole.
func redirectFits(raw string, a Account, strictPort bool) bool {
	u, err := url.Parse(raw) // refuses control characters, thus header injection
	if err != nil || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return false
	}
	host := u.Hostname()
	// EqualFold alone folds beyond ASCII: it holds "K" (Kelvin) and "k" equal.
	if !isASCII(host) || !strings.EqualFold(host, a.Domain) {
		return false
	}
	bare := strings.HasSuffix(u.Host, host) || strings.HasSuffix(u.Host, "]")
	return !strictPort || bare
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
