package web

import (
	"net"
	"net/url"
	"strings"
)

// Origin is the scheme and host that the visitor's browser sees, and a path that a
// proxy cuts off before requests reach the app. It is written as browsers write it:
// scheme and host in lower case, without the scheme's default port.
type Origin struct {
	Scheme, Host, Prefix string
}

func (o Origin) String() string { return o.Scheme + "://" + o.Host }

// URL is the absolute address of a target on this site. Every Location to the app's own
// site is made here. A target that has the prefix already gets no second one: then the
// proxy does not cut it off.
func (o Origin) URL(t Target) string {
	prefix := o.Prefix
	if o.HasPrefix(t) {
		prefix = ""
	}
	if !t.HasQuery {
		return o.Scheme + "://" + o.Host + prefix + t.Path
	}
	return o.Scheme + "://" + o.Host + prefix + t.Path + "?" + t.Query
}

// HasPrefix says whether a target still has the path that a proxy should cut off.
func (o Origin) HasPrefix(t Target) bool {
	rest, found := strings.CutPrefix(t.Path, o.Prefix)
	return o.Prefix != "" && found && (rest == "" || rest[0] == '/')
}

// IsHTTPS says whether visitors use https.
func (o Origin) IsHTTPS() bool { return o.Scheme == "https" }

// NewOrigin brings scheme and host into the form in which browsers write them; nothing
// else does. ws counts as http and wss as https. ok is false for any other scheme, and for
// a host that cannot stand in a URL.
func NewOrigin(scheme, host string) (o Origin, ok bool) {
	switch strings.ToLower(scheme) {
	case "https", "wss":
		o.Scheme = "https"
	case "http", "ws":
		o.Scheme = "http"
	default:
		return Origin{}, false
	}
	if !ValidHost(host) {
		return Origin{Scheme: o.Scheme}, false
	}
	o.Host = strings.ToLower(host)
	if o.Scheme == "https" {
		o.Host = strings.TrimSuffix(o.Host, ":443")
	} else {
		o.Host = strings.TrimSuffix(o.Host, ":80")
	}
	return o, true
}

// ParsePublicURL reads the address that visitors use.
func ParsePublicURL(raw string) (Origin, bool) {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return Origin{}, false
	}
	o, ok := NewOrigin(u.Scheme, u.Host)
	if !ok {
		return Origin{}, false
	}
	o.Prefix = strings.TrimRight(u.EscapedPath(), "/")
	return o, true
}

// OriginOf returns the origin of a request when the site's address is not configured.
// Without trustProxy, scheme and host are the connection's. With trustProxy, the nearest
// proxy decides. It wrote the last value; the visitor may have invented the earlier ones.
// ok is false when the request names no host that can stand in a URL. The scheme is right
// even then.
func OriginOf(host string, tls bool, h Header, trustProxy bool) (o Origin, ok bool) {
	scheme := "http"
	if tls {
		scheme = "https"
	}
	if trustProxy {
		if forwarded := lastListed(h.Values("X-Forwarded-Host")); forwarded != "" {
			host = forwarded
		}
		if o, ok := NewOrigin(lastListed(h.Values("X-Forwarded-Proto")), host); o.Scheme != "" {
			return o, ok
		}
	}
	return NewOrigin(scheme, host)
}

// Forwarded returns scheme and host as the nearest proxy names them, "" for what it does
// not name. direct is true when the request has no header of a proxy.
func Forwarded(h Header) (scheme, host string, direct bool) {
	direct = true
	for _, name := range [...]string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via"} {
		direct = direct && h.Get(name) == ""
	}
	return lastListed(h.Values("X-Forwarded-Proto")), lastListed(h.Values("X-Forwarded-Host")), direct
}

// lastListed returns the last value of a header that proxies append to, whether as a
// further line or behind a comma.
func lastListed(values []string) string {
	if len(values) == 0 {
		return ""
	}
	list := values[len(values)-1]
	return strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:])
}

// maxHost is the longest name of the domain name system, with a port.
const maxHost = 255 + len(":65535")

// ValidHost holds for a name, an address or an IPv6 literal, with or without a port:
// what can stand in a URL without being read as something else.
func ValidHost(host string) bool {
	if host == "" || len(host) > maxHost {
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
