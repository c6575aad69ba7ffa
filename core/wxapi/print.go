package wxapi

import (
	"fmt"
	"io"
	"strconv"
)

const mask = "***"

// masked leaves an empty value empty: a missing secret or token is the first
// thing to look for in a log, and it reveals nothing.
func masked(value string) string {
	if value == "" {
		return ""
	}
	return mask
}

// format writes text for a fmt.Formatter, quoted for %q. Writing to a fmt.State
// does not fail.
func format(s fmt.State, verb rune, text string) {
	if verb == 'q' {
		text = strconv.Quote(text)
	}
	_, _ = io.WriteString(s, text)
}
