package core

import (
	"net/url"
	"path"
	"strings"

	"github.com/seed467724c4/wechat/core/internal/web"
)

// Header is what the core needs of a request's headers. [http.Header] is one;
// an adapter over another framework hands in a small type of its own. Names are
// given in canonical form ("User-Agent") and are to be compared without case: some
// frameworks keep them as they were sent. The strings must stay valid after the
// request: a framework that reuses its buffers copies them here.
type Header interface {
	// Get returns the first value of a header, or "".
	Get(name string) string
	// Values returns all values of a header in their order.
	Values(name string) []string
}

// Request is a request as the server received it, before any forwarded header
// was applied. An adapter fills it in and decides nothing:
//
//   - Target is the raw request target of the request line, neither decoded nor
//     cleaned;
//   - Host and TLS are the connection's own; the core alone decides, by
//     [Config.PublicURL] and [Config.TrustProxy], what the visitor's browser sees;
//   - Header holds every value of every header, Cookie among them;
//   - no string may change after the request has ended.
//
// [Gate.Handle] keeps no Request; a [Skip] or [OnError] gets a copy.
type Request struct {
	Method string
	Target string
	Host   string
	TLS    bool
	Header Header
}

// Path is the path of the target, percent-decoded and cleaned as net/http's ServeMux
// cleans it: no "." or ".." segments, no double slashes, a slash at the end kept. It is
// "" where the target has no path that can be decoded. Use it in [Skip] and [OnError]
// instead of Target.
func (r *Request) Path() string {
	p, ok := r.decodedPath()
	if !ok {
		return ""
	}
	clean := path.Clean(p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}

// isAmbiguous holds for a path that routers read differently. Some decode it or remove
// its ".." segments before they choose a handler, and others do not. What such a path
// skips for one router could be a guarded page for another.
func (r *Request) isAmbiguous() bool {
	decoded, ok := r.decodedPath()
	if !ok || strings.ContainsAny(decoded, "\\\x00") || r.hasEncodedSlash() {
		return true
	}
	for segment := range strings.SplitSeq(decoded, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

func (r *Request) hasEncodedSlash() bool {
	t, _, _ := web.ParseRequestTarget(r.Target)
	return strings.Contains(t.Path, "%2f") || strings.Contains(t.Path, "%2F")
}

func (r *Request) decodedPath() (string, bool) {
	t, _, ok := web.ParseRequestTarget(r.Target)
	if !ok {
		return "", false
	}
	decoded, err := url.PathUnescape(t.Path)
	return decoded, err == nil
}
