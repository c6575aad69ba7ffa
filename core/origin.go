package core

import (
	"net"
	"net/url"
	"strings"
)

// origin is the scheme and host that the visitor's browser sees, and a path that
// a proxy cuts off before requests reach us.
type origin struct {
	scheme, host, prefix string
}

func (o origin) String() string { return o.scheme + "://" + o.host }

// url is the absolute address of a target on this site. Every Location to our
// own site is made here.
func (o origin) url(t target) string {
	if !t.asks {
		return o.scheme + "://" + o.host + o.prefix + t.path
	}
	return o.scheme + "://" + o.host + o.prefix + t.path + "?" + t.query
}

func (o origin) https() bool { return o.scheme == "https" }

// parsePublicURL reads Config.PublicURL.
func parsePublicURL(raw string) (origin, bool) {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || !validHost(u.Host) ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return origin{}, false
	}
	host := u.Host
	if port := u.Port(); u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		host = strings.TrimSuffix(host, ":"+port) // browsers leave it out
	}
	return origin{u.Scheme, host, strings.TrimRight(u.EscapedPath(), "/")}, true
}

// originOf trusts, in this order: PublicURL and nothing else; with TrustProxy
// the nearest proxy, which wrote the last value (an earlier one may be the
// visitor's own invention); the connection.
func (a *Auth) originOf(r *Request) (origin, bool) {
	if a.public.host != "" {
		return a.public, true
	}
	o := origin{scheme: "http", host: r.Host}
	if r.TLS {
		o.scheme = "https"
	}
	if a.config.TrustProxy {
		if proto := lastListed(r.Header.Values("X-Forwarded-Proto")); proto == "http" || proto == "https" {
			o.scheme = proto
		}
		if host := lastListed(r.Header.Values("X-Forwarded-Host")); host != "" {
			o.host = host
		}
	}
	return o, validHost(o.host)
}

func lastListed(values []string) string {
	if len(values) == 0 {
		return ""
	}
	list := values[len(values)-1]
	return strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:])
}

// validHost holds for a name, an address or an IPv6 literal, with or without a
// port: what can stand in a URL without being read as something else.
func validHost(host string) bool {
	if host == "" || len(host) > 255+6 {
		return false
	}
	if strings.HasPrefix(host, "[") {
		literal := strings.TrimSuffix(host, "]")
		if literal == host {
			var port string
			var err error
			if literal, port, err = net.SplitHostPort(host); err != nil || !isPort(port) {
				return false
			}
		} else {
			literal = literal[1:]
		}
		return net.ParseIP(literal) != nil
	}
	name, port, hasPort := strings.Cut(host, ":")
	if hasPort && !isPort(port) || name == "" {
		return false
	}
	for i := range len(name) {
		if c := name[i]; c != '.' && !isWord(name[i:i+1]) {
			return false
		}
	}
	return true
}

func isPort(s string) bool {
	if s == "" || len(s) > 5 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
