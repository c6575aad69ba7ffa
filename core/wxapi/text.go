package wxapi

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean removes what a name or a message has no use for and a page or a log
// can be deceived by. The joiners and variation selectors of emoji stay.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r),
			r == utf8.RuneError,            // what is left of broken UTF-8
			r == '\ufeff',                  // byte order mark
			r >= '\u2028' && r <= '\u202e', // line ends, bidi embeddings and overrides
			r >= '\u2066' && r <= '\u2069': // bidi isolates
			return -1
		}
		return r
	}, s)
}

// cut returns at most n runes of s.
func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
