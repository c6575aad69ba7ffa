package embedding

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/fiberwechat"
	"github.com/seed467724c4/wechat/ginwechat"
	"github.com/seed467724c4/wechat/nethttp"
)

const (
	appID  = "wx00000000000000aa"
	secret = "made-up-secret-of-the-matrix"
)

// site is what all apps of a run share.
type site struct {
	auth   *core.Auth
	simURL string
	file   string // a file of 1,000 bytes
	ended  chan struct{}
}

func newSite(t *testing.T) *site {
	t.Helper()
	_, simURL, stop, err := wxsim.Start(wxsim.Config{Accounts: []wxsim.Account{{AppID: appID, Secret: secret, Domain: "127.0.0.1"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	auth, err := core.New(core.Config{AppID: appID, AppSecret: secret, OpenURL: simURL, APIURL: simURL, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { auth.Close() })
	file := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(file, []byte(strings.Repeat("0123456789", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &site{auth, simURL, file, make(chan struct{})}
	t.Cleanup(func() { close(s.ended) })
	return s
}

const events = "data: one\n\n"

// hold keeps a stream open until the visitor leaves or the test ends.
func (s *site) hold(left <-chan struct{}) {
	select {
	case <-left:
	case <-s.ended:
	}
}

// accept is the answer to a web socket's key (RFC 6455 section 4.2.2).
func accept(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// pages are the handlers of the apps over net/http.
func (s *site) pages(user func(*http.Request) *core.User) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/me", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "I am ", user(r).OpenID) })
	mux.HandleFunc("/cached", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		fmt.Fprint(w, "I am ", user(r).OpenID)
	})
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, events)
		if err := http.NewResponseController(w).Flush(); err == nil {
			s.hold(r.Context().Done()) // what is not flushed never arrives
		}
	})
	mux.HandleFunc("/socket", func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			http.Error(w, "no socket", http.StatusNotImplemented)
			return
		}
		defer conn.Close()
		fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\nhello", accept(r.Header.Get("Sec-WebSocket-Key")))
	})
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, s.file) })
	return mux
}

// place is where a middleware stands: outside the gate or inside.
type place bool

func (p place) String() string {
	if p {
		return "outside"
	}
	return "inside"
}

const outside, inside place = true, false

// app serves on a listener until it is closed.
type app func(*site, place) (serve func(net.Listener) error)

type wrapper = func(http.Handler) http.Handler

func overNetHTTP(middleware wrapper) app {
	return func(s *site, p place) func(net.Listener) error {
		gate, pages := nethttp.Require(s.auth), http.Handler(s.pages(nethttp.User))
		handler := gate(middleware(pages))
		if p == outside {
			handler = middleware(gate(pages))
		}
		return func(l net.Listener) error { return http.Serve(l, handler) }
	}
}

func overGin(middleware gin.HandlerFunc) app {
	return func(s *site, p place) func(net.Listener) error {
		gin.SetMode(gin.ReleaseMode)
		r, gate := gin.New(), ginwechat.Require(s.auth)
		if p == outside {
			r.Use(middleware, gate)
		} else {
			r.Use(gate, middleware)
		}
		pages := s.pages(nethttp.User)
		for _, path := range []string{"/me", "/cached", "/events", "/socket", "/file"} {
			r.Any(path, gin.WrapH(pages))
		}
		return func(l net.Listener) error { return http.Serve(l, r) }
	}
}

func overFiber(config fiber.Config, middleware ...func() fiber.Handler) app {
	return func(s *site, p place) func(net.Listener) error {
		config.DisableStartupMessage = true
		r, gate := fiber.New(config), fiberwechat.Require(s.auth)
		if p == inside {
			r.Use(gate)
		}
		for _, m := range middleware {
			r.Use(m())
		}
		if p == outside {
			r.Use(gate)
		}
		s.fiberPages(r)
		return r.Listener
	}
}
