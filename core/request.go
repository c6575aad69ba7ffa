package core

import (
	"context"
	"net/http"
)

// Header is what the core needs of a request's headers. [http.Header] is one;
// an adapter over another framework hands in a small type of its own. Names are
// given in canonical form ("User-Agent"). The strings must stay valid after the
// request: a framework that reuses its buffers copies them out here.
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

// Outcome is the gate's answer. An adapter obeys it and does nothing else:
//
//   - every value of every header in Header is added to the response, never set,
//     whatever Status is ([Outcome.AddTo] does it over net/http); Header itself may
//     be shared and is not changed;
//   - Status 0 means: call the next handler, with Context as the request's
//     context; nothing is written and the response writer is not wrapped;
//   - any other Status is the answer: it is written with Body, and no later
//     handler runs;
//   - Err, where the framework has a place for a request's errors, is put there.
//     It holds no secret, code or token.
type Outcome struct {
	Context context.Context
	Header  http.Header
	Status  int
	Body    []byte
	Err     error

	single    [1]string // see AddTo
	ownHeader bool      // the values in Header are this answer's alone; see AddTo
}
