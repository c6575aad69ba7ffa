package wxapi

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// has reports whether the field is there and not null.
func (r reply) has(key string) bool {
	raw := r.fields[key]
	return len(raw) > 0 && string(raw) != "null"
}

// text returns a string field: "" and true if it is missing or null, false if it
// is not a string.
func (r reply) text(key string) (string, bool) {
	if !r.has(key) {
		return "", true
	}
	return asText(r.fields[key])
}

func asText(raw json.RawMessage) (string, bool) {
	var s string
	if raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	return s, true
}

// display returns a string field fit to be shown; "" if it is not a string.
func (r reply) display(key string) string {
	s, _ := r.text(key)
	return cut(clean(s), maxNickname)
}

// number returns a whole number, sent as a number or as a string: 0 and true if
// it is missing or null, false if it is something else.
func (r reply) number(key string) (int, bool) {
	if !r.has(key) {
		return 0, true
	}
	s, ok := asText(r.fields[key])
	if !ok {
		s = string(r.fields[key])
	}
	n, err := strconv.Atoi(strings.TrimSpace(s))
	return n, err == nil
}

// expiresIn returns expires_in; 0 if it is missing or no possible life.
func (r reply) expiresIn() time.Duration {
	if n, ok := r.number("expires_in"); ok && n > 0 && n <= maxExpiresIn {
		return time.Duration(n) * time.Second
	}
	return 0
}

// unionID returns the union id, "" if there is none. It is false if the union id
// has a shape that WeChat's never have: it identifies a visitor, so it is not
// repaired.
func (r reply) unionID() (string, bool) {
	s, ok := r.text("unionid")
	if !ok || s != "" && !idShape.MatchString(s) {
		return "", false
	}
	if r.insideProfile("unionid") {
		return "", true
	}
	return s, true
}

// insideProfile reports whether a field stands where only a nickname could have
// written it. If WeChat does not escape a quote, a visitor who calls herself
// `x","unionid":"...` adds a field in valid JSON, between her nickname and the
// next field of the profile. WeChat's own unionid follows all of them, and a
// second one makes the reply invalid. Residual risk: none is known; a reply
// whose nickname is its last field has no profile after it and is not WeChat's.
func (r reply) insideProfile(key string) bool {
	nickname, at := slices.Index(r.names, "nickname"), slices.Index(r.names, key)
	if nickname < 0 || at < nickname {
		return false
	}
	return slices.ContainsFunc(r.names[at:], func(name string) bool {
		switch name {
		case "sex", "language", "city", "province", "country", "headimgurl", "privilege":
			return true
		}
		return false
	})
}

// isNo reports whether a flag is missing or says no.
func (r reply) isNo(key string) bool {
	switch string(r.fields[key]) {
	case "", "null", "0", `"0"`, "false", `"false"`, `""`:
		return true
	}
	return false
}
