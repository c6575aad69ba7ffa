package web

import "strings"

// byteClass says for each byte where it may stand. It is a table because tokens and
// targets are checked byte by byte on every request.
const (
	wordByte      = 1 << iota // [0-9A-Za-z_-]
	forbiddenByte             // control bytes, space and '#': no part of a request target
	escapedByte               // must be percent-encoded in a URL: space, quotes, < > \ ^ ` { | }, and all that is not ASCII
)

var byteClass = func() (table [256]uint8) {
	for c := range table {
		switch {
		case '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', c == '_', c == '-':
			table[c] = wordByte
		case c <= ' ', c == 0x7f, c == '#':
			table[c] = forbiddenByte
		}
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", byte(c)) >= 0 {
			table[c] |= escapedByte
		}
	}
	return table
}()

// IsWord holds for [0-9A-Za-z_-]*.
func IsWord(s string) bool {
	for i := range len(s) {
		if byteClass[s[i]]&wordByte == 0 {
			return false
		}
	}
	return true
}

// isTargetText holds for text that may stand in a request target. Control bytes may not:
// a parser that strips them would see another URL. '#' may not: no browser sends it.
func isTargetText(s string) bool {
	for i := range len(s) {
		if byteClass[s[i]]&forbiddenByte != 0 {
			return false
		}
	}
	return true
}
