package wxsim

import (
	"bytes"
	"encoding/json"
	"strings"
)

// The functions here damage the body of an answer that is right otherwise. A
// body that does not have what they look for stays as it is, or gets a field.

// insertInText puts bytes at the start of the nickname, or of the first other
// text that a person could have chosen.
func insertInText(what string) func([]byte) []byte {
	return func(body []byte) []byte {
		for _, field := range []string{`"nickname":"`, `"errmsg":"`} {
			if before, after, ok := bytes.Cut(body, []byte(field)); ok {
				return append(append(append(bytes.Clone(before), field...), what...), after...)
			}
		}
		open, _ := bytes.CutSuffix(body, []byte("}"))
		return append(bytes.Clone(open), `,"remark":"`+what+`"}`...)
	}
}

// swapTypes turns numbers into strings and openid into a number.
func swapTypes(body []byte) []byte {
	return changeFields(body, func(name string, value any) (any, bool) {
		switch v := value.(type) {
		case json.Number:
			return v.String(), true
		case string:
			if name == "openid" {
				return 123456789, true
			}
		}
		return value, true
	})
}

func keepFields(names ...string) func([]byte) []byte {
	return func(body []byte) []byte {
		return changeFields(body, func(name string, value any) (any, bool) {
			for _, kept := range names {
				if name == kept {
					return value, true
				}
			}
			return nil, false
		})
	}
}

func dropFields(names ...string) func([]byte) []byte {
	return func(body []byte) []byte {
		return changeFields(body, func(name string, value any) (any, bool) {
			for _, dropped := range names {
				if name == dropped {
					return nil, false
				}
			}
			return value, true
		})
	}
}

// changeFields rewrites the fields of a JSON object. A body that is none stays
// as it is.
func changeFields(body []byte, change func(name string, value any) (any, bool)) []byte {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var fields map[string]any
	if decoder.Decode(&fields) != nil {
		return body
	}
	for name, value := range fields {
		if value, keep := change(name, value); keep {
			fields[name] = value
		} else {
			delete(fields, name)
		}
	}
	out, err := json.Marshal(fields)
	if err != nil {
		return body
	}
	return out
}

// replaceOnce replaces the first of several texts, given in pairs.
func replaceOnce(pairs ...string) func([]byte) []byte {
	return func(body []byte) []byte { return []byte(strings.NewReplacer(pairs...).Replace(string(body))) }
}

// alterLast changes the last character of a state, or makes one up.
func alterLast(state string) string {
	if state == "" {
		return "x"
	}
	last := byte('x')
	if state[len(state)-1] == last {
		last = 'y'
	}
	return state[:len(state)-1] + string(last)
}
