package wxapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// loginWithRetry is what core does: one more try where that makes sense.
func loginWithRetry(c *Client) error {
	_, err := c.Exchange(context.Background(), testCode)
	if Retryable(err) {
		_, err = c.Exchange(context.Background(), testCode)
	}
	return err
}

// Whatever happens to a connection opened ahead, the code is sent to WeChat once,
// and the visitor waits no longer than for a call that dials.
func TestTroubleWithConnectionsAhead(t *testing.T) {
	certificate, roots := newCertificate(t, "api.example.com")
	foreign, _ := newCertificate(t, "other.example.com")
	first := func(dial int) bool { return dial <= 4 } // the ones that were opened ahead
	closes := func(dial int, secure *tls.Conn) bool {
		if first(dial) {
			secure.Close()
			return true
		}
		return false
	}
	tests := []struct {
		rule   string
		change func(*link)
		away   time.Duration
		fails  bool // the login, as a temporary failure
		codes  int
		most   time.Duration // the visitor waits
	}{
		{"WeChat closes after the handshake", func(l *link) { l.after = closes }, time.Second, false, 1, 3 * roundTripTime},
		{"WeChat closes after 30 s", func(l *link) {
			l.after = func(dial int, secure *tls.Conn) bool {
				if first(dial) {
					time.Sleep(30 * time.Second)
				}
				return closes(dial, secure)
			}
		}, 40 * time.Second, false, 1, 3 * roundTripTime},
		{"WeChat closes during the handshake", func(l *link) {
			l.meddle = func(dial int, server net.Conn) bool {
				if first(dial) {
					server.Close()
				}
				return first(dial)
			}
		}, time.Second, false, 1, 3 * roundTripTime},
		{"stray bytes come before the request", func(l *link) {
			l.after = func(dial int, secure *tls.Conn) bool {
				if first(dial) {
					_, _ = io.WriteString(secure, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray")
				}
				return first(dial)
			}
		}, time.Second, false, 1, 3 * roundTripTime},
		{"bytes that are no TLS come before the request", func(l *link) {
			l.after = func(dial int, secure *tls.Conn) bool {
				if first(dial) {
					_, _ = io.WriteString(secure.NetConn(), "garbage garbage garbage")
				}
				return first(dial)
			}
		}, time.Second, false, 1, 3 * roundTripTime},
		{"half-open: what is sent gets lost, and the second try opens its own connection", func(l *link) { l.swallow = first },
			time.Second, false, 1, headerTimeout + 3*roundTripTime},
		{"the name resolves to nothing", func(l *link) {
			l.refuse = func(int) error { return &net.DNSError{Err: "no such host", Name: "api.example.com", IsNotFound: true} }
		}, time.Second, true, 0, 0},
		{"IPv6 is unreachable", func(l *link) {
			l.refuse = func(int) error { return &net.OpError{Op: "dial", Net: "tcp6", Err: syscall.ENETUNREACH} }
		}, time.Second, true, 0, 0},
		{"a name that resolves again when the visitor is back", func(l *link) {
			l.refuse = func(dial int) error {
				if first(dial) {
					return &net.DNSError{Err: "no such host", IsNotFound: true}
				}
				return nil
			}
		}, time.Second, false, 1, 3 * roundTripTime},
		{"a dial that hangs fails the first try, and the second one dials anew", func(l *link) {
			l.meddle = func(dial int, _ net.Conn) bool { return first(dial) }
		}, 100 * time.Millisecond, false, 1, handshakeTimeout + 3*roundTripTime},
		{"a handshake that always takes too long", func(l *link) {
			l.meddle = func(int, net.Conn) bool { return true }
		}, 100 * time.Millisecond, true, 0, 2*handshakeTimeout + 2*roundTripTime},
		{"a certificate for another name", func(l *link) {
			l.meddle = func(_ int, server net.Conn) bool {
				go func() { _ = tls.Server(server, &tls.Config{Certificates: []tls.Certificate{*foreign}}).Handshake() }()
				return true
			}
		}, time.Second, true, 0, 6 * roundTripTime},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(t, certificate)
			tt.change(l)
			c := l.client(roots)
			c.DialAhead(4)
			time.Sleep(tt.away)
			begun := time.Now()
			err := loginWithRetry(c)
			waited := time.Since(begun)
			_, _, codes, _ := l.seen()
			if tt.fails != (err != nil) || tt.fails && Classify(err) != ClassRetry || codes != tt.codes {
				t.Errorf("rule: %s: a failure of the network or a login, and the code arrives %d times: %d, %v, %v", tt.rule, tt.codes, codes, Classify(err), err)
			}
			if waited > tt.most {
				t.Errorf("rule: %s: nobody is stuck: %v, at most %v", tt.rule, waited, tt.most)
			}
			c.Close()
			synctest.Wait()
			if _, open, _, _ := l.seen(); open != 0 {
				t.Errorf("rule: %s: nothing stays open: %d", tt.rule, open)
			}
		})
	}
}

