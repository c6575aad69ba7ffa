package web

import "strings"

// byteClass says of every byte what it may be part of. Tokens and targets are
// looked at byte by byte on every request, so this is a table.
const (
	wordByte      = 1 << iota // [0-9A-Za-z_-]
	forbiddenByte             // control bytes, space and '#': no part of a request target
	escapedByte               // no part of a URL as it stands: space, quotes, < > \ ^ ` { | }, and all that is not ASCII
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

// isTargetText holds for what may stand in a request target: a parser that strips
// control bytes would see another URL, and no browser sends '#'.
func isTargetText(s string) bool {
	for i := range len(s) {
		if byteClass[s[i]]&forbiddenByte != 0 {
			return false
		}
	}
	return true
}
