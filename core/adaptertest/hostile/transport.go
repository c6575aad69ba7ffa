package hostile

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// transport carries core's calls to WeChat. It records the codes that are exchanged and
// the tokens in the replies, and can answer instead of WeChat.
type transport struct {
	mu       sync.Mutex
	codes    []string // codes exchanged, in order
	others   []string // hosts that are not WeChat's API
	tokens   []string
	own      func(*http.Request) (*http.Response, error) // answers a code exchange; nil: WeChat does
	wire     http.RoundTripper                           // keeps no connection: a row counts goroutines, and an idle connection has three
	api      string
	exchange string // path at which codes are exchanged
}

// RoundTrip implements http.RoundTripper.
func (o *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	o.mu.Lock()
	own := o.own
	exchange := r.URL.Path == o.exchange
	if exchange {
		o.codes = append(o.codes, r.URL.Query().Get("code"))
	}
	if !strings.HasPrefix(r.URL.String(), o.api+"/") {
		o.others = append(o.others, r.URL.Host)
	}
	o.mu.Unlock()
	if exchange && own != nil {
		return own(r)
	}
	resp, err := o.wire.RoundTrip(r)
	if err != nil || !exchange {
		return resp, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	var reply struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if json.Unmarshal(body, &reply) == nil && reply.Access != "" {
		o.mu.Lock()
		o.tokens = append(o.tokens, reply.Access, reply.Refresh)
		o.mu.Unlock()
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

func (o *transport) exchanged() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.codes)
}

// answer makes own answer every exchange until answer(nil).
func (o *transport) answer(own func(*http.Request) (*http.Response, error)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.own = own
}

func (o *transport) otherHosts() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.others)
}

func (o *transport) secrets() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(o.tokens), func(s string) bool { return s == "" })
}

// reply is a made-up response of WeChat.
func reply(r *http.Request, status int, body io.Reader, header ...string) *http.Response {
	h := http.Header{"Content-Type": {"text/plain"}}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(body), ContentLength: -1, Request: r,
	}
}

// endlessBody is a body without an end. It counts the bytes that are read.
type endlessBody struct {
	mu   sync.Mutex
	read int
}

func (e *endlessBody) Read(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.read += len(p)
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func (e *endlessBody) total() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.read
}

// slowBody is a body of one byte a second, until the request is cancelled.
type slowBody struct{ request *http.Request }

func (d slowBody) Read(p []byte) (int, error) {
	second := time.NewTimer(time.Second)
	defer second.Stop()
	select {
	case <-d.request.Context().Done():
		return 0, d.request.Context().Err()
	case <-second.C:
		p[0] = ' '
		return 1, nil
	}
}
