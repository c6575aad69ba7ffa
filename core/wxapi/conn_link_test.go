package wxapi

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// link is a way to a WeChat of the test's own in another city: bytes take half a
// roundTripTime in each direction, on the clock of a synctest bubble. So the time
// that a call takes is the round trips it waits for, exactly.
type link struct {
	t      *testing.T
	server *http.Server
	accept chan net.Conn
	done   chan struct{}

	mu      sync.Mutex
	dials   int
	open    int // connections of the client that are not closed
	resumed int // TLS sessions that were resumed
	codes   int // exchanges that arrived
	other   int // other requests that arrived
	ends    []net.Conn

	refuse  func(dial int) error                  // nil: every dial succeeds
	swallow func(dial int) bool                   // what the client sends after the handshake gets lost
	meddle  func(dial int, server net.Conn) bool  // true: the test serves the connection itself
	after   func(dial int, secure *tls.Conn) bool // the same, after the handshake
}

const roundTripTime = 60 * time.Millisecond

var errLinkClosed = errors.New("the link is closed")

// newLink starts the server inside a bubble. A nil certificate means plain http.
func newLink(t *testing.T, certificate *tls.Certificate) *link {
	t.Helper()
	l := &link{t: t, accept: make(chan net.Conn), done: make(chan struct{})}
	l.server = &http.Server{Handler: http.HandlerFunc(l.answer), ErrorLog: log.New(io.Discard, "", 0)}
	var config *tls.Config
	if certificate != nil {
		config = &tls.Config{Certificates: []tls.Certificate{*certificate}}
	}
	go func() { _ = l.server.Serve(&linkListener{l, config}) }()
	t.Cleanup(func() {
		l.server.Close()
		l.mu.Lock()
		for _, end := range l.ends {
			end.Close()
		}
		l.mu.Unlock()
		time.Sleep(time.Minute) // for what is under way
	})
	return l
}

func (l *link) answer(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.TLS != nil && r.TLS.DidResume {
		l.resumed++
	}
	switch r.URL.Path {
	case "/sns/oauth2/access_token":
		l.codes++
		_, _ = io.WriteString(w, goodToken)
	case "/sns/userinfo":
		l.other++
		_, _ = io.WriteString(w, `{"openid":"`+testOpenID+`","nickname":"Mei"}`)
	case followerPath:
		l.other++
		_, _ = io.WriteString(w, `{"subscribe":1,"openid":"`+testOpenID+`"}`)
	default:
		l.other++
		_, _ = io.WriteString(w, `{"access_token":"`+tokenOf(1)+`","expires_in":7200}`)
	}
}

// client returns a client of its own transport whose connections take the link.
func (l *link) client(roots *x509.CertPool) *Client {
	l.t.Helper()
	scheme := "http"
	if roots != nil {
		scheme = "https"
	}
	c := clientAt(l.t, Config{APIURL: scheme + "://api.example.com"})
	// The dialer asks its connect function anew each time, so it can be replaced.
	c.dialer.connect = l.dial
	c.dialer.tls.RootCAs = roots
	open := c.dialer.connect
	if roots != nil {
		open = c.dialer.connectTLS
	}
	c.dialer.ahead = newAhead(func(ctx context.Context) (net.Conn, error) { return open(ctx, "tcp", c.dialer.addr) })
	l.t.Cleanup(c.Close)
	return c
}

func (l *link) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	l.mu.Lock()
	l.dials++
	n, refuse, meddled := l.dials, l.refuse, l.meddle != nil || l.after != nil || l.swallow != nil
	l.mu.Unlock()
	if refuse != nil {
		if err := refuse(n); err != nil {
			return nil, err
		}
	}
	select {
	case <-time.After(roundTripTime):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	client, near := net.Pipe()
	far, server := net.Pipe()
	lost := &lossy{}
	if meddled {
		l.mu.Lock()
		l.ends = append(l.ends, client, near, far, server)
		l.mu.Unlock()
	}
	go carry(near, far, lost)
	go carry(far, near, &lossy{})
	select {
	case l.accept <- &numbered{server, n, lost}:
	case <-l.done:
		return nil, errLinkClosed
	}
	l.count(1)
	return &counted{Conn: client, closed: func() { l.count(-1) }}, nil
}

func (l *link) count(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open += n
}

func (l *link) seen() (dials, open, codes, other int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dials, l.open, l.codes, l.other
}

// carry moves bytes one way, in order, each half a round trip late.
func carry(from, to net.Conn, lost *lossy) {
	type piece struct {
		bytes []byte
		at    time.Time
	}
	under := make(chan piece, 1024)
	go func() {
		for p := range under {
			time.Sleep(time.Until(p.at))
			if !lost.yes() {
				_, _ = to.Write(p.bytes)
			}
		}
		to.Close()
	}()
	defer close(under)
	for {
		b := make([]byte, 16<<10)
		n, err := from.Read(b)
		if err != nil {
			return
		}
		under <- piece{b[:n], time.Now().Add(roundTripTime / 2)}
	}
}

// lossy is whether a direction loses what it carries.
type lossy struct {
	mu   sync.Mutex
	lost bool
}

func (l *lossy) yes() bool { l.mu.Lock(); defer l.mu.Unlock(); return l.lost }
func (l *lossy) lose()     { l.mu.Lock(); defer l.mu.Unlock(); l.lost = true }

// numbered is the server's end of a dial.
type numbered struct {
	net.Conn
	dial int
	lost *lossy
}

type counted struct {
	net.Conn
	once   sync.Once
	closed func()
}

func (c *counted) Close() error { c.once.Do(c.closed); return c.Conn.Close() }

type linkListener struct {
	link   *link
	config *tls.Config
}

func (l *linkListener) Addr() net.Addr { return &net.TCPAddr{} }
func (l *linkListener) Close() error   { close(l.link.done); return nil }

func (l *linkListener) Accept() (net.Conn, error) {
	for {
		select {
		case <-l.link.done:
			return nil, errLinkClosed
		case conn := <-l.link.accept:
			n := conn.(*numbered)
			l.link.mu.Lock()
			meddle, after, swallow := l.link.meddle, l.link.after, l.link.swallow
			l.link.mu.Unlock()
			if meddle != nil && meddle(n.dial, conn) {
				continue
			}
			if l.config == nil {
				return conn, nil
			}
			secure := tls.Server(conn, l.config)
			if after == nil && swallow == nil {
				return secure, nil
			}
			go func() {
				if secure.Handshake() != nil {
					return
				}
				if swallow != nil && swallow(n.dial) {
					n.lost.lose()
				}
				if after == nil || !after(n.dial, secure) {
					_ = l.link.server.Serve(&oneConn{conn: secure, done: l.link.done})
				}
			}()
		}
	}
}

// oneConn is a listener for a connection that is there already.
type oneConn struct {
	conn net.Conn
	done chan struct{}
}

func (o *oneConn) Addr() net.Addr { return &net.TCPAddr{} }
func (o *oneConn) Close() error   { return nil }
func (o *oneConn) Accept() (net.Conn, error) {
	if c := o.conn; c != nil {
		o.conn = nil
		return c, nil
	}
	<-o.done
	return nil, errLinkClosed
}

// newCertificate makes a certificate for a host, valid in a bubble too, whose clock
// begins in the year 2000.
func newCertificate(t *testing.T, host string) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: strings.Fields(host),
		NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, roots
}
