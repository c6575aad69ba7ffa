package core

import (
	"iter"
	"strconv"
	"strings"
)

// cookieValues goes through the cookies of one name, at most maxSameCookie of
// them: a sibling domain may have planted others beside ours. Values are taken
// as they stand; those of our cookies need no quotes and no escapes.
func cookieValues(h Header, name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		found := 0
		for _, line := range h.Values("Cookie") {
			for line != "" && found < maxSameCookie {
				var pair string
				pair, line, _ = strings.Cut(line, ";")
				if value, ok := valueOf(pair, name); ok {
					found++
					if !yield(value) {
						return
					}
				}
			}
		}
	}
}

// cookieValue is the first cookie of one name in one Cookie line.
func cookieValue(line, name string) (value string, sent bool) {
	for line != "" {
		var pair string
		pair, line, _ = strings.Cut(line, ";")
		if value, ok := valueOf(pair, name); ok {
			return value, true
		}
	}
	return "", false
}

func valueOf(pair, name string) (string, bool) {
	for pair != "" && isSpace(pair[0]) {
		pair = pair[1:]
	}
	if len(pair) <= len(name) || pair[len(name)] != '=' || pair[:len(name)] != name {
		return "", false
	}
	value := pair[len(name)+1:]
	for value != "" && isSpace(value[len(value)-1]) {
		value = value[:len(value)-1]
	}
	return value, true
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

const hostPrefix = "__Host-"

// cookieName adds the prefix by which a browser guarantees that nobody but this
// very host set the cookie, over https (RFC 6265bis, __Host-). Over http there is
// no such promise to be had.
func cookieName(name string, https bool) string {
	if https {
		return hostPrefix + name
	}
	return name
}

// setCookie is the text that sets a cookie of ours: HttpOnly, for the whole host and
// no other, and Lax, because the way back from WeChat is cross-site. maxAge is in
// seconds; negative removes the cookie.
func setCookie(name, value string, https bool, maxAge int) string {
	b := make([]byte, 0, 192) // room for any of ours, on the stack
	if https {
		b = append(b, hostPrefix...)
	}
	b = append(append(b, name...), '=')
	b = append(append(b, value...), "; Path=/; Max-Age="...)
	b = strconv.AppendInt(b, int64(max(maxAge, 0)), 10)
	b = append(b, "; HttpOnly; SameSite=Lax"...)
	if https {
		b = append(b, "; Secure"...)
	}
	return string(b)
}
