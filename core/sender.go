package core

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// Writer is the response writer for the next handler of an adapter over net/http: w,
// with [Outcome.Complete] called when the headers are about to be sent. A handler can do
// with it what it can do with w: flush, hijack, push, send files (io.ReaderFrom), use
// http.ResponseController, send informational statuses. An interface that w lacks is not
// there either. It lies in the Outcome, so it costs no allocation.
//
// One thing is lost behind any writer but net/http's own: http.MaxBytesReader cannot ask
// net/http to close the connection. It still refuses the body, and net/http closes the
// connection by itself when more than 256 KiB of a body stay unread.
func (o *Outcome) Writer(w http.ResponseWriter) http.ResponseWriter {
	if o.Status != 0 || len(o.Header) == 0 && !o.private {
		return w
	}
	s := &o.sender
	s.inner, s.outcome = w, o
	_, flushes := w.(http.Flusher)
	_, hijacks := w.(http.Hijacker)
	_, pushes := w.(http.Pusher)
	switch {
	case flushes && hijacks && pushes:
		return (*senderFHP)(s)
	case flushes && hijacks:
		return (*senderFH)(s) // HTTP/1
	case flushes && pushes:
		return (*senderFP)(s) // HTTP/2
	case hijacks && pushes:
		return (*senderHP)(s)
	case flushes:
		return (*senderF)(s)
	case hijacks:
		return (*senderH)(s)
	case pushes:
		return (*senderP)(s) // http.TimeoutHandler
	}
	return s
}

// sender passes everything on to inner, and completes the headers first. Its types with
// a letter behind them have Flush, Hijack or Push as well; all have the same memory.
type sender struct{ senderBase }

type senderBase struct {
	inner   http.ResponseWriter
	outcome *Outcome
	sent    bool
}

// complete runs before the headers leave, once.
func (s *senderBase) complete() {
	if !s.sent {
		s.outcome.Complete(s.inner.Header())
		s.sent = true
	}
}

// Header implements http.ResponseWriter.
func (s *senderBase) Header() http.Header { return s.inner.Header() }

// WriteHeader implements http.ResponseWriter. An informational status is not the last.
func (s *senderBase) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		s.complete()
	}
	s.inner.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (s *senderBase) Write(b []byte) (int, error) {
	s.complete()
	return s.inner.Write(b)
}

// WriteString implements io.StringWriter.
func (s *senderBase) WriteString(text string) (int, error) {
	s.complete()
	return io.WriteString(s.inner, text)
}

// ReadFrom implements io.ReaderFrom, by which net/http sends files.
func (s *senderBase) ReadFrom(from io.Reader) (int64, error) {
	s.complete()
	if r, ok := s.inner.(io.ReaderFrom); ok {
		return r.ReadFrom(from)
	}
	return io.Copy(struct{ io.Writer }{s.inner}, from)
}

// FlushError is asked by http.ResponseController before Flush.
func (s *senderBase) FlushError() error {
	s.complete()
	return http.NewResponseController(s.inner).Flush()
}

// Unwrap is for http.ResponseController: deadlines and full duplex are inner's.
func (s *senderBase) Unwrap() http.ResponseWriter { return s.inner }

// CloseNotify implements http.CloseNotifier, which gin's c.Stream still asks for. The
// channel of an inner writer without one never tells anything.
func (s *senderBase) CloseNotify() <-chan bool {
	if n, ok := s.inner.(interface{ CloseNotify() <-chan bool }); ok {
		return n.CloseNotify()
	}
	return nil
}

func (s *senderBase) flush() {
	s.complete()
	s.inner.(http.Flusher).Flush()
}

func (s *senderBase) hijack() (net.Conn, *bufio.ReadWriter, error) {
	return s.inner.(http.Hijacker).Hijack()
}

func (s *senderBase) push(target string, o *http.PushOptions) error {
	return s.inner.(http.Pusher).Push(target, o)
}

type (
	senderF   struct{ senderBase }
	senderH   struct{ senderBase }
	senderP   struct{ senderBase }
	senderFH  struct{ senderBase }
	senderFP  struct{ senderBase }
	senderHP  struct{ senderBase }
	senderFHP struct{ senderBase }
)

func (s *senderF) Flush()   { s.flush() }
func (s *senderFH) Flush()  { s.flush() }
func (s *senderFP) Flush()  { s.flush() }
func (s *senderFHP) Flush() { s.flush() }

func (s *senderH) Hijack() (net.Conn, *bufio.ReadWriter, error)   { return s.hijack() }
func (s *senderFH) Hijack() (net.Conn, *bufio.ReadWriter, error)  { return s.hijack() }
func (s *senderHP) Hijack() (net.Conn, *bufio.ReadWriter, error)  { return s.hijack() }
func (s *senderFHP) Hijack() (net.Conn, *bufio.ReadWriter, error) { return s.hijack() }

func (s *senderP) Push(target string, o *http.PushOptions) error   { return s.push(target, o) }
func (s *senderFP) Push(target string, o *http.PushOptions) error  { return s.push(target, o) }
func (s *senderHP) Push(target string, o *http.PushOptions) error  { return s.push(target, o) }
func (s *senderFHP) Push(target string, o *http.PushOptions) error { return s.push(target, o) }
