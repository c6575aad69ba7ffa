package wxapi

import (
	"bytes"
	"encoding/json"
)

// displayFields are the fields that nothing is decided by. They may come after a
// broken value.
var displayFields = map[string]bool{
	"nickname": true, "sex": true, "language": true, "city": true, "province": true, "country": true,
	"headimgurl": true, "privilege": true,
	"subscribe_time": true, "subscribe_scene": true, "remark": true, "groupid": true, "tagid_list": true,
	"qr_scene": true, "qr_scene_str": true,
	"errmsg": true, "rid": true,
}

// maxName is the longest name of a field that is looked for after a broken text.
const maxName = 64

// readDamaged reads the fields of an object that is no valid JSON, because a text
// in it is broken: `\'`, `\v`, an unescaped quote. A broken value is left out.
// Before the first one every field counts. After it only displayFields count: a
// text that can break the JSON can also write fields, so an open id, a union id
// or a subscribe from there could be the visitor's own.
//
// It is false if the object does not end with the body (a truncated reply may
// have lost anything) or if a name is there twice. The work is linear in the
// size of the body.
func (r *reply) readDamaged(body []byte) bool {
	if len(body) < 2 || body[0] != '{' || body[len(body)-1] != '}' {
		return false
	}
	r.damaged = true
	whole := true
	scan := scanner{body: body}
	for at := scan.skipSpace(1); ; {
		name, next, ok := scan.name(at)
		if !ok {
			return false
		}
		start := scan.skipSpace(next)
		end := scan.valueEnd(start)
		value := escapeControls(bytes.TrimRight(body[start:end], " \t\r\n"))
		valid := json.Valid(value)
		r.names = append(r.names, name)
		if valid && (whole || displayFields[name]) {
			r.fields[name] = json.RawMessage(value)
		}
		whole = whole && valid
		switch at = scan.skipSpace(end); {
		case at == len(body)-1: // the closing brace
			return !r.repeats()
		case at < len(body) && body[at] == ',':
			at = scan.skipSpace(at + 1)
		default:
			return false
		}
	}
}

// scanner finds names and values in an object that is no valid JSON.
type scanner struct {
	body  []byte
	steps int // bytes looked at, for the test that the work is linear
}

// name reads a name and its colon; next is behind them.
func (s *scanner) name(at int) (name string, next int, ok bool) {
	if at >= len(s.body) || s.body[at] != '"' {
		return "", 0, false
	}
	rest := s.body[at+1:]
	rest = rest[:min(len(rest), maxName+1)]
	s.steps += len(rest)
	n := bytes.IndexByte(rest, '"')
	if n < 0 || bytes.IndexByte(rest[:n], '\\') >= 0 {
		return "", 0, false
	}
	next = s.skipSpace(at + 1 + n + 1)
	if next >= len(s.body) || s.body[next] != ':' {
		return "", 0, false
	}
	return string(rest[:n]), next + 1, true
}

// valueEnd returns where the value that begins at start ends. A text ends at the
// first quote behind which the object goes on as an object does: with a comma and
// the next name, or with the brace that ends the body.
func (s *scanner) valueEnd(start int) int {
	depth, inText := 0, false
	for i := start; i < len(s.body); i++ {
		s.steps++
		switch b := s.body[i]; {
		case inText && b == '\\':
			i++
		case b == '"' && depth > 0:
			inText = !inText
		case b == '"' && !inText:
			inText = true
		case b == '"' && s.goesOn(i+1):
			return i + 1
		case inText:
		case b == '[' || b == '{':
			depth++
		case depth > 0 && (b == ']' || b == '}'):
			depth--
		case depth == 0 && (b == ',' || b == '}'):
			return i
		}
	}
	return len(s.body)
}

// goesOn reports whether an object continues or ends at at.
func (s *scanner) goesOn(at int) bool {
	at = s.skipSpace(at)
	if at == len(s.body)-1 {
		return s.body[at] == '}'
	}
	if at >= len(s.body) || s.body[at] != ',' {
		return false
	}
	_, _, ok := s.name(s.skipSpace(at + 1))
	return ok
}

func (s *scanner) skipSpace(at int) int {
	for at < len(s.body) && (s.body[at] == ' ' || s.body[at] == '\t' || s.body[at] == '\r' || s.body[at] == '\n') {
		at++
		s.steps++
	}
	return at
}
