package wxsim

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
)

// Transport answers every request by the simulator itself, whatever its host,
// without a network: for the HTTP client of an application in a test, whose
// addresses can then stay WeChat's own. It is safe for concurrent use.
func (s *Sim) Transport() http.RoundTripper { return inProcess{s} }

// inProcess runs a handler instead of sending a request. Answers are read whole
// before they are returned, so that a handler that streams without end never
// returns.
type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (res *http.Response, err error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:1"
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if r.URL.Scheme == "https" {
		in.TLS = newTLSState(in.Host)
	}
	defer in.Body.Close()
	w := &recorder{header: http.Header{}}
	defer func() {
		// A handler that gives up the connection, as net/http would treat it.
		if p := recover(); p == http.ErrAbortHandler {
			res, err = nil, errors.New("wxsim: the handler closed the connection")
		} else if p != nil {
			panic(p)
		}
	}()
	t.handler.ServeHTTP(w, in)
	return w.response(r), nil
}

// recorder keeps an answer. It is not httptest's, which adds a flag to every
// program that imports it.
type recorder struct {
	header http.Header
	sent   http.Header // as it stood when the status was written
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// Flush makes the recorder an http.Flusher, which some handlers insist on.
func (w *recorder) Flush() { w.WriteHeader(http.StatusOK) }

func (w *recorder) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	length := int64(w.body.Len())
	if w.sent.Get("Content-Type") == "" && length > 0 {
		w.sent.Set("Content-Type", http.DetectContentType(w.body.Bytes()))
	}
	body := io.NopCloser(bytes.NewReader(w.body.Bytes()))
	if r.Method == http.MethodHead {
		body = http.NoBody
	}
	return &http.Response{
		Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: body, ContentLength: length, Request: r,
	}
}
