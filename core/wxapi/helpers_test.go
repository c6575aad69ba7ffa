package wxapi

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

const (
	testAppID   = "wx520c15f417810387"
	testSecret  = "5ec2e7c0ffee5ec2e7c0ffee5ec2e7c0"
	testCode    = "061eY9xX08tQu02IH4wX05BjxX0eY9xA"
	testAccess  = "59_fZgYN+canary/access=-107"
	testRefresh = "59_canaryRefresh-52_h"
	testOpenID  = "oLVPpjqs9BhvzwPj5A-vTYAX3GLc"
	testUnionID = "o6_bmasdasdsad6_2sgVt7hMZOPfL"
)

// client returns a Client whose API is h.
func client(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return clientAt(t, Config{APIURL: srv.URL})
}

// clientAt completes cfg with an account.
func clientAt(t testing.TB, cfg Config) *Client {
	t.Helper()
	cfg.AppID, cfg.AppSecret = testAppID, testSecret
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// says answers every request with status and body, as text/plain.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// drips answers a byte every few milliseconds and completes the body with tail
// after two seconds, unless the client has gone by then.
func drips(tail string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for range 400 {
			_, _ = io.WriteString(w, " ")
			w.(http.Flusher).Flush()
			select {
			case <-tick.C:
			case <-r.Context().Done():
				return
			}
		}
		_, _ = io.WriteString(w, tail)
	}
}

// silent answers nothing until the client has gone, or two seconds have.
func silent(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-time.After(2 * time.Second):
	case <-r.Context().Done():
	}
}

// object is fields as JSON.
func object(t *testing.T, fields map[string]any) string {
	t.Helper()
	b, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// roundTrip is an http.RoundTripper.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
