package wxapi

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
)

// dialer opens the connections of a Client of its own, or takes one that was
// opened ahead.
type dialer struct {
	addr    string // of the API
	proxy   func(*http.Request) (*url.URL, error)
	connect func(ctx context.Context, network, addr string) (net.Conn, error)
	tls     *tls.Config
	ahead   *ahead // nil where connections are not opened ahead
}

// newDialer opens connections ahead to api, unless they would go through a proxy:
// net/http builds the tunnel itself, so there is nothing to hand over to it.
func newDialer(api *url.URL) *dialer { return newDialerThrough(api, http.ProxyFromEnvironment) }

func newDialerThrough(api *url.URL, proxy func(*http.Request) (*url.URL, error)) *dialer {
	d := &dialer{
		addr:    hostPort(api),
		proxy:   proxy,
		connect: newConnect().DialContext,
		// A resumed session saves both sides the certificate and its signature, but no
		// round trip.
		tls: &tls.Config{ClientSessionCache: tls.NewLRUClientSessionCache(aheadMax)},
	}
	if through, err := d.proxy(&http.Request{URL: api}); err != nil || through != nil {
		return d
	}
	open := d.connect
	if api.Scheme == "https" {
		open = d.connectTLS
	}
	d.ahead = newAhead(func(ctx context.Context) (net.Conn, error) { return open(ctx, "tcp", d.addr) })
	return d
}

// dial serves http and the way to a proxy.
func (d *dialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return d.takeOr(ctx, network, addr, d.connect)
}

// dialTLS serves https without a proxy.
func (d *dialer) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	return d.takeOr(ctx, network, addr, d.connectTLS)
}

func (d *dialer) takeOr(ctx context.Context, network, addr string, open func(context.Context, string, string) (net.Conn, error)) (net.Conn, error) {
	if d.ahead != nil && addr == d.addr && ctx.Value(ownDial{}) == nil {
		if conn, err := d.ahead.take(); conn != nil || err != nil {
			return conn, err
		}
	}
	return open(ctx, network, addr)
}

// ownDial is the key of a context whose call opens its own connection.
type ownDial struct{}

func (d *dialer) connectTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := d.connect(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	config := d.tls.Clone()
	if config.ServerName, _, err = net.SplitHostPort(addr); err != nil {
		conn.Close()
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}
