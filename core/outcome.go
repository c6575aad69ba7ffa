package core

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

// ResponseHeader is what the core needs of a response's headers. [http.Header] is one;
// an adapter over another framework hands in a small type of its own. Names are given
// in canonical form and are to be compared without case.
type ResponseHeader interface {
	// Values returns all values of a header, each line of Set-Cookie by itself.
	Values(name string) []string
	// Add adds a line and leaves those that are there.
	Add(name, value string)
	// Set replaces all lines of a header by one.
	Set(name, value string)
	// Del removes all lines of a header.
	Del(name string)
}

// Outcome is the gate's answer. An adapter obeys it and decides nothing itself:
//
//	out := gate.Handle(ctx, request)
//	out.AddTo(header)                   // always, before anything is written
//	if out.Status != 0 {
//		// write Status and Body, and call no later handler
//		return
//	}
//	// call the next handler with Context as the request's context
//	out.Complete(header)                // as late as possible before the headers are sent
//
// A response writer of net/http sends its headers in the middle of a handler, so
// adapters over net/http give the next handler [Outcome.Writer], which calls Complete
// in time.
//
// Apps meet an Outcome where they answer errors themselves. Fill in Status, Header and
// Body, and leave the rest:
//
//	core.OnError(func(ctx context.Context, r *core.Request, err error) *core.Outcome {
//		if errors.Is(err, core.ErrOutside) {
//			return &core.Outcome{Status: 302, Header: http.Header{"Location": {"/how-to-open"}}}
//		}
//		return nil // the built-in answer
//	})
type Outcome struct {
	// Context goes on to the next handler, as the request's context. It holds the user,
	// for [FromContext]. Where Status is not 0 it is the request's own. In an answer of
	// the app's own (see [OnError]) it may be nil.
	Context context.Context

	// Header holds the response's headers: Set-Cookie, Location, Vary and so on. It may
	// be shared with other requests: read it, do not change it. See [Outcome.AddTo].
	Header http.Header

	// Status is the answer's status. 0 lets the request through to the next handler.
	// In an answer of the app's own it must be from 200 to 999.
	Status int

	// Body is the answer's body, written as it is. nil for an answer without one, and
	// wherever Status is 0.
	Body []byte

	// Err is why the visitor is shown an error: one of core's ErrOutside, ErrStuck, ...;
	// nil for redirects, for the 401 that asks for a login, and where Status is 0. It
	// never holds a secret, code or token. See [Outcome.ErrToReport].
	Err error

	ownHeader bool // the values in Header are this answer's alone; see AddTo

	own     bool      // an answer of the app's own
	private bool      // behind it is a page for one visitor
	shared  atomicBit // SharedCache of a gate further in
	lines   [2]string // of Vary and Cache-Control, see addPassing and keepPrivate
	sender  sender    // see Writer
}

// atomicBit is set by a gate further in, which may run in another goroutine (a
// http.TimeoutHandler between the two).
type atomicBit uint32

func (b *atomicBit) set()      { atomic.StoreUint32((*uint32)(b), 1) }
func (b *atomicBit) get() bool { return atomic.LoadUint32((*uint32)(b)) != 0 }

// ErrToReport is the error to hand to the framework, where it has a place for a
// request's errors (gin's c.Error); else nil. An answer of the library's own is
// complete, and an error middleware of the app's would write a second answer behind it.
// So only an error that the app's [OnError] has put into its answer is reported.
func (o *Outcome) ErrToReport() error {
	if !o.own {
		return nil
	}
	return o.Err
}

// AddTo puts Header into a response. Where the request goes on, every value is added to
// what middleware outside has set. An answer of our own is different: a header that may
// stand only once (Content-Type, Content-Security-Policy, Cache-Control, ...) replaces
// what is there, because two policies would both apply. What describes another body
// than ours is removed. Set-Cookie, Vary, Link and Server-Timing are added.
//
// Over net/http a request that goes on costs no allocation here.
func (o *Outcome) AddTo(h ResponseHeader) {
	if o.Status == 0 {
		o.addPassing(h)
		return
	}
	m, isMap := h.(http.Header)
	if !isMap || len(m) > 0 {
		for _, name := range othersBody {
			h.Del(name)
		}
	}
	var lines []string // of a map: one allocation for all
	if isMap && !o.ownHeader {
		lines = make([]string, 0, len(o.Header))
	}
	for name, values := range o.Header {
		if isMap && len(values) == 1 && (m[name] == nil || !standsTogether(name)) {
			if o.ownHeader {
				m[name] = values // grows away from its neighbours
				continue
			}
			lines = append(lines, values[0])
			m[name] = alone(lines)
			continue
		}
		if !standsTogether(name) {
			h.Del(name)
		}
		for _, value := range values {
			h.Add(name, value)
		}
	}
}

