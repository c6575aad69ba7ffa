package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// secured is a run with -tls.
type secured struct {
	plain, https string // host:port
	pool         *x509.CertPool
	lines        []string
}

func startSecured(t *testing.T) secured {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "it's a ca.pem")
	ctx, interrupt := context.WithCancel(context.Background())
	out, in := io.Pipe()
	status := make(chan int)
	go func() {
		status <- run(ctx, []string{"-addr", "127.0.0.1:0", "-tls-addr", "127.0.0.1:0", "-tls", ca}, in, io.Discard)
	}()
	t.Cleanup(func() {
		interrupt()
		if code := <-status; code != 0 {
			t.Errorf("rule: an interrupt is a clean end with -tls, too; got %d", code)
		}
	})
	var s secured
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		text := lines.Text()
		s.lines = append(s.lines, text)
		if rest, ok := strings.CutPrefix(text, "export WECHAT_OPEN_URL=http://"); ok {
			s.plain = rest
		}
		if rest, ok := strings.CutPrefix(text, "https://"); ok {
			s.https, _, _ = strings.Cut(rest, "/")
		}
		if strings.HasPrefix(text, "chromium ") {
			break
		}
	}
	go io.Copy(io.Discard, out)
	raw, err := os.ReadFile(ca)
	if err != nil {
		t.Fatalf("rule: the certificate is written where told; %v", err)
	}
	s.pool = x509.NewCertPool()
	if !s.pool.AppendCertsFromPEM(raw) {
		t.Fatal("rule: the file is a certificate in PEM")
	}
	return s
}

func (s secured) client(proxied bool) *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.pool}, DisableKeepAlives: true}
	if proxied {
		transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: s.plain})
	}
	return &http.Client{Transport: transport}
}

func TestTheProxyStandsInForWeChat(t *testing.T) {
	s := startSecured(t)
	for _, host := range wxsim.WeChatHosts() {
		res, err := s.client(true).Get("https://" + host + "/sns/auth")
		if err != nil {
			t.Errorf("rule: by the proxy https://%s is the simulator; got %v", host, err)
			continue
		}
		if raw, _ := io.ReadAll(res.Body); !strings.Contains(string(raw), "41001") {
			t.Errorf("rule: by the proxy https://%s is the simulator; got %s", host, raw)
		}
		res.Body.Close()
	}
	res, err := s.client(false).Get("https://" + s.https + "/_sim/state")
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("rule: the https port is the simulator, too; got %v", err)
	}
	res.Body.Close()
	for _, address := range []string{"https://example.com/", "https://weixin.qq.com/", "https://open.weixin.qq.com:8443/", "https://127.0.0.1/", "http://open.weixin.qq.com/", "http://example.com/"} {
		res, err := s.client(true).Get(address)
		if err == nil && res.StatusCode != http.StatusForbidden || err != nil && !strings.Contains(err.Error(), "Forbidden") {
			t.Errorf("rule: the proxy leads nowhere else; %s got %v", address, err)
		}
	}
	res, err = http.Get("http://" + s.plain + pacPath)
	if err != nil {
		t.Fatal(err)
	}
	if raw, _ := io.ReadAll(res.Body); !strings.Contains(string(raw), `if (host === "lp.open.weixin.qq.com") return "PROXY `+s.plain+`";`) || !strings.Contains(string(raw), `"DIRECT"`) {
		t.Errorf("rule: browsers are sent here for WeChat's hosts only; got %s", raw)
	}
}

func TestATunnelMayCarryTheHandshakeAtOnce(t *testing.T) {
	s := startSecured(t)
	conn, err := net.Dial("tcp", s.plain)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// What a hasty client sends right behind CONNECT is not lost.
	hasty := &hastyConn{Conn: conn, head: "CONNECT api.weixin.qq.com:443 HTTP/1.1\r\nHost: api.weixin.qq.com:443\r\n\r\n"}
	secure := tls.Client(hasty, &tls.Config{RootCAs: s.pool, ServerName: "api.weixin.qq.com"})
	fmt.Fprint(secure, "GET /sns/auth HTTP/1.0\r\n\r\n")
	if raw, err := io.ReadAll(secure); err != nil || !strings.Contains(string(raw), "41001") {
		t.Errorf("rule: a tunnel begins with what came behind CONNECT; got %q, %v", raw, err)
	}
}

// hastyConn sends head together with the first bytes, and reads past the
// answer to it.
type hastyConn struct {
	net.Conn
	head string
	read bool
}

func (c *hastyConn) Write(b []byte) (int, error) {
	head := c.head
	c.head = ""
	if _, err := c.Conn.Write(append([]byte(head), b...)); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (c *hastyConn) Read(b []byte) (int, error) {
	if !c.read {
		c.read = true
		answer := make([]byte, len("HTTP/1.1 200 Connection established\r\n\r\n"))
		if _, err := io.ReadFull(c.Conn, answer); err != nil {
			return 0, err
		}
	}
	return c.Conn.Read(b)
}

func TestTheCertificateVouchesForLittle(t *testing.T) {
	a, err := newAuthority([]string{"192.168.1.5"})
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(a.certificate)
	leaf, err := x509.ParseCertificate(a.config.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, ok := range map[string]bool{"open.weixin.qq.com": true, "lp.open.weixin.qq.com": true, "api2.weixin.qq.com": true, "sz.api.weixin.qq.com": true, "pay.weixin.qq.com": false, "localhost": true, "127.0.0.1": true, "192.168.1.5": true, "192.168.1.6": false, "example.com": false} {
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name}); (err == nil) != ok {
			t.Errorf("rule: the certificate is good for WeChat's hosts and this machine; %s got %v", name, err)
		}
	}
	ca, _ := x509.ParseCertificate(a.config.Certificates[0].Certificate[1])
	if !ca.PermittedDNSDomainsCritical || len(ca.PermittedDNSDomains) != 9 || len(ca.PermittedIPRanges) != 3 {
		t.Errorf("rule: the authority itself may vouch for nothing else; got %v", ca.PermittedDNSDomains)
	}
}

func TestFileNamesAreQuoted(t *testing.T) {
	if got := shellQuoted("it's"); got != `'it'\''s'` {
		t.Errorf("rule: a shell reads the file's name as it is; got %s", got)
	}
}

func TestLANAddresses(t *testing.T) {
	ip := func(s string) net.Addr { return &net.IPNet{IP: net.ParseIP(s), Mask: net.CIDRMask(24, 32)} }
	got := privateAddresses([]net.Addr{ip("127.0.0.1"), ip("192.168.1.5"), ip("203.0.113.7"), ip("10.0.0.2"), ip("fd00::1"), &net.TCPAddr{}})
	if strings.Join(got, " ") != "192.168.1.5 10.0.0.2" {
		t.Errorf("rule: a phone is told private IPv4 addresses; got %v", got)
	}
}
