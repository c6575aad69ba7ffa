package core

import (
	"encoding/json"
	"net/http"
)

// problem is a problem document (RFC 9457).
type problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	LoginURL  string `json:"login_url,omitempty"`
	Reference string `json:"reference,omitempty"`
}

// problemHeader goes with every problem document; shared, never changed.
func problemHeader() http.Header {
	return http.Header{"Content-Type": {"application/problem+json"}, "Cache-Control": {"no-store"}, "Referrer-Policy": {"no-referrer"}}
}

// loginRequired is the document for a script that nobody is logged in for, written
// as encoding/json writes it and in a third of the time: apps that poll get it more
// often than any other answer (BenchmarkScript).
func loginRequired(loginURL string) []byte {
	const head = `{"type":"about:blank","title":"Login required","status":401,` +
		`"detail":"Open login_url in the page's own window; it comes back when the visitor is logged in.",` +
		`"login_url":`
	b := make([]byte, 0, len(head)+len(`""}`)+len(loginURL))
	b = appendJSON(append(b, head...), loginURL)
	return append(b, '}')
}

// appendJSON appends s as encoding/json writes a string. What needs an escape, or
// might, is left to it: the asker chose the bytes.
func appendJSON(b []byte, s string) []byte {
	for i := range len(s) {
		if byteClass[s[i]]&escapedByte != 0 {
			text, _ := json.Marshal(s) // never fails for a string
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
