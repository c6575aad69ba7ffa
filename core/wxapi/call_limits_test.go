package wxapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestProtocolChangeDoesNotHang(t *testing.T) {
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(4 * time.Second))
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn) // until the client hangs up
	})
	begun := time.Now()
	if _, err := c.Exchange(context.Background(), testCode); !errors.Is(err, ErrReply) || time.Since(begun) > 3*time.Second {
		t.Errorf("rule: 101 is no answer and its endless body is not read: %v", err)
	}
}

func TestOneConnectionPerCall(t *testing.T) {
	for _, given := range []*http.Client{nil, {Transport: &http.Transport{}}} {
		var mu sync.Mutex
		var peers []string
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			peers = append(peers, r.RemoteAddr)
			mu.Unlock()
			if !r.Close {
				t.Error("rule: the server is told that the connection ends")
			}
			says(200, goodToken)(w, r)
		}))
		c := clientAt(t, Config{APIURL: srv.URL, HTTPClient: given})
		for range 3 {
			if _, err := c.Exchange(context.Background(), testCode); err != nil {
				t.Error(err)
			}
		}
		srv.Close()
		slices.Sort(peers)
		if len(slices.Compact(peers)) != 3 {
			t.Errorf("rule: what follows one visitor's reply must not answer the next visitor's call: %q", peers)
		}
	}
}

func TestReplyLimit(t *testing.T) {
	pad := func(n int) string { return strings.Repeat(" ", n-len(goodToken)) + goodToken }
	c := client(t, says(200, pad(64<<10)))
	if _, err := c.Exchange(context.Background(), testCode); err != nil {
		t.Errorf("rule: 64 KiB are read: %v", err)
	}
	c = client(t, says(200, pad(64<<10+1)))
	if tok, err := c.Exchange(context.Background(), testCode); !errors.Is(err, ErrReply) || tok != nil {
		t.Errorf("rule: one byte more is refused: %v, %v", tok, err)
	}
	var sent atomic.Int64
	done := make(chan struct{})
	c = client(t, func(w http.ResponseWriter, _ *http.Request) {
		defer close(done)
		chunk := []byte(strings.Repeat(" ", 32<<10))
		for sent.Load() < 256<<20 {
			n, err := w.Write(chunk)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	if _, err := c.Exchange(context.Background(), testCode); !errors.Is(err, ErrReply) {
		t.Errorf("rule: an endless body is refused: %v", err)
	}
	<-done
	if sent.Load() >= 256<<20 {
		t.Error("rule: nothing is read beyond the limit, the connection is closed")
	}
}

func TestDeadlines(t *testing.T) {
	for rule, h := range map[string]http.HandlerFunc{
		"a server that never answers is left at the deadline": silent,
		"a slow drip is left at the deadline":                 drips(goodToken),
	} {
		t.Run(rule, func(t *testing.T) {
			for _, given := range []*http.Client{nil, {}} {
				srv := httptest.NewServer(h)
				ctx := context.Background()
				c := clientAt(t, Config{APIURL: srv.URL, Timeout: 60 * time.Millisecond, HTTPClient: given})
				tok, err := c.Exchange(ctx, testCode)
				srv.Close()
				if tok != nil || !errors.Is(err, context.DeadlineExceeded) || Classify(err) != ClassRetry {
					t.Errorf("rule: %s: %v, %v, %v", rule, tok, err, Classify(err))
				}
			}
		})
	}
	t.Run("the caller's cancelling is no reason to retry", func(t *testing.T) {
		for _, cause := range []error{nil, errors.New("visitor left")} {
			arrived := make(chan struct{})
			c := client(t, func(_ http.ResponseWriter, r *http.Request) { close(arrived); silent(nil, r) })
			ctx, cancel := context.WithCancelCause(context.Background())
			go func() { <-arrived; cancel(cause) }()
			_, err := c.Exchange(ctx, testCode)
			if !errors.Is(err, context.Canceled) || Classify(err) != ClassNone {
				t.Errorf("cause %v: %v, %v", cause, err, Classify(err))
			}
		}
	})
	t.Run("the caller's own deadline is passing trouble", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
		defer cancel()
		err := client(t, silent).Check(ctx, testAccess, testOpenID)
		if !errors.Is(err, context.DeadlineExceeded) || Classify(err) != ClassRetry {
			t.Errorf("got %v, %v", err, Classify(err))
		}
	})
}
