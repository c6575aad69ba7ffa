package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim"
)

const (
	loginAppID  = "wx0123456789abcdef"
	loginSecret = "0123456789abcdef0123456789abcdef"
	wechatHost  = "api.weixin.qq.com"
)

// loginWorld is the simulator behind TLS. The processes that log in trust its
// certificate through SSL_CERT_FILE and reach it by its address, or by WeChat's name
// over a transport that dials here.
type loginWorld struct {
	sim    *wxsim.Sim
	server *httptest.Server // https, the API
	codes  *httptest.Server // http, hands out codes
	cert   string           // a PEM file
}

func newLoginWorld() (*loginWorld, error) {
	sim, err := wxsim.New(wxsim.Config{Accounts: []wxsim.Account{{AppID: loginAppID, Secret: loginSecret, Domain: "app.example.com"}}})
	if err != nil {
		return nil, err
	}
	certificate, file, err := loginCertificate()
	if err != nil {
		return nil, err
	}
	w := &loginWorld{sim: sim, cert: file, server: httptest.NewUnstartedServer(sim)}
	w.server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	w.server.StartTLS()
	w.codes = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		code, err := sim.Code(loginAppID, wxsim.DefaultPeople()[0].ID, r.FormValue("scope"))
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(rw, code)
	}))
	return w, nil
}

func (w *loginWorld) close() {
	w.server.CloseClientConnections()
	w.server.Close()
	w.codes.Close()
	os.Remove(w.cert)
}

// loginCertificate writes its certificate into a file.
func loginCertificate() (tls.Certificate, string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: wechatHost},
		DNSNames: []string{wechatHost}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	file, err := os.CreateTemp("", "bench-*.pem")
	if err != nil {
		return tls.Certificate{}, "", err
	}
	defer file.Close()
	err = pem.Encode(file, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file.Name(), err
}

// link is a way to a server in another city: bytes take half of rtt in each direction.
// Connecting to it takes no time here, so the first bytes of a connection take one rtt
// more.
type link struct {
	listener net.Listener
	to       string
	rtt      time.Duration
}

func newLink(to string, rtt time.Duration) (*link, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &link{listener, to, rtt}
	go l.accept()
	return l, nil
}

func (l *link) addr() string { return l.listener.Addr().String() }
func (l *link) close()       { l.listener.Close() }

func (l *link) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		go func() {
			connected := time.Now().Add(l.rtt)
			far, err := net.Dial("tcp", l.to)
			if err != nil {
				near.Close()
				return
			}
			go l.carry(far, near, connected)
			l.carry(near, far, time.Time{})
		}()
	}
}

// carry moves bytes one way, in order, each late by half of rtt, and none before its
// connection would exist.
func (l *link) carry(to, from net.Conn, connected time.Time) {
	type piece struct {
		bytes []byte
		at    time.Time
	}
	under := make(chan piece, 1024)
	go func() {
		defer to.Close()
		for p := range under {
			time.Sleep(time.Until(p.at))
			if _, err := to.Write(p.bytes); err != nil {
				from.Close()
			}
		}
	}()
	defer close(under)
	for {
		b := make([]byte, 16<<10)
		n, err := from.Read(b)
		if err != nil {
			return
		}
		// A client that sends at once sends when it is connected, one rtt from now.
		at := time.Now()
		if at.Before(connected) {
			at = at.Add(l.rtt)
			connected = time.Time{}
		}
		under <- piece{b[:n], at.Add(l.rtt / 2)}
	}
}

// mintCode gets a code as a visitor's consent does.
func mintCode(ctx context.Context, codes, scope string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, codes+"/?scope="+scope, nil)
	if err != nil {
		return "", err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("code: %s", bytes.TrimSpace(b))
	}
	return string(b), err
}
