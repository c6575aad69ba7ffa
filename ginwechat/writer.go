package ginwechat

import (
	"io"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
)

// writer completes the headers when they are about to be sent, and passes everything on.
type writer struct {
	gin.ResponseWriter
	out *core.Outcome
}

// next calls the handlers behind the gate with a writer that is used again, as gin's own
// is. After a panic it stays in place, for the recovery middleware outside.
func next(c *gin.Context, out *core.Outcome, writers *sync.Pool) {
	w := writers.Get().(*writer)
	w.ResponseWriter, w.out = c.Writer, out
	c.Writer = w
	c.Next()
	w.complete() // gin sends the headers of a handler that wrote nothing
	if c.Writer == w {
		c.Writer = w.ResponseWriter
		*w = writer{}
		writers.Put(w)
	}
}

func (w *writer) complete() {
	if !w.Written() {
		w.out.Complete(w.Header())
	}
}

// Write implements http.ResponseWriter.
func (w *writer) Write(b []byte) (int, error) {
	w.complete()
	return w.ResponseWriter.Write(b)
}

// WriteString implements io.StringWriter.
func (w *writer) WriteString(s string) (int, error) {
	w.complete()
	return w.ResponseWriter.WriteString(s)
}

// WriteHeaderNow implements gin.ResponseWriter. WriteHeader only notes the status.
func (w *writer) WriteHeaderNow() {
	w.complete()
	w.ResponseWriter.WriteHeaderNow()
}

// Flush implements http.Flusher.
func (w *writer) Flush() {
	w.complete()
	w.ResponseWriter.Flush()
}

// ReadFrom implements io.ReaderFrom, by which files are sent.
func (w *writer) ReadFrom(from io.Reader) (int64, error) {
	w.complete()
	if r, ok := w.ResponseWriter.(io.ReaderFrom); ok {
		return r.ReadFrom(from)
	}
	return io.Copy(struct{ io.Writer }{w.ResponseWriter}, from)
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