// The certificate changes between the start and the callback.
func TestACertificateThatChanges(t *testing.T) {
	certificate, roots := newCertificate(t, "api.example.com")
	foreign, _ := newCertificate(t, "other.example.com")
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, certificate)
		c := l.client(roots)
		c.DialAhead(1)
		time.Sleep(time.Second)
		l.mu.Lock()
		l.meddle = func(_ int, server net.Conn) bool {
			go func() { _ = tls.Server(server, &tls.Config{Certificates: []tls.Certificate{*foreign}}).Handshake() }()
			return true
		}
		l.mu.Unlock()
		if err := silentLogin(c); err != nil {
			t.Errorf("rule: the connection whose certificate was right serves its call: %v", err)
		}
		time.Sleep(aheadLife + time.Second)
		var wrong x509.HostnameError
		if err := loginWithRetry(c); !errors.As(err, &wrong) || Classify(err) != ClassRetry {
			t.Errorf("rule: a connection with a wrong certificate gets no code: %v", err)
		}
		if _, _, codes, _ := l.seen(); codes != 1 {
			t.Errorf("rule: a connection with a wrong certificate gets no code: %d", codes)
		}
	})
}

func TestAVisitorWhoLeavesWhileItOpens(t *testing.T) {
	certificate, roots := newCertificate(t, "api.example.com")
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, certificate)
		c := l.client(roots)
		c.DialAhead(1)
		ctx, cancel := context.WithTimeout(context.Background(), roundTripTime/2)
		defer cancel()
		if _, err := c.Exchange(ctx, testCode); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("rule: who waits for a connection leaves when the deadline comes: %v", err)
		}
		time.Sleep(time.Second)
		begun := time.Now()
		if err := silentLogin(c); err != nil || time.Since(begun) > 3*roundTripTime {
			t.Errorf("rule: the next login does not suffer from it: %v after %v", err, time.Since(begun))
		}
		if _, _, codes, _ := l.seen(); codes != 1 {
			t.Errorf("rule: who left has sent no code: %d", codes)
		}
	})
}

// Bytes come in the moment in which a call takes the connection.
func TestAConnectionWithStrayBytesIsNotHandedOver(t *testing.T) {
	for rule, end := range map[string]func(server net.Conn){
		"a byte came":       func(server net.Conn) { _, _ = server.Write([]byte("x")) },
		"the server closed": func(server net.Conn) { server.Close() },
	} {
		client, server := net.Pipe()
		r := newReadyConn(client)
		go r.watch()
		end(server)
		<-r.stopped
		if r.stop() != nil {
			t.Errorf("rule: a connection is not handed over when %s", rule)
		}
		server.Close()
	}
	client, server := net.Pipe()
	defer server.Close()
	r := newReadyConn(client)
	go r.watch()
	if r.stop() == nil {
		t.Error("rule: a quiet connection is handed over")
	}
	client.Close()
}

// A socket is looked at once more, in the moment before the request is sent.
func TestInputThatNobodyHasRead(t *testing.T) {
	for rule, end := range map[string]func(server *net.TCPConn){
		"the server closed":    func(server *net.TCPConn) { server.Close() },
		"the server reset":     func(server *net.TCPConn) { _ = server.SetLinger(0); server.Close() },
		"the server sent":      func(server *net.TCPConn) { _, _ = server.Write([]byte("x")) },
		"the server half-shut": func(server *net.TCPConn) { _ = server.CloseWrite() },
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		server, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		if hasInput(conn) {
			t.Errorf("rule: a quiet connection is fit for a request: before %s", rule)
		}
		end(server.(*net.TCPConn))
		// What arrives wakes a reader without taking anything away.
		raw, err := conn.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		_ = raw.Read(func(fd uintptr) bool {
			var b [1]byte
			_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			return err != syscall.EAGAIN
		})
		if !hasInput(conn) {
			t.Errorf("rule: no request goes out after %s", rule)
		}
	}
}

// Where connections cannot be handed over, calls dial as they need.
func TestWithoutConnectionsAhead(t *testing.T) {
	srv := httptest.NewServer(says(200, goodToken))
	defer srv.Close()
	given := clientAt(t, Config{APIURL: srv.URL, HTTPClient: &http.Client{}})
	given.DialAhead(4)
	given.KeepReady(4)
	if _, err := given.Exchange(context.Background(), testCode); err != nil {
		t.Errorf("rule: a given HTTPClient dials as it needs: %v", err)
	}
	given.Close()

	// The proxy answers in WeChat's place.
	var through int
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		through++
		if r.URL.Host != "api.example.com" {
			t.Errorf("rule: the proxy is asked for WeChat: %s", r.URL.Host)
		}
		says(200, goodToken)(w, r)
	}))
	defer proxy.Close()
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	api, err := url.Parse("http://api.example.com")
	if err != nil {
		t.Fatal(err)
	}
	d := newDialerThrough(api, http.ProxyURL(address))
	if d.ahead != nil {
		t.Error("rule: through a proxy nothing is opened ahead")
	}
	c := clientAt(t, Config{APIURL: api.String()})
	c.dialer, c.http.Transport = d, newTransport(d)
	c.DialAhead(4)
	if _, err := c.Exchange(context.Background(), testCode); err != nil || through != 1 {
		t.Errorf("rule: through a proxy a call dials as it needs: %v, %d", err, through)
	}
	c.Close()
}
