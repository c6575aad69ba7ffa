package web

import (
	"net"
	"net/url"
	"strings"
)

// Origin is the scheme and host that the visitor's browser sees, and a path that
// a proxy cuts off before requests reach us.
type Origin struct {
	Scheme, Host, Prefix string
}

func (o Origin) String() string { return o.Scheme + "://" + o.Host }

// URL is the absolute address of a target on this site. Every Location to our
// own site is made here.
func (o Origin) URL(t Target) string {
	if !t.HasQuery {
		return o.Scheme + "://" + o.Host + o.Prefix + t.Path
	}
	return o.Scheme + "://" + o.Host + o.Prefix + t.Path + "?" + t.Query
}

func (o Origin) IsHTTPS() bool { return o.Scheme == "https" }

// ParsePublicURL reads Config.PublicURL.
func ParsePublicURL(raw string) (Origin, bool) {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || !ValidHost(u.Host) ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return Origin{}, false
	}
	host := u.Host
	if port := u.Port(); u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		host = strings.TrimSuffix(host, ":"+port) // browsers leave it out
	}
	return Origin{u.Scheme, host, strings.TrimRight(u.EscapedPath(), "/")}, true
}

// OriginOf is the origin of a request where the site's address is not configured.
// Without trustProxy it is the connection's own. With it, the nearest proxy decides,
// which wrote the last value: an earlier one may be the visitor's own invention.
func OriginOf(host string, tls bool, h Header, trustProxy bool) (Origin, bool) {
	o := Origin{Scheme: "http", Host: host}
	if tls {
		o.Scheme = "https"
	}
	if trustProxy {
		if proto := LastListed(h.Values("X-Forwarded-Proto")); proto == "http" || proto == "https" {
			o.Scheme = proto
		}
		if host := LastListed(h.Values("X-Forwarded-Host")); host != "" {
			o.Host = host
		}
	}
	return o, ValidHost(o.Host)
}

func LastListed(values []string) string {
	if len(values) == 0 {
		return ""
	}
	list := values[len(values)-1]
	return strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:])
}

// ValidHost holds for a name, an address or an IPv6 literal, with or without a
// port: what can stand in a URL without being read as something else.
func ValidHost(host string) bool {
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
		if c := name[i]; c != '.' && !IsWord(name[i:i+1]) {
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
