package rawhttp

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Patience limits every wait of the suites. Only a broken app makes one wait that
// long.
const Patience = 10 * time.Second

// Answer is a response with its whole body.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	URL    string // the address that was asked; may be empty
}

// String is for error texts: it shows at most 200 bytes of the body.
func (a *Answer) String() string {
	body := a.Body
	if len(body) > 200 {
		body = body[:200]
	}
	return fmt.Sprintf("%d from %s with Location %q and body %q", a.Status, a.URL, a.Header.Get("Location"), body)
}

// Conn is one keep-alive connection.
type Conn struct {
	conn net.Conn
	in   *bufio.Reader
}

// Dial connects to host, an address with a port.
func Dial(host string) (*Conn, error) {
	conn, err := net.DialTimeout("tcp", host, Patience)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(3 * Patience)); err != nil {
		conn.Close()
		return nil, err
	}
	return &Conn{conn, bufio.NewReader(conn)}, nil
}

// Close closes the connection.
func (c *Conn) Close() { c.conn.Close() }

// Ask sends a request and reads its answer.
func (c *Conn) Ask(raw string) (*Answer, error) {
	r, err := c.Begin(raw)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	return &Answer{Status: r.StatusCode, Header: r.Header, Body: body}, nil
}

// Begin sends a request and reads the status line and the headers of its answer.
func (c *Conn) Begin(raw string) (*http.Response, error) {
	if err := c.Write(raw); err != nil {
		return nil, err
	}
	method, _, _ := strings.Cut(raw, " ")
	r, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		line, _, _ := strings.Cut(raw, "\r\n")
		return nil, fmt.Errorf("%.100q got no HTTP answer: %w", line, err)
	}
	return r, nil
}

// Write sends a request and reads nothing.
func (c *Conn) Write(raw string) error {
	if raw == "" {
		return nil // even a write of nothing fails on a connection that was reset, whose answer can still be read
	}
	_, err := io.WriteString(c.conn, raw)
	return err
}

// Once sends a request on a connection of its own and reads its answer.
func Once(host, raw string) (*Answer, error) {
	c, err := Dial(host)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Ask(raw)
}

// Host is the host and port of a base URL such as "http://127.0.0.1:4711".
func Host(baseURL string) string { return strings.TrimPrefix(baseURL, "http://") }
