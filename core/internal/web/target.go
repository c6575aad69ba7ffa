package web

import (
	"encoding/base64"
	"strings"
)

// carriedQuery is the query parameter of redirect_uri in which the asked query
// travels whole (base64url) when it uses a name that WeChat appends: WeChat adds
// code and state without removing those already there.
const carriedQuery = "_wx"

// MaxTarget bounds the address that a login can start on, in bytes, with what travels
// beside it: the way back adds code and state, and fiber refuses about 4,096 bytes of
// request headers. A logged-in visitor may ask for any length the server takes.
const MaxTarget = 2048

// Target is a request target cut at the first '?'. Nothing in it is ever decoded
// or put together again from parts, so that the visitor ends on the bytes that
// were asked for.
type Target struct {
	Path     string
	Query    string // behind the '?'
	HasQuery bool   // there was a '?', perhaps with nothing behind it
}

// ParseTarget refuses what must not become a Location: anything that is not a
// Path of this origin (absolute form, "*"), control bytes and spaces (header
// injection; a parser that strips them sees another URL) and '#', which no
// browser sends. A target that begins with // or /\ is harmless because
// Locations are always absolute.
func ParseTarget(raw string) (Target, bool) {
	if raw == "" || raw[0] != '/' || !isTargetText(raw) {
		return Target{}, false
	}
	path, query, asks := strings.Cut(raw, "?")
	return Target{path, query, asks}, true
}

func (t Target) String() string {
	if !t.HasQuery {
		return t.Path
	}
	return t.Path + "?" + t.Query
}

func (t Target) Len() int {
	if !t.HasQuery {
		return len(t.Path)
	}
	return len(t.Path) + len("?") + len(t.Query)
}

// LastParam finds the last pair with this very name: its value undecoded, and where
// the pair lies in the query.
func (t Target) LastParam(name string) (value string, from, to int, found bool) {
	for to = len(t.Query); ; to = from - 1 {
		from = strings.LastIndexByte(t.Query[:to], '&') + 1
		if k, v, _ := strings.Cut(t.Query[from:to], "="); k == name {
			return v, from, to, true
		}
		if from == 0 {
			return "", 0, 0, false
		}
	}
}

// FirstParam is the first value of a parameter with this very name, undecoded.
func (t Target) FirstParam(name string) string {
	for pair := range strings.SplitSeq(t.Query, "&") {
		if k, v, _ := strings.Cut(pair, "="); k == name {
			return v
		}
	}
	return ""
}

// Without cuts the last pair of this name out and leaves every other byte.
func (t Target) Without(name string) Target {
	_, from, to, found := t.LastParam(name)
	switch {
	case !found:
	case from > 0:
		t.Query = t.Query[:from-1] + t.Query[to:]
	case to < len(t.Query):
		t.Query = t.Query[to+1:]
	default:
		t.Query, t.HasQuery = "", false
	}
	return t
}

// WithoutCallback is the page that was asked for when this target is WeChat's way back:
// Without the appended pair, and with the carried query restored. What a client
// added on the way (from=singlemessage) is kept. A carried query that is not
// one, or holds control bytes or '#', is dropped: it never is more than a query
// of this same path.
func (t Target) WithoutCallback() Target {
	t = t.Without("code").Without("state")
	value, _, _, found := t.LastParam(carriedQuery)
	if !found {
		return t
	}
	asked, ok := decodeCarried(value)
	for {
		if _, _, _, more := t.LastParam(carriedQuery); !more {
			break
		}
		t = t.Without(carriedQuery)
	}
	switch {
	case !ok:
		return t
	case t.HasQuery && t.Query != "":
		t.Query = asked + "&" + t.Query
	default:
		t.Query, t.HasQuery = asked, true
	}
	return t
}

// ForRedirectURI is the target as it goes into redirect_uri.
func (t Target) ForRedirectURI() Target {
	for _, name := range []string{"code", "state", "appid", carriedQuery} {
		if _, _, _, found := t.LastParam(name); found {
			return Target{t.Path, carriedQuery + "=" + base64.RawURLEncoding.EncodeToString([]byte(t.Query)), true}
		}
	}
	return t
}

func decodeCarried(value string) (string, bool) {
	if len(value) > MaxTarget {
		return "", false // never of our making
	}
	b, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(b) == 0 {
		return "", false
	}
	query := string(b)
	return query, isTargetText(query)
}
