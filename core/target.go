package core

import (
	"encoding/base64"
	"strings"
)

// carried is the query parameter of redirect_uri in which the asked query
// travels whole (base64url) when it uses a name that WeChat appends: WeChat adds
// code and state without removing those already there.
const carried = "_wx"

// target is a request target cut at the first '?'. Nothing in it is ever decoded
// or put together again from parts, so that the visitor ends on the bytes that
// were asked for.
type target struct {
	path  string
	query string // behind the '?'
	asks  bool   // there was a '?', perhaps with nothing behind it
}

// parseTarget refuses what must not become a Location: anything that is not a
// path of this origin (absolute form, "*"), control bytes and spaces (header
// injection; a parser that strips them sees another URL) and '#', which no
// browser sends. A target that begins with // or /\ is harmless because
// Locations are always absolute.
func parseTarget(raw string) (target, bool) {
	if raw == "" || raw[0] != '/' || !isTargetText(raw) {
		return target{}, false
	}
	path, query, asks := strings.Cut(raw, "?")
	return target{path, query, asks}, true
}

func (t target) String() string {
	if !t.asks {
		return t.path
	}
	return t.path + "?" + t.query
}

func (t target) len() int {
	if !t.asks {
		return len(t.path)
	}
	return len(t.path) + len("?") + len(t.query)
}

// last finds the last pair with this very name: its value undecoded, and where
// the pair lies in the query.
func (t target) last(name string) (value string, from, to int, found bool) {
	for to = len(t.query); ; to = from - 1 {
		from = strings.LastIndexByte(t.query[:to], '&') + 1
		if k, v, _ := strings.Cut(t.query[from:to], "="); k == name {
			return v, from, to, true
		}
		if from == 0 {
			return "", 0, 0, false
		}
	}
}

// value is the first value of a parameter with this very name, undecoded.
func (t target) value(name string) string {
	for pair := range strings.SplitSeq(t.query, "&") {
		if k, v, _ := strings.Cut(pair, "="); k == name {
			return v
		}
	}
	return ""
}

// without cuts the last pair of this name out and leaves every other byte.
func (t target) without(name string) target {
	_, from, to, found := t.last(name)
	switch {
	case !found:
	case from > 0:
		t.query = t.query[:from-1] + t.query[to:]
	case to < len(t.query):
		t.query = t.query[to+1:]
	default:
		t.query, t.asks = "", false
	}
	return t
}

// clean is the page that was asked for when this target is WeChat's way back:
// without the appended pair, and with the carried query restored. What a client
// added on the way (from=singlemessage) is kept. A carried query that is not
// one, or holds control bytes or '#', is dropped: it never is more than a query
// of this same path.
func (t target) clean() target {
	t = t.without("code").without("state")
	value, _, _, found := t.last(carried)
	if !found {
		return t
	}
	asked, ok := uncarry(value)
	for {
		if _, _, _, more := t.last(carried); !more {
			break
		}
		t = t.without(carried)
	}
	switch {
	case !ok:
		return t
	case t.asks && t.query != "":
		t.query = asked + "&" + t.query
	default:
		t.query, t.asks = asked, true
	}
	return t
}

// outbound is the target as it goes into redirect_uri.
func (t target) outbound() target {
	for _, name := range []string{"code", "state", "appid", carried} {
		if _, _, _, found := t.last(name); found {
			return target{t.path, carried + "=" + base64.RawURLEncoding.EncodeToString([]byte(t.query)), true}
		}
	}
	return t
}

func uncarry(value string) (string, bool) {
	if len(value) > maxTarget {
		return "", false // never of our making
	}
	b, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(b) == 0 {
		return "", false
	}
	query := string(b)
	return query, isTargetText(query)
}
