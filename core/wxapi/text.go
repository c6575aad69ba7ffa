package wxapi

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean removes characters that a name or a message does not need and that could
// forge a line of a log or the direction of a text on a page. The joiners and
// variation selectors of emoji stay.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r),
			r == utf8.RuneError,            // stands for broken UTF-8
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
