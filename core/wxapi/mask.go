package wxapi

import (
	"fmt"
	"io"
	"strconv"
)

const mask = "***"

// masked lets an empty value show, because a missing secret or token is the
// first thing to look for in a log and gives nothing away.
func masked(value string) string {
	if value == "" {
		return ""
	}
	return mask
}

// format writes text for a fmt.Formatter; only %q differs, as for a string.
// Writing to a fmt.State does not fail.
func format(s fmt.State, verb rune, text string) {
	if verb == 'q' {
		text = strconv.Quote(text)
	}
	_, _ = io.WriteString(s, text)
}
