package push

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// byteOrderMark is U+FEFF, which some senders put in front.
const byteOrderMark = "\uFEFF"

// withoutForbidden leaves out a byte order mark and what XML forbids: control
// characters, U+FFFE and U+FFFF, broken UTF-8. People paste such bytes into a
// message, and it is better read without them than refused.
func withoutForbidden(body []byte) []byte {
	body = bytes.TrimPrefix(body, []byte(byteOrderMark))
	var out []byte
	copied := 0
	for at := 0; at < len(body); {
		r, size := utf8.DecodeRune(body[at:])
		if r == utf8.RuneError && size == 1 || !isAllowed(r) {
			if out == nil {
				out = make([]byte, 0, len(body))
			}
			out = append(out, body[copied:at]...)
			copied = at + size
		}
		at += size
	}
	if out == nil {
		return body
	}
	return append(out, body[copied:]...)
}

// isAllowed is XML 1.0's production Char.
func isAllowed(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || ' ' <= r && r <= 0xd7ff || 0xe000 <= r && r <= 0xfffd || 0x10000 <= r && r <= 0x10ffff
}

// isPlainText says that encoding/xml reads a text outside a section without an error.
func isPlainText(s string) bool {
	if strings.Contains(s, closeCDATA) || strings.ContainsRune(s, '<') {
		return false
	}
	for {
		_, behind, found := strings.Cut(s, "&")
		if !found {
			return true
		}
		name, rest := cutEntity(behind)
		if r, known := entity(name); !known || !isAllowed(r) {
			return false
		}
		s = rest
	}
}

// unescaped replaces entities. What is none stays as it is; characters that XML
// forbids are left out.
func unescaped(s string) string {
	var out strings.Builder
	for {
		before, behind, found := strings.Cut(s, "&")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		name, rest := cutEntity(behind)
		r, known := entity(name)
		if !known {
			out.WriteByte('&')
			s = behind
			continue
		}
		if isAllowed(r) {
			out.WriteRune(r)
		}
		s = rest
	}
}

// maxEntity is longer than any entity that XML knows: &#x10FFFF;
const maxEntity = 10

// cutEntity cuts behind "&" at ";". Without one there is no name, and "" is no entity.
func cutEntity(s string) (name, rest string) {
	i := strings.IndexByte(s[:min(len(s), maxEntity)], ';')
	if i < 0 {
		return "", ""
	}
	return s[:i], s[i+1:]
}

// entity is the character of an entity's name.
func entity(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, numeric := strings.CutPrefix(name, "#")
	radix := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, radix = hex, 16
	}
	n, err := strconv.ParseUint(digits, radix, 32)
	if !numeric || err != nil || n > utf8.MaxRune {
		return 0, false
	}
	return rune(n), true
}
