package drive

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"time"
)

// Network is WeChat's API behind TLS, on real connections that it counts. Trust has to be
// called before anything of the process has verified a certificate.
type Network struct {
	server    *httptest.Server
	transport *http.Transport

	mu      sync.Mutex
	changed *sync.Cond // opened
	opened  int
	waiting bool              // a visitor waits for a callback's answer
	fresh   map[net.Conn]bool // opened while this visitor waits, and not used yet
	waited  int               // of those, the ones that then carried a call
}

// Certificate is what the network's server shows, and a file that holds it.
type Certificate struct {
	pair tls.Certificate
	File string
}

// Trust makes a certificate and has this process trust it.
func Trust(folder string) (Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "api.weixin.qq.com"},
		DNSNames: []string{"api.weixin.qq.com"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return Certificate{}, err
	}
	file, err := os.CreateTemp(folder, "compare-*.pem")
	if err != nil {
		return Certificate{}, err
	}
	defer file.Close()
	if err := pem.Encode(file, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
		return Certificate{}, err
	}
	os.Setenv("SSL_CERT_DIR", folder)
	return Certificate{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file.Name()}, os.Setenv("SSL_CERT_FILE", file.Name())
}

// NewOverNetwork is New with calls to WeChat over real connections. Its settings have
// APIURL and no HTTPClient, so that this library takes its own.
func NewOverNetwork(website bool, c Certificate) (*World, *Network, error) {
	w, err := New(website)
	if err != nil {
		return nil, nil, err
	}
	n := &Network{server: httptest.NewUnstartedServer(w.Sim), fresh: map[net.Conn]bool{}}
	n.changed = sync.NewCond(&n.mu)
	n.server.TLS = &tls.Config{Certificates: []tls.Certificate{c.pair}}
	n.server.Config.ConnState = n.watch
	n.server.StartTLS()
	n.transport = &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, n.server.Listener.Addr().String())
	}}
	http.DefaultTransport = n.transport
	w.apiURL = n.server.URL
	return w, n, nil
}

// Close ends the server and its connections.
func (n *Network) Close() {
	n.transport.CloseIdleConnections()
	n.server.CloseClientConnections()
	n.server.Close()
}

func (n *Network) watch(conn net.Conn, state http.ConnState) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch state {
	case http.StateNew:
		n.opened++
		n.fresh[conn] = n.waiting
		n.changed.Broadcast()
	case http.StateActive:
		if n.fresh[conn] {
			n.waited++
		}
		n.fresh[conn] = false
	}
}

// Opened waits until that many connections have been opened in all.
func (n *Network) Opened(atLeast int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.opened < atLeast {
		n.changed.Wait()
	}
}

// Waited counts the connections that a call had to open while do runs.
func (n *Network) Waited(do func()) int {
	n.mu.Lock()
	n.waiting, n.waited = true, 0
	clear(n.fresh) // those are here already
	n.mu.Unlock()
	do()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.waiting = false
	return n.waited
}
