package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// certificateLife is how long a run's certificates are valid.
const certificateLife = 30 * 24 * time.Hour

// authority is a certificate authority that lives as long as the program: its
// key never leaves the memory. The certificate says that it may only vouch for
// WeChat's names and this machine, so that trusting it opens nothing else.
type authority struct {
	certificate []byte // PEM
	config      *tls.Config
}

func newAuthority(lan []string) (authority, error) {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, fmt.Errorf("wxsim: %w", err)
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, fmt.Errorf("wxsim: %w", err)
	}
	ips := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	for _, address := range lan {
		ips = append(ips, net.ParseIP(address))
	}
	from, until := time.Now().Add(-time.Hour), time.Now().Add(certificateLife)
	ca := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "wxsim, made for tests on this machine"},
		NotBefore: from, NotAfter: until, IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: append(wxsim.WeChatHosts(), "localhost"),
	}
	for _, ip := range ips {
		bits := 128
		if v4 := ip.To4(); v4 != nil {
			ip, bits = v4, 32
		}
		ca.PermittedIPRanges = append(ca.PermittedIPRanges, &net.IPNet{IP: ip, Mask: net.CIDRMask(bits, bits)})
	}
	leaf := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "wxsim"}, NotBefore: from, NotAfter: until,
		DNSNames: append(wxsim.WeChatHosts(), "localhost"), IPAddresses: ips,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	caBytes, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return authority{}, fmt.Errorf("wxsim: %w", err)
	}
	leafBytes, err := x509.CreateCertificate(rand.Reader, leaf, ca, leafKey.Public(), caKey)
	if err != nil {
		return authority{}, fmt.Errorf("wxsim: %w", err)
	}
	return authority{
		certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caBytes}),
		config: &tls.Config{NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12,
			Certificates: []tls.Certificate{{Certificate: [][]byte{leafBytes, caBytes}, PrivateKey: leafKey}}},
	}, nil
}

func serial() *big.Int {
	raw := make([]byte, 16)
	rand.Read(raw)
	raw[0] &= 0x7f
	return new(big.Int).SetBytes(raw)
}

// write writes the certificate to a file. It replaces a certificate, but no
// other file.
func (a authority) write(path string) error {
	old, err := os.ReadFile(path)
	switch {
	case err == nil && !bytes.HasPrefix(old, []byte("-----BEGIN CERTIFICATE-----")) && len(old) > 0:
		return fmt.Errorf("wxsim: -tls: %s exists and is no certificate", path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("wxsim: -tls: %w", err)
	}
	if err := os.WriteFile(path, a.certificate, 0o644); err != nil {
		return fmt.Errorf("wxsim: -tls: %w", err)
	}
	return nil
}
