package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// pacPath is a proxy configuration for browsers: WeChat's hosts come here, all
// others go their own way.
const pacPath = "/_sim/proxy.pac"

// proxy puts an HTTPS forward proxy in front of the simulator. It is no way to
// anywhere else: CONNECT to WeChat's hosts ends in the simulator itself, and
// everything else is refused.
type proxy struct {
	sim     http.Handler
	secure  net.Listener // https connections that come directly
	config  *tls.Config
	at      *net.TCPAddr
	tunnels chan net.Conn // connections that came by CONNECT
	closed  chan struct{}
	once    sync.Once
}

func newProxy(sim http.Handler, secure net.Listener, config *tls.Config, at *net.TCPAddr) *proxy {
	p := &proxy{sim: sim, secure: secure, config: config, at: at, tunnels: make(chan net.Conn), closed: make(chan struct{})}
	go p.acceptDirect()
	return p
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect:
		p.connect(w, r)
	case r.URL.IsAbs():
		http.Error(w, "wxsim: this proxy takes https (CONNECT) only", http.StatusForbidden)
	case r.URL.Path == pacPath:
		w.Header().Set("Content-Type", "application/x-ns-proxy-autoconfig")
		fmt.Fprint(w, "function FindProxyForURL(url, host) {\n")
		for _, host := range wxsim.WeChatHosts() {
			fmt.Fprintf(w, "  if (host === %q) return \"PROXY %s\";\n", host, local(p.at))
		}
		fmt.Fprint(w, "  return \"DIRECT\";\n}\n")
	default:
		p.sim.ServeHTTP(w, r)
	}
}

// connect opens a tunnel to the simulator, whatever of WeChat's hosts is asked
// for.
func (p *proxy) connect(w http.ResponseWriter, r *http.Request) {
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil || port != "443" || !slices.Contains(wxsim.WeChatHosts(), host) {
		http.Error(w, "wxsim: this proxy leads to WeChat's hosts only, on port 443", http.StatusForbidden)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "wxsim: no tunnel inside a tunnel", http.StatusBadRequest)
		return
	}
	if _, err := conn.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
		conn.Close()
		return
	}
	select {
	case p.tunnels <- tunnel{conn, buffered.Reader}:
	case <-p.closed:
		conn.Close()
	}
}

// tunnel reads first what came right behind the CONNECT.
type tunnel struct {
	net.Conn
	reader *bufio.Reader
}

func (t tunnel) Read(b []byte) (int, error) { return t.reader.Read(b) }

// acceptDirect hands on the connections of the https port. It ends when that
// port is closed.
func (p *proxy) acceptDirect() {
	for {
		conn, err := p.secure.Accept()
		if err != nil {
			p.Close()
			return
		}
		select {
		case p.tunnels <- conn:
		case <-p.closed:
			conn.Close()
		}
	}
}

// listener is where a server meets the https connections of both kinds.
func (p *proxy) listener() net.Listener { return tls.NewListener(p, p.config) }

// Accept makes p a net.Listener.
func (p *proxy) Accept() (net.Conn, error) {
	select {
	case conn := <-p.tunnels:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *proxy) Close() error {
	p.once.Do(func() { close(p.closed) })
	return p.secure.Close()
}

func (p *proxy) Addr() net.Addr { return p.secure.Addr() }
