package embedding

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
)

const (
	appID  = "wx00000000000000aa"
	secret = "made-up-secret-of-the-matrix"
)

// site is what all apps of a run share.
type site struct {
	auth   *core.Auth
	simURL string
	file   string // a file of 1,000 bytes, named "file"
	ended  chan struct{}
	later  func(func()) // t.Cleanup
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
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(strings.Repeat("0123456789", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &site{auth, simURL, file, make(chan struct{}), t.Cleanup}
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
