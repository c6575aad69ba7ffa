package wxapi

import (
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	connectTimeout   = 2 * time.Second
	handshakeTimeout = 2 * time.Second
	headerTimeout    = 3 * time.Second
)

// newTransport speaks HTTP/1.1 and uses every connection once, see Client.send.
// The connections come from d.
func newTransport(d *dialer) *http.Transport {
	return &http.Transport{
		Proxy:                  d.proxy,
		DialContext:            d.dial,
		DialTLSContext:         d.dialTLS,
		TLSHandshakeTimeout:    handshakeTimeout, // behind a proxy
		ResponseHeaderTimeout:  headerTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true,
	}
}

// newConnect opens TCP connections. Keep-alive probes find out within 9 s that the
// peer of a connection opened ahead has vanished without closing it.
func newConnect() *net.Dialer {
	return &net.Dialer{
		Timeout:         connectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 2},
	}
}

// hostPort returns the address that net/http dials for u.
func hostPort(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}
