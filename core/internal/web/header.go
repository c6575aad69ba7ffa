package web

import "net/http"

// Header reads the headers of a request. [http.Header] is one. Names are given in
// canonical form ("User-Agent").
type Header interface {
	// Get returns the first value of a header, or "".
	Get(name string) string
	// Values returns all values of a header in their order.
	Values(name string) []string
}

// FirstHeader returns the first value of a header, or "". It reads an [http.Header]
// directly as a map: the method Get would make the name canonical on each call, which
// takes a third of BenchmarkScript, and every name in this project is canonical already.
func FirstHeader(h Header, name string) string {
	if m, ok := h.(http.Header); ok {
		if values := m[name]; len(values) > 0 {
			return values[0]
		}
		return ""
	}
	return h.Get(name)
}

// AllHeaders returns all values of a header in their order. It reads an [http.Header] as
// FirstHeader does.
func AllHeaders(h Header, name string) []string {
	if m, ok := h.(http.Header); ok {
		return m[name]
	}
	return h.Values(name)
}
