package main

import "net/http"

// httpSeat calls a net/http handler without a server around it.
type httpSeat struct {
	handler http.Handler
	request *http.Request
	fresh   bool
	writer  recorder
	line    []string // the value of the Cookie header
}

func newHTTPSeat(h http.Handler, r *http.Request, fresh bool) *httpSeat {
	return &httpSeat{handler: h, request: r, fresh: fresh, writer: recorder{header: http.Header{}}, line: r.Header["Cookie"]}
}

func (s *httpSeat) swap(cookies string) { s.line[0] = cookies }

func (s *httpSeat) again() (status, size int) {
	s.writer.reset()
	r := s.request
	// Copying for everybody would cost those that allocate a write barrier that a
	// bare handler, behind which no collector runs, is spared.
	if s.fresh {
		r = new(http.Request)
		*r = *s.request
	}
	s.handler.ServeHTTP(&s.writer, r)
	return s.writer.status, len(s.writer.body)
}

func (s *httpSeat) body() string { return string(s.writer.body) }

// recorder is a response writer that keeps its memory. It costs less than a real
// one, which favours whoever sets headers.
type recorder struct {
	header http.Header
	status int
	body   []byte
}

func (w *recorder) reset() {
	clear(w.header)
	w.status = 0
	w.body = w.body[:0]
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.body = append(w.body, b...)
	return len(b), nil
}
