package main

import (
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/platform"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// world is the SaaS on localhost and the WeChat that it knows, on 127.0.0.1.
type world struct {
	sim    *wxsim.Sim
	wechat string
	site   string
	app    *app
	config platform.Config
}

func newWorld(t *testing.T) *world {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	w := &world{site: "http://localhost:" + port}
	w.config = madeUp(w.site)
	var stop func()
	if w.sim, w.wechat, stop, err = simulate(w.config, "localhost"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	w.config.OpenURL, w.config.APIURL, w.config.PagesURL = w.wechat, w.wechat, w.wechat
	table, err := openStore(filepath.Join(t.TempDir(), "platform.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() })
	w.app, err = newApp(w.config, core.Config{AnyBrowser: true}, w.site, table, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.app.Close() })
	server := httptest.NewUnstartedServer(w.app.handler)
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	if err := introduce(t.Context(), w.sim, w.config.AppID, w.site); err != nil {
		t.Fatalf("rule: the first ticket is taken: %v", err)
	}
	return w
}
