package main

import (
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
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// proxy is an nginx with the configuration that is delivered.
type proxy struct {
	folder string
	site   string // its https address
	roots  *x509.CertPool
}

// newProxy writes the configuration for nodes: what is delivered, with other addresses
// and files.
func newProxy(t testing.TB, nodes []string, balance string) *proxy {
	t.Helper()
	folder, err := os.MkdirTemp("", "cluster-nginx-") // not t.TempDir, which nginx's workers may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	p := &proxy{folder: folder}
	address := freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	p.site = "https://localhost:" + port
	p.certify(t)

	delivered, err := os.ReadFile("deploy/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	backup, fails := "", "max_fails=1 "
	if balance != "" {
		// Other methods than round robin know no backup. Without one, a node that once was
		// slow to answer on a busy machine must not be left out: if all are, nginx asks none.
		backup, fails = "# ", "max_fails=0 "
	}
	conf := strings.NewReplacer(
		"listen 80;", "listen "+freeAddress(t)+";",
		"listen 443 ssl;", "listen "+address+" ssl;",
		"/etc/nginx/tls/app.example.com", folder+"/site",
		"/var/log/nginx/", folder+"/",
		"app.example.com", "localhost",
		"server 127.0.0.1:8081 max_fails=0", backup+upstream(nodes, 0)+"max_fails=0",
		"server 127.0.0.1:8082 max_fails=0", backup+upstream(nodes, 1)+"max_fails=0",
		"server 127.0.0.1:8083 max_fails=0", backup+upstream(nodes, 2)+"max_fails=0",
		"server 127.0.0.1:8081 max_fails=1 ", upstream(nodes, 0)+fails,
		"server 127.0.0.1:8082 max_fails=1 ", upstream(nodes, 1)+fails,
		"server 127.0.0.1:8083 max_fails=1 ", upstream(nodes, 2)+fails,
		"upstream nodes {", "upstream nodes {\n\t"+balance,
	).Replace(string(delivered))
	p.write(t, "site.conf", conf)
	p.write(t, "nginx.conf", `daemon off; pid `+folder+`/pid; error_log stderr crit; worker_processes 1;
worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
	client_body_temp_path `+folder+`/body; proxy_temp_path `+folder+`/proxy; fastcgi_temp_path `+folder+`/f;
	uwsgi_temp_path `+folder+`/u; scgi_temp_path `+folder+`/s;
	include site.conf;
}
`)
	return p
}

// upstream is the beginning of a line of the upstream block, as a comment where there is
// no such node.
func upstream(nodes []string, i int) string {
	if i < len(nodes) {
		return "server " + nodes[i] + " "
	}
	return "# "
}

func (p *proxy) write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.folder, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// certify makes a certificate for localhost.
func (p *proxy) certify(t testing.TB) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	p.write(t, "site.crt", string(certificate))
	p.write(t, "site.key", string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private})))
	p.roots = x509.NewCertPool()
	p.roots.AppendCertsFromPEM(certificate)
}

func (p *proxy) start(t testing.TB) {
	t.Helper()
	var said journal
	c := exec.Command("nginx", "-p", p.folder, "-c", filepath.Join(p.folder, "nginx.conf"))
	c.Stderr = &said
	background(t, c)
	t.Cleanup(func() {
		c.Process.Signal(syscall.SIGTERM)
		c.Wait()
	})
	client := &http.Client{Transport: p.transport()}
	defer client.CloseIdleConnections()
	if !await(func() bool {
		answer, err := client.Get(p.site + "/")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	}) {
		t.Fatal("nginx does not start: ", said.String())
	}
}

// transport trusts the site's certificate. Many visitors share one, so that they share
// its connections.
func (p *proxy) transport() *http.Transport {
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.roots}, MaxIdleConnsPerHost: 256}
}

// refusals are the last lines of the access log about answers of 500 and above, and what
// nodes say of Redis. They tell a node that said 503 from one that did not answer.
func (w *world) refusals(t testing.TB) string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(w.proxy.log(t)) {
		if strings.Contains(line, `" 5`) {
			lines = append(lines, line)
		}
	}
	for line := range strings.Lines(w.logs()) {
		if strings.Contains(line, "status=503") || strings.Contains(line, "level=ERROR") {
			lines = append(lines, line)
		}
	}
	return "refusals:\n" + strings.Join(lines[max(0, len(lines)-20):], "")
}

// log is nginx's access log.
func (p *proxy) log(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(p.folder, "wechat.log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
