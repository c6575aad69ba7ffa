package wxapi

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// reply is the JSON object that WeChat answered with. Its fields are looked up
// by their exact names: encoding/json would take OPENID for openid.
type reply struct {
	status int
	fields map[string]json.RawMessage
}

func (r reply) bad(reason string) error { return &ReplyError{Status: r.status, Reason: reason} }

// readReply judges a body. The HTTP status is only told in errors, save for
// the ones that send has not read a body for.
func readReply(q question, status int, body []byte, h hidden) (reply, error) {
	r := reply{status: status, fields: map[string]json.RawMessage{}}
	switch {
	case status < 200 || status/100 == 3:
		return r, r.bad("a redirect or a change of protocol")
	case len(body) > q.most():
		return r, r.bad("more than " + strconv.Itoa(q.most()>>10) + " KiB")
	}
	body = escapeControls(bytes.TrimPrefix(body, []byte("\ufeff")))
	if !json.Valid(body) {
		return r, r.bad("not JSON")
	}
	if body = bytes.TrimLeft(body, " \t\r\n"); body[0] != '{' {
		return r, r.bad("not a JSON object")
	}
	if !r.fill(body) {
		return r, r.bad("one name with two values")
	}
	code, ok := r.number("errcode")
	if !ok {
		return r, r.bad("its errcode is not a number")
	}
	if code != 0 {
		for _, key := range []string{"access_token", "refresh_token", "ticket"} {
			if s, _ := r.text(key); s != "" {
				h = h.and(s)
			}
		}
		return r, newError(q.path, code, r, h)
	}
	return r, nil
}

// fill reads the fields of a valid JSON object. It is false when a name occurs
// twice with different values: which of two open ids is the right one cannot
// be told, and encoding/json would take the last.
func (r reply) fill(body []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(body))
	_, _ = dec.Token() // the brace; a valid object has no errors from here on
	for dec.More() {
		name, _ := dec.Token()
		var value json.RawMessage
		_ = dec.Decode(&value)
		key, _ := name.(string)
		if before, twice := r.fields[key]; twice && !bytes.Equal(before, value) {
			return false
		}
		r.fields[key] = value
	}
	return true
}

// has reports whether the field is there and not null.
func (r reply) has(key string) bool {
	raw := r.fields[key]
	return len(raw) > 0 && string(raw) != "null"
}

// text returns a string field. "" and true when it is missing or null, false
// when it is something else.
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

// number returns a whole number, sent as one or as a string. 0 and true when
// it is missing or null, false when it is something else.
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

// life returns expires_in; 0 when it is missing or no sensible number.
func (r reply) life() time.Duration {
	if n, ok := r.number("expires_in"); ok && n > 0 && n <= maxExpiresIn {
		return time.Duration(n) * time.Second
	}
	return 0
}

// unionID returns the union id, "" if there is none; false if it is none of
// WeChat's. It identifies a visitor, so a mangled one is not let pass.
func (r reply) unionID() (string, bool) {
	s, ok := r.text("unionid")
	return s, ok && (s == "" || idShape.MatchString(s))
}

// isNo reports whether a mark is missing or says no in some plain way.
func (r reply) isNo(key string) bool {
	switch string(r.fields[key]) {
	case "", "null", "0", `"0"`, "false", `"false"`, `""`:
		return true
	}
	return false
}

// escapeControls makes the raw control bytes inside strings legal JSON; WeChat
// sends them in names. They are escaped and not dropped, so that a field that
// must not have them, such as openid, is refused instead of mended. White
// space between tokens stays, and so does a control byte after a backslash,
// which has no meaning and fails to decode.
func escapeControls(body []byte) []byte {
	const hex = "0123456789abcdef"
	out := make([]byte, 0, len(body)+16)
	inString, escaped := false, false
	for _, b := range body {
		switch {
		case inString && !escaped && b < 0x20:
			out = append(out, '\\', 'u', '0', '0', hex[b>>4], hex[b&0xf])
			continue
		case escaped:
			escaped = false
		case inString && b == '\\':
			escaped = true
		case b == '"':
			inString = !inString
		}
		out = append(out, b)
	}
	return out
}
