package adaptertest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// patience bounds every wait of the suite; nothing waits that long unless it is
// broken.
const patience = 10 * time.Second

// answer is a response, read whole.
type answer struct {
	status int
	header http.Header
	body   []byte
	url    string // that was asked
}

func (a *answer) String() string {
	body := a.body
	if len(body) > 200 {
		body = body[:200]
	}
	return fmt.Sprintf("%d from %s with Location %q and body %q", a.status, a.url, a.header.Get("Location"), body)
}

// wire is one keep-alive connection on which requests are written byte by byte:
// every HTTP client would mend some of them.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
}

func dial(host string) (*wire, error) {
	conn, err := net.DialTimeout("tcp", host, patience)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(3 * patience)); err != nil {
		conn.Close()
		return nil, err
	}
	return &wire{conn, bufio.NewReader(conn)}, nil
}

func (w *wire) close() { w.conn.Close() }

// ask sends a request and reads its answer.
func (w *wire) ask(raw string) (*answer, error) {
	r, err := w.begin(raw)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	return &answer{status: r.StatusCode, header: r.Header, body: body}, nil
}

// begin sends a request and reads the head of its answer.
func (w *wire) begin(raw string) (*http.Response, error) {
	if _, err := io.WriteString(w.conn, raw); err != nil {
		return nil, err
	}
	method, _, _ := strings.Cut(raw, " ")
	r, err := http.ReadResponse(w.in, &http.Request{Method: method})
	if err != nil {
		line, _, _ := strings.Cut(raw, "\r\n")
		return nil, fmt.Errorf("%.100q got no HTTP answer: %w", line, err)
	}
	return r, nil
}

// once asks on a connection of its own.
func once(host, raw string) (*answer, error) {
	w, err := dial(host)
	if err != nil {
		return nil, err
	}
	defer w.close()
	return w.ask(raw)
}
