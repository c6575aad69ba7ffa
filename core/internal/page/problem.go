package page

import (
	"encoding/json"
	"slices"
)

// ProblemType is the content type of a problem document.
const ProblemType = "application/problem+json"

// problem is a problem document (RFC 9457).
type problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	LoginURL  string `json:"login_url,omitempty"`
	Reference string `json:"reference,omitempty"`
}

// Problem tells a script what a page of this kind tells a visitor. It is in English,
// because developers read it. message is the app's own text instead of the page's, not
// escaped, or "".
func (r *Renderer) Problem(kind Kind, status int, reference, message string) []byte {
	s := r.words["en"].of(View{Kind: kind})
	if message != "" {
		s.Body = message
	}
	// Strings and a number: Marshal never fails for them.
	body, _ := json.Marshal(problem{Type: "about:blank", Title: s.Title, Status: status, Detail: s.Body, Reference: reference})
	return body
}

// LoginRequired is the 401 document for a script whose visitor is not logged in.
func LoginRequired(loginURL string) []byte { return AppendLoginRequired(nil, loginURL) }

// AppendLoginRequired appends that document to b. It is what encoding/json writes, in
// a third of the time: apps that poll get this answer more often than any other
// (BenchmarkScript in core).
func AppendLoginRequired(b []byte, loginURL string) []byte {
	const head = `{"type":"about:blank","title":"Login required","status":401,` +
		`"detail":"Open login_url in the page's own window; it comes back when the visitor is logged in.",` +
		`"login_url":`
	b = slices.Grow(b, len(head)+len(`""}`)+len(loginURL))
	b = appendJSON(append(b, head...), loginURL)
	return append(b, '}')
}

// appendJSON appends s as encoding/json writes a string. A string with a byte that
// may need an escape is left to encoding/json, because a stranger chose the bytes.
func appendJSON(b []byte, s string) []byte {
	for i := range len(s) {
		if mayNeedEscape[s[i]] {
			text, _ := json.Marshal(s) // never fails for a string
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// mayNeedEscape holds for the bytes that encoding/json may escape in a string: control
// bytes, " & < > \, and all that is not ASCII. It is a table because every byte of
// every login URL is looked up.
var mayNeedEscape = func() (table [256]bool) {
	for c := range table {
		table[c] = c < ' ' || c >= 0x7f || c == '"' || c == '&' || c == '<' || c == '>' || c == '\\'
	}
	return table
}()
