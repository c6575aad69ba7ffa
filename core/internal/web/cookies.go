package web

import (
	"crypto/sha256"
	"encoding/base64"
	"iter"
	"strconv"
	"strings"
)

// MaxSameCookie is how many cookies of one name are tried: a sibling domain may have
// planted some.
const MaxSameCookie = 4

// CookieValues goes through the cookies of one name, at most [MaxSameCookie] of them.
// Values are returned as they were sent: the values of our cookies need no quotes and no
// escapes.
func CookieValues(h Header, name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		found := 0
		for _, line := range h.Values("Cookie") {
			for found < MaxSameCookie {
				value, rest, sent := FirstCookie(line, name)
				if !sent {
					break
				}
				found++
				if !yield(value) {
					return
				}
				line = rest
			}
		}
	}
}

// FirstCookie returns the value of the first cookie of one name in one Cookie line, and
// the rest of the line behind it. It searches for the name and does not split the line
// into pairs: a site's other cookies are many and long, and this runs on every request
// (BenchmarkKnown).
func FirstCookie(line, name string) (value, rest string, sent bool) {
	for end := 0; ; {
		at := strings.Index(line[end:], name)
		if at < 0 {
			return "", "", false
		}
		begin := end + at
		end = begin + len(name)
		if end < len(line) && line[end] == '=' && beginsPair(line[:begin]) {
			value, rest, _ = strings.Cut(line[end+1:], ";")
			return trimRight(value), rest, true
		}
	}
}

// beginsPair says whether a pair begins behind before.
func beginsPair(before string) bool {
	before = trimRight(before)
	return before == "" || before[len(before)-1] == ';'
}

func trimRight(s string) string {
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

const hostPrefix = "__Host-"

// CookieName adds the prefix __Host- over https. A browser takes a cookie of such a name
// only from this very host (RFC 6265bis). Over http browsers refuse the prefix.
func CookieName(name string, https bool) string {
	if https {
		return hostPrefix + name
	}
	return name
}

// SetCookie returns the Set-Cookie line of a cookie of this library. The cookie is
// HttpOnly, for all paths of this host and for no other host. It is SameSite=Lax, because
// the callback from WeChat is a cross-site navigation. maxAge is in seconds; 0 or less
// removes the cookie.
func SetCookie(name, value string, https bool, maxAge int) string {
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

// AccountTag is the part of a cookie's name that keeps two services on one host apart:
// those of two accounts, and those of one account under two paths of the site. path is
// the path of Config.PublicURL, "" without one.
func AccountTag(appID, path string) string {
	text := appID
	if path != "" {
		text += "\x00" + path
	}
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:3])
}
