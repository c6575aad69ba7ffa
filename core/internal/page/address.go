package page

// Address makes an address safe to put into an HTML attribute, quoted either way, and
// into a QR code: it percent-encodes quotes, angle brackets, backquotes, blanks,
// control bytes and everything that is not ASCII. A browser does the same before it
// sends a request, so the address leads to the same place. '&' stays, because it
// separates parameters: it can end no attribute.
func Address(s string) string {
	unsafe := 0
	for i := range len(s) {
		if isUnsafe(s[i]) {
			unsafe++
		}
	}
	if unsafe == 0 {
		return s
	}
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, len(s)+2*unsafe)
	for i := range len(s) {
		c := s[i]
		if isUnsafe(c) {
			b = append(b, '%', hex[c>>4], hex[c&15])
			continue
		}
		b = append(b, c)
	}
	return string(b)
}

func isUnsafe(c byte) bool {
	return c <= ' ' || c >= 0x7f || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`'
}
