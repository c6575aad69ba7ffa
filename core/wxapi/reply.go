package wxapi

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// reply is the JSON object that WeChat answered with. Fields are found by their
// exact names only: encoding/json would accept OPENID for openid.
type reply struct {
	status int
	fields map[string]json.RawMessage
	names  []string // in the order of the reply

	// damaged means that the body was no valid JSON. fields then holds what came
	// before the first broken value and, of what came after it, only fields for
	// display. See readDamaged.
	damaged bool
}

func (r reply) bad(reason string) error { return &ReplyError{Status: r.status, Reason: reason} }

// readReply decides by the body alone whether a call succeeded. The HTTP status
// only appears in errors, except for the statuses whose body is not read.
func readReply(c call, status int, body []byte, secrets redactor) (reply, error) {
	r := reply{status: status, fields: map[string]json.RawMessage{}}
	switch {
	case status < 200 || status/100 == 3:
		return r, r.bad("a redirect or a change of protocol")
	case len(body) > c.maxReply():
		return r, r.bad("more than " + strconv.Itoa(c.maxReply()>>10) + " KiB")
	}
	if err := r.read(body); err != nil {
		return r, err
	}
	code, ok := r.number("errcode")
	switch {
	case !ok:
		return r, r.bad("its errcode is not a number")
	case code != 0:
		for _, key := range []string{"access_token", "refresh_token", "ticket"} {
			if s, _ := r.text(key); s != "" {
				secrets = secrets.with(s)
			}
		}
		return r, newError(c.path, code, r, secrets)
	case r.damaged && !c.display:
		return r, r.bad("not JSON")
	}
	return r, nil
}

// read fills r from the body. WeChat has been seen to end a body with a NUL byte
// and to leave control bytes and broken escapes in the texts of people.
func (r *reply) read(body []byte) error {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n")
	body = bytes.TrimRight(body, " \t\r\n\x00")
	escaped := escapeControls(body)
	valid := json.Valid(escaped)
	switch {
	case valid && escaped[0] != '{':
		return r.bad("not a JSON object")
	case valid && !r.readObject(escaped), !valid && !r.readDamaged(body):
		if r.repeats() {
			return r.bad("one name twice")
		}
		return r.bad("not JSON")
	}
	return nil
}

// readObject reads the fields of a valid JSON object. It is false if a name is
// there twice: nobody can know which of two open ids is the right one, and
// encoding/json would take the last.
func (r *reply) readObject(body []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(body))
	_, _ = dec.Token() // the brace; a valid object has no errors from here on
	for dec.More() {
		name, _ := dec.Token()
		var value json.RawMessage
		_ = dec.Decode(&value)
		key, _ := name.(string)
		r.names = append(r.names, key)
		r.fields[key] = value
	}
	return !r.repeats()
}

// repeats reports whether a name is there twice.
func (r *reply) repeats() bool {
	seen := make(map[string]bool, len(r.names))
	for _, name := range r.names {
		if seen[name] {
			return true
		}
		seen[name] = true
	}
	return false
}

// escapeControls makes the raw control bytes inside strings legal JSON; WeChat
// sends them in names. It escapes them instead of dropping them, so that an
// openid with such a byte is rejected and not repaired. White space between
// tokens stays as it is. So does a control byte after a backslash: that has no
// meaning, and the string fails to decode.
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
