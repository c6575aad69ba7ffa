package wxapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
)

const freshToken = "59_freshCanary-in-an-error"

// shown is everything that common ways of printing make of v.
func shown(v any) string {
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%10.99s"} {
		text := fmt.Sprintf(verb, v)
		if verb == "%x" { // %x of a text is its bytes in hex
			raw := make([]byte, len(text)/2)
			if n, err := fmt.Sscanf(text, "%x", &raw); n == 1 && err == nil {
				text = string(raw)
			}
		}
		b.WriteString(text + "\n")
	}
	b.WriteString(fmt.Sprintln(v, []any{v}, map[string]any{"k": v}, struct{ V any }{v}))
	if j, err := json.Marshal(v); err == nil {
		b.Write(j)
	}
	if l, ok := v.(slog.LogValuer); ok && !reflect.ValueOf(v).IsZero() {
		b.WriteString(l.LogValue().String())
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(h).Error("failed", "v", v, slog.Group("g", "v", v))
	}
	return b.String()
}

// leaks returns the canaries in text.
func leaks(text string) (found []string) {
	for _, canary := range []string{testSecret, testCode, testAccess, testRefresh, freshToken} {
		for _, form := range []string{canary, url.QueryEscape(canary), url.PathEscape(canary)} {
			if strings.Contains(text, form) {
				found = append(found, form)
			}
		}
	}
	return found
}

// chain is err and everything it wraps.
func chain(err error) []error {
	all := []error{err}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			all = append(all, chain(inner)...)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			all = append(all, chain(inner)...)
		}
	}
	return all
}

// quiet and quietList hide what they wrap from their own text.
type (
	quiet     struct{ error }
	quietList []error
)

func (quiet) Error() string         { return "something" }
func (q quiet) Unwrap() error       { return q.error }
func (quietList) Error() string     { return "several" }
func (q quietList) Unwrap() []error { return q }
