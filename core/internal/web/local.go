package web

import (
	"net/url"
	"strings"
)

// IsLocal holds for an address on this site: a path that no browser reads as
// another host, without control bytes (a parser may drop them and see "//"). A
// fragment is welcome.
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

// LocalTarget reads the value of "to" as it stands in a query; what is not local
// becomes "/". A '+' stays a '+': encodeURIComponent never writes one for a space.
func LocalTarget(escaped string) Target {
	to, err := url.PathUnescape(escaped)
	if err != nil {
		to = escaped
	}
	if !IsLocal(to) {
		return Target{Path: "/"}
	}
	path, query, asks := strings.Cut(strings.ReplaceAll(to, " ", "%20"), "?")
	return Target{path, query, asks}
}
