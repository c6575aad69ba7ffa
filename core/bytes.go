package core

// byteClass says of every byte what it may be part of. Tokens and targets are
// looked at byte by byte on every request, so this is a table.
const (
	wordByte      = 1 << iota // [0-9A-Za-z_-]
	forbiddenByte             // control bytes, space and '#': no part of a request target
	escapedByte               // what encoding/json may escape in a string: control bytes, " & < > \, and all that is not ASCII
)

var byteClass = func() (table [256]uint8) {
	for c := range table {
		switch {
		case '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', c == '_', c == '-':
			table[c] = wordByte
		case c <= ' ', c == 0x7f, c == '#':
			table[c] = forbiddenByte
		}
		if c < ' ' || c >= 0x7f || c == '"' || c == '&' || c == '<' || c == '>' || c == '\\' {
			table[c] |= escapedByte
		}
	}
	return table
}()

// isWord holds for [0-9A-Za-z_-]*.
func isWord(s string) bool {
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

// bigEndian reads the first eight bytes of b.
func bigEndian(b string) int64 {
	_ = b[7]
	return int64(b[0])<<56 | int64(b[1])<<48 | int64(b[2])<<40 | int64(b[3])<<32 |
		int64(b[4])<<24 | int64(b[5])<<16 | int64(b[6])<<8 | int64(b[7])
}
