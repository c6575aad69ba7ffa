package wxsim

import (
	"net/url"
	"strings"
)

// link is the query of an authorisation link as it was written: names in
// order, and for each name the first value, decoded and raw.
type link struct {
	order []string
	value map[string]string
	raw   map[string]string
}

// parseLink reads a raw query. url.ParseQuery would forget the order and refuse
// ";".
func parseLink(query string) link {
	l := link{value: map[string]string{}, raw: map[string]string{}}
	for _, part := range strings.Split(query, "&") {
		if part == "" {
			continue
		}
		name, raw, _ := strings.Cut(part, "=")
		name = unescape(name)
		l.order = append(l.order, name)
		if _, twice := l.value[name]; !twice {
			l.value[name], l.raw[name] = unescape(raw), raw
		}
	}
	return l
}

// unescape decodes percent-encoding. A text with broken encoding stays as it is.
func unescape(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return s
}

// misplaced returns the first name that is not where the documented pattern
// has it (appid, redirect_uri, response_type, scope, state if there is one,
// then only known extras, none twice), or "".
func (l link) misplaced() string {
	want := []string{"appid", "redirect_uri", "response_type", "scope", "state"}
	if _, ok := l.value["state"]; !ok {
		want = want[:4] // state is optional
	}
	seen := map[string]bool{}
	for i, name := range l.order {
		if i < len(want) {
			if name != want[i] {
				return name
			}
		} else if !knownExtra(name) || seen[name] {
			return name
		}
		seen[name] = true
	}
	return ""
}

// knownExtra says whether a parameter may follow state. The first two are
// documented, component_appid belongs to third-party platforms, and
// connect_redirect is undocumented, common, and changes nothing.
func knownExtra(name string) bool {
	switch name {
	case "forcePopup", "forceSnapShot", "component_appid", "connect_redirect":
		return true
	}
	return false
}