// othersBody are headers about a body that an answer of our own does not have. With
// them a page would be saved instead of shown, cut off, or kept by a cache that does not
// ask Cache-Control. Content-Encoding is not among them: a compressing middleware sets
// it before it compresses our body.
var othersBody = append([]string{
	"Content-Length", "Content-Disposition", "Content-Range", "Content-Language", "Etag", "Last-Modified", "Expires",
}, sharedCacheHeaders[:]...)

// standsTogether holds for headers of which a response may have several lines that do
// not contradict each other.
func standsTogether(name string) bool {
	switch name {
	case "Set-Cookie", "Vary", "Link", "Server-Timing":
		return true
	}
	return false
}

// addPassing adds every value. Most requests have one Vary, for which a map need not be
// gone through.
func (o *Outcome) addPassing(h ResponseHeader) {
	m, isMap := h.(http.Header)
	if values := o.Header["Vary"]; len(o.Header) == 1 && len(values) == 1 {
		if !isMap || m["Vary"] != nil {
			h.Add("Vary", values[0])
			return
		}
		o.lines[0] = values[0]
		m["Vary"] = o.lines[:1:1]
		return
	}
	for name, values := range o.Header {
		for _, value := range values {
			h.Add(name, value)
		}
	}
}

// alone is the last of values as a slice of its own, which grows away from them.
func alone(values []string) []string {
	n := len(values)
	return values[n-1 : n : n]
}

// Complete adds what a handler has removed of Header (fiber's proxy and static files
// throw a response away, gzip middleware sets Vary), and keeps the page of a logged-in
// visitor out of shared caches; see [SharedCache]. Call it when the handler has set its
// headers and they are not sent yet. It may be called several times. It does nothing
// where Status is not 0.
func (o *Outcome) Complete(h ResponseHeader) {
	if o.Status != 0 || o.sender.sent {
		return
	}
	if m, isMap := h.(http.Header); isMap && o.completePlain(m) {
		return
	}
	for name, values := range o.Header {
		switch name {
		case "Vary":
			if !variesByCookie(headerLines(h, "Vary")) {
				h.Add("Vary", "Cookie")
			}
		case "Set-Cookie":
			addMissingCookies(h, values)
		default:
			addMissing(h, name, values)
		}
	}
	if o.private && !o.shared.get() {
		o.keepPrivate(h)
	}
}

// completePlain completes the response of nearly every request: the handler left Vary
// alone and set at most a Content-Type. It is false for any other response.
// BenchmarkRequest in example/bench pays for it.
func (o *Outcome) completePlain(m http.Header) bool {
	if len(o.Header) != 1 || !o.private || o.shared.get() {
		return false
	}
	if vary := m["Vary"]; len(vary) != 1 || vary[0] != "Cookie" {
		return false
	}
	if len(m) > 2 || len(m) == 2 && m["Content-Type"] == nil {
		return false
	}
	o.lines[1] = privateByDefault
	m["Cache-Control"] = o.lines[1:2:2]
	return true
}

// headerLines are the values of a header. The names here are canonical, so a map is asked at
// once; its own method would make the name canonical anew.
func headerLines(h ResponseHeader, name string) []string {
	if m, ok := h.(http.Header); ok {
		return m[name]
	}
	return h.Values(name)
}

// DefaultCacheControl is what [Outcome.Complete] sets where a response has no
// Cache-Control; "" where it sets none. It is for adapters that know without a copy that
// a response is like that, and has our Vary.
func (o *Outcome) DefaultCacheControl() string {
	if o.private && !o.shared.get() {
		return privateByDefault
	}
	return ""
}

func variesByCookie(lines []string) bool {
	for _, line := range lines {
		if line == "Cookie" {
			return true
		}
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); name == "*" || strings.EqualFold(name, "Cookie") {
				return true
			}
		}
	}
	return false
}

// addMissingCookies goes by the cookies' names: a cookie that the handler has set to
// another value is the handler's.
func addMissingCookies(h ResponseHeader, cookies []string) {
	there := headerLines(h, "Set-Cookie")
	for _, cookie := range cookies {
		name, _, _ := strings.Cut(cookie, "=")
		if !slices.ContainsFunc(there, func(line string) bool { return strings.HasPrefix(line, name+"=") }) {
			h.Add("Set-Cookie", cookie)
		}
	}
}

// addMissing is for what comes with a cookie: scs adds no-cache="Set-Cookie".
func addMissing(h ResponseHeader, name string, values []string) {
	for _, value := range values {
		if !slices.ContainsFunc(headerLines(h, name), func(line string) bool { return strings.Contains(line, value) }) {
			h.Add(name, value)
		}
	}
}
