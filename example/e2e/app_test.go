package e2e

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/seed467724c4/wechat/core"
)

// hello is the smallest page of an app.
var hello = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write([]byte(`<!doctype html><body data-page="hello">`))
})

// startApp serves an app of a test's own on localhost, and returns its address.
func startApp(t *testing.T, wechat *wechat, routes func(*http.ServeMux, *core.Auth)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	url := "http://localhost:" + port
	auth, err := core.New(core.Config{
		AppID: appID, AppSecret: secret, PublicURL: url, OpenURL: wechat.url, APIURL: wechat.url,
		GuestPath: "/guest", LoginPath: "/login", Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		listener.Close()
		t.Fatal(err)
	}
	t.Cleanup(func() { auth.Close() })
	mux := http.NewServeMux()
	routes(mux, auth)
	server := httptest.NewUnstartedServer(mux)
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return url
}
