package web

import (
	"encoding/base64"
	"slices"
	"strings"
)

// MaxTarget bounds the address that a login can start on, in bytes, together with what
// travels beside it: the way back adds code and state, and fiber refuses about 4,096
// bytes of request headers. A logged-in visitor may ask for any length that the server
// takes.
const MaxTarget = 2048

// MaxCallback bounds the address that WeChat comes back to: a redirect URI of MaxTarget
// bytes, code, state, and what clients add (from=singlemessage). A longer address is
// never read as a callback.
const MaxCallback = MaxTarget + 1024

// carriedQuery is the parameter of a redirect URI that holds the asked query as a whole
// (base64url) when that query uses a name that WeChat appends: WeChat adds code and state
// without removing those that are already there.
const carriedQuery = "_wx"

// Target is a request target that is cut at the first '?'. It is never decoded and never
// built again from its parts, so that the visitor ends on the same bytes that were asked
// for.
type Target struct {
	Path     string
	Query    string // behind the '?'
	HasQuery bool   // there was a '?', perhaps with nothing behind it
}

// ParseTarget reads a request target of the form /path?query. It refuses what must not
// become a Location: control bytes and spaces (header injection; a parser that strips
// them sees another URL) and '#', which no browser sends. A target that begins with //
// or /\ is harmless because every Location is absolute.
func ParseTarget(raw string) (Target, bool) {
	if raw == "" || raw[0] != '/' || !isTargetText(raw) {
		return Target{}, false
	}
	path, query, hasQuery := strings.Cut(raw, "?")
	return Target{path, query, hasQuery}, true
}

// ParseRequestTarget also reads the absolute form, http://host/path?query, which every
// server must accept (RFC 9112 section 3.2.2). The authority then stands for the Host
// header; it is "" for the ordinary form.
func ParseRequestTarget(raw string) (t Target, authority string, ok bool) {
	if raw != "" && raw[0] == '/' {
		t, ok = ParseTarget(raw)
		return t, "", ok
	}
	scheme, rest, found := strings.Cut(raw, "://")
	if !found || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return Target{}, "", false
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	authority, rest = rest[:end], rest[end:]
	if rest == "" || rest[0] == '?' {
		rest = "/" + rest
	}
	if !ValidHost(authority) {
		return Target{}, "", false
	}
	t, ok = ParseTarget(rest)
	return t, authority, ok
}

func (t Target) String() string {
	if !t.HasQuery {
		return t.Path
	}
	return t.Path + "?" + t.Query
}

// Len is the length of the target in bytes.
func (t Target) Len() int {
	if !t.HasQuery {
		return len(t.Path)
	}
	return len(t.Path) + len("?") + len(t.Query)
}

// LastParam finds the last parameter with this very name: its value undecoded, and
// where the pair lies in the query.
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

// FirstParam is the value of the first parameter with this very name, undecoded.
func (t Target) FirstParam(name string) string {
	for pair := range strings.SplitSeq(t.Query, "&") {
		if k, v, _ := strings.Cut(pair, "="); k == name {
			return v
		}
	}
	return ""
}

// Without leaves out the last pair of each name, and pairs that repeat it byte for byte.
// Every other byte stays.
func (t Target) Without(names ...string) Target { return t.without(false, names...) }

// without goes through the query once, however often a name is repeated. With own it
// also leaves out every parameter of this library.
func (t Target) without(own bool, names ...string) Target {
	if !t.HasQuery {
		return t
	}
	last := make([]string, 0, len(names))
	for _, name := range names {
		if _, from, to, found := t.LastParam(name); found {
			last = append(last, t.Query[from:to])
		}
	}
	var kept strings.Builder
	dropped, first := false, true
	for from := 0; from <= len(t.Query); {
		to := len(t.Query)
		if n := strings.IndexByte(t.Query[from:], '&'); n >= 0 {
			to = from + n
		}
		pair := t.Query[from:to]
		if slices.Contains(last, pair) || own && isOwnParam(pair) {
			dropped = true
		} else {
			if !first {
				kept.WriteByte('&')
			}
			kept.WriteString(pair)
			first = false
		}
		from = to + 1
	}
	if !dropped {
		return t
	}
	if first {
		return Target{Path: t.Path}
	}
	return Target{t.Path, kept.String(), true}
}

func isOwnParam(pair string) bool {
	name, _, _ := strings.Cut(pair, "=")
	return name == carriedQuery
}

// WithoutCallback is the page that was asked for when this target is WeChat's way back:
// without code and state, also where something on the way has doubled them, and with
// the carried query restored. What a client added on the way (from=singlemessage) is
// kept. A carried query that is not one, or that holds control bytes or '#', is
// dropped: it never is more than a query of this same path. more are further names
// that WeChat adds.
func (t Target) WithoutCallback(more ...string) Target {
	value, _, _, carried := t.LastParam(carriedQuery)
	t = t.without(true, append(more, "code", "state")...)
	if !carried {
		return t
	}
	asked, ok := decodeCarried(value)
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

// ForRedirectURI is the target as it goes into redirect_uri. A query that uses a name
// of WeChat's or of this library's travels as a whole in one parameter. A target that
// comes back from WeChat with such a parameter, and with a state that was lost or
// altered on the way, keeps the parameter as it is: it never grows.
func (t Target) ForRedirectURI() Target {
	if t.isLostCallback() {
		value, _, _, _ := t.LastParam(carriedQuery)
		return Target{t.Path, carriedQuery + "=" + value, true}
	}
	for _, name := range []string{"code", "state", "appid", carriedQuery} {
		if _, _, _, found := t.LastParam(name); found {
			return Target{t.Path, carriedQuery + "=" + base64.RawURLEncoding.EncodeToString([]byte(t.Query)), true}
		}
	}
	return t
}

// isLostCallback holds for a code beside a carried query, which only a redirect URI of
// this library comes back with. The carried query may have been altered, too.
func (t Target) isLostCallback() bool {
	_, _, _, coded := t.LastParam("code")
	_, _, _, carried := t.LastParam(carriedQuery)
	return coded && carried
}

// IsReturn says whether this address looks like WeChat's way back whose state cannot be
// read: it has a code such as WeChat makes. second says that the address shows by
// itself that it is at least the second such return, which needs no cookie.
func (t Target) IsReturn() (returned, second bool) {
	if t.Len() > MaxCallback {
		return false, false
	}
	code, _, _, found := t.LastParam("code")
	if !found || len(code) < minCode || len(code) > maxCode || !IsWord(code) {
		return false, false
	}
	return true, t.isLostCallback()
}

// A code of WeChat's had 32 characters whenever it was seen; its length may change
// (网页授权).
const (
	minCode = 24
	maxCode = 512
)

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
