package web

import (
	"net/url"
	"strings"
)

// IsLocal holds for an address on this site: a path that no browser reads as another
// host, without control bytes (a parser may drop them and see "//"). A fragment is
// allowed.
func IsLocal(to string) bool {
	if to == "" || to[0] != '/' || len(to) > MaxTarget {
		return false
	}
	if len(to) > 1 && (to[1] == '/' || to[1] == '\\') {
		return false
	}
	for i := range len(to) {
		if to[i] < ' ' || to[i] == 0x7f {
			return false
		}
	}
	return true
}

// LocalTarget reads the value of "to" as it stands in a query. An absolute address of
// this very site is cut down to its path. Anything else that is not local becomes "/".
// A '+' stays a '+': encodeURIComponent never writes one for a space. What comes back is
// ASCII: other bytes are percent-encoded, as browsers do.
func LocalTarget(escaped string, at Origin) Target {
	to, err := url.PathUnescape(escaped)
	if err != nil {
		to = escaped
	}
	if to = at.cutOrigin(to); !IsLocal(to) {
		return Target{Path: "/"}
	}
	path, query, hasQuery := strings.Cut(escapeBytes(to), "?")
	return Target{path, query, hasQuery}
}

// cutOrigin cuts scheme, host and prefix off an address of this very site. The origin
// has to be written letter by letter as browsers write it. Any other address comes back
// as it is.
func (o Origin) cutOrigin(address string) string {
	rest, ok := strings.CutPrefix(address, o.String()+o.Prefix)
	switch {
	case !ok || o.Host == "":
		return address
	case rest == "" || rest[0] == '?' || rest[0] == '#':
		return "/" + rest
	case rest[0] != '/':
		return address // another host, or another path, that begins alike
	}
	return rest
}

// escapeBytes percent-encodes the bytes that a URL may not hold. It keeps escapes that
// are already there, and '?' and '#'.
func escapeBytes(s string) string {
	const digits = "0123456789ABCDEF"
	clean := true
	for i := range len(s) {
		clean = clean && byteClass[s[i]]&escapedByte == 0
	}
	if clean {
		return s
	}
	var b []byte
	for i := range len(s) {
		if c := s[i]; byteClass[c]&escapedByte != 0 {
			b = append(b, '%', digits[c>>4], digits[c&0xf])
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

// LocalReferer returns path and query of the page of this site that sent the request. It
// returns "" when the Referer is missing or names another site.
func LocalReferer(h Header, at Origin) string {
	referer := FirstHeader(h, "Referer")
	inside := at.cutOrigin(referer)
	if inside == referer {
		return ""
	}
	inside, _, _ = strings.Cut(inside, "#")
	if !IsLocal(inside) || !isTargetText(inside) {
		return ""
	}
	return escapeBytes(inside)
}
