package web

import "net/http"

// Header is what is needed of a request's headers. [http.Header] is one. Names are
// given in canonical form ("User-Agent").
type Header interface {
	// Get returns the first value of a header, or "".
	Get(name string) string
	// Values returns all values of a header in their order.
	Values(name string) []string
}

// First returns the first value of a header, or "". Every name in this project is
// canonical, so a map is asked at once: its own method would make the name canonical
// anew each time, which takes a third of BenchmarkScript.
func FirstHeader(h Header, name string) string {
	if m, ok := h.(http.Header); ok {
		if values := m[name]; len(values) > 0 {
			return values[0]
		}
		return ""
	}
	return h.Get(name)
}

// All returns every value of a header in their order, in the same way.
func AllHeaders(h Header, name string) []string {
	if m, ok := h.(http.Header); ok {
		return m[name]
	}
	return h.Values(name)
}
