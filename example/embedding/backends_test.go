package embedding

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/proxy"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/fiberwechat"
	"github.com/seed467724c4/wechat/nethttp"
)

// visitorHeader names the visitor to a backend that a gate in front of it protects.
const visitorHeader = "X-Visitor"

// behind starts a further server, which ends with the run, and returns its address.
func (s *site) behind(serve func(net.Listener) error) *url.URL {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go serve(l)
	s.later(func() { l.Close() })
	return &url.URL{Scheme: "http", Host: l.Addr().String()}
}

// named are the pages without a gate; a header says who is there.
func (s *site) named() *url.URL {
	pages := s.pages(func(r *http.Request) *core.User { return &core.User{OpenID: r.Header.Get(visitorHeader)} })
	return s.behind(overHandler(pages))
}

// reverseProxied stands in front of a gated app, or behind the gate of its own.
func reverseProxied(s *site, p place) func(net.Listener) error {
	gate := nethttp.Require(s.auth)
	to := func(backend *url.URL) http.Handler {
		return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(backend)
			r.Out.Host = r.In.Host // the visitor's name of the site, which the login comes back to
			r.Out.Header.Del(visitorHeader)
			if p == inside { // User panics where no gate ran
				r.Out.Header.Set(visitorHeader, nethttp.User(r.In).OpenID)
			}
		}}
	}
	if p == inside {
		handler := gate(to(s.named()))
		return overHandler(handler)
	}
	gated := gate(s.pages(nethttp.User))
	handler := to(s.behind(overHandler(gated)))
	return overHandler(handler)
}

// fiberProxied is the same with fiber's proxy.
func fiberProxied(s *site, p place) func(net.Listener) error {
	front := fiber.New(fiber.Config{DisableStartupMessage: true})
	gate := fiberwechat.Require(s.auth)
	to := func(backend *url.URL) fiber.Handler {
		return func(c *fiber.Ctx) error {
			c.Request().UseHostHeader = true // as r.Out.Host above
			c.Request().Header.Del(visitorHeader)
			if p == inside {
				c.Request().Header.Set(visitorHeader, fiberwechat.User(c).OpenID)
			}
			return proxy.Do(c, backend.String()+c.OriginalURL())
		}
	}
	if p == inside {
		front.Use(gate, to(s.named()))
		return front.Listener
	}
	gated := fiber.New(fiber.Config{DisableStartupMessage: true})
	gated.Use(gate)
	s.fiberPages(gated)
	front.Use(to(s.behind(gated.Listener)))
	return front.Listener
}

// prefix is where the apps of some rows are mounted.
const prefix = "/app"

// stripped has http.StripPrefix around the gate or behind it.
func stripped(s *site, p place) func(net.Listener) error {
	return overNetHTTP(func(h http.Handler) http.Handler { return http.StripPrefix(prefix, h) })(s, p)
}

// mounted has the gate in the mounted app or in the one around it.
func mounted(s *site, p place) func(net.Listener) error {
	around, child := fiber.New(fiber.Config{DisableStartupMessage: true}), fiber.New()
	if p == inside {
		around.Use(fiberwechat.Require(s.auth))
	} else {
		child.Use(fiberwechat.Require(s.auth))
	}
	s.fiberPages(child)
	around.Mount(prefix, child)
	return around.Listener
}

// withStatic serves the folder of the file as fiber does, before the gate or behind it.
func withStatic(s *site, p place) func(net.Listener) error {
	r := fiber.New(fiber.Config{DisableStartupMessage: true})
	static := func() { r.Static("/", filepath.Dir(s.file), fiber.Static{ByteRange: true}) }
	if p == outside {
		static()
	}
	r.Use(fiberwechat.Require(s.auth))
	if p == inside {
		static()
	}
	s.fiberPages(r)
	return r.Listener
}

// overHTTP2 speaks HTTP/2 with a certificate of its own.
func overHTTP2(s *site, _ place) func(net.Listener) error {
	gated := nethttp.Require(s.auth)(s.pages(nethttp.User))
	return func(l net.Listener) error {
		srv := httptest.NewUnstartedServer(gated)
		srv.Listener.Close()
		srv.Listener, srv.EnableHTTP2 = l, true
		srv.StartTLS()
		return nil
	}
}

// overH2C speaks HTTP/2 without TLS, and HTTP/1.1 with those that do not.
func overH2C(s *site, _ place) func(net.Listener) error {
	srv := &http.Server{Handler: nethttp.Require(s.auth)(s.pages(nethttp.User)), Protocols: new(http.Protocols)}
	srv.Protocols.SetHTTP1(true)
	srv.Protocols.SetUnencryptedHTTP2(true)
	return srv.Serve
}

// http2Transport is a visitor who speaks HTTP/2 over TLS.
func http2Transport() http.RoundTripper {
	return &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // the certificate is of this run
}

// h2cTransport is a visitor who speaks HTTP/2 without TLS.
func h2cTransport() http.RoundTripper {
	t := &http.Transport{Protocols: new(http.Protocols)}
	t.Protocols.SetUnencryptedHTTP2(true)
	return t
}
