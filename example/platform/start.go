package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/platform"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// grace is how long requests under way may take once the process is to end.
const grace = 5 * time.Second

// run listens on ADDR, as the platform that the environment names or else with a
// simulator, until ctx ends.
func run(ctx context.Context, stdout, stderr io.Writer) error {
	addr := cmp.Or(os.Getenv("ADDR"), "localhost:8080")
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("cannot serve: %w; set ADDR to another address, such as ADDR=localhost:8081", err)
	}
	defer listener.Close()
	host, _, _ := net.SplitHostPort(addr)
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	public := "http://" + net.JoinHostPort(cmp.Or(host, "localhost"), port)

	table, err := openStore(os.Getenv("DB"))
	if err != nil {
		return err
	}
	defer table.Close()
	log := slog.New(slog.NewTextHandler(stderr, nil))
	config, settings := fromEnvironment()
	var sim *wxsim.Sim
	wechat := ""
	if config.AppID == "" {
		var stop func()
		config = madeUp(public)
		if sim, wechat, stop, err = simulate(config, cmp.Or(host, "localhost")); err != nil {
			return err
		}
		defer stop()
		config.OpenURL, config.APIURL, config.PagesURL = wechat, wechat, wechat
		settings = core.Config{AnyBrowser: true}
	} else {
		public = cmp.Or(os.Getenv("WECHAT_PUBLIC_URL"), public)
	}
	a, err := newApp(config, settings, public, table, log)
	if err != nil {
		return err
	}
	defer a.Close()
	return serve(ctx, a.handler, listener, func() error {
		fmt.Fprintf(stdout, "\nA platform for shops\n\n  Site:       %s/\n", public)
		if sim == nil {
			fmt.Fprint(stdout, "\nCtrl+C ends it.\n\n")
			return nil
		}
		fmt.Fprintf(stdout, `  Simulator:  %s/ (plays WeChat)

Open the site, connect an account, and open its site as a visitor. A merchant takes the
consent back with

  curl -X POST %s/_sim/platforms/disconnect -H 'Content-Type: application/json' -d '{"appid":"%s"}'

Ctrl+C ends it.

`, wechat, wechat, teaShop)
		return introduce(ctx, sim, config.AppID, public)
	})
}

// fromEnvironment is a real platform's configuration.
func fromEnvironment() (platform.Config, core.Config) {
	return platform.Config{
		AppID: os.Getenv("WECHAT_PLATFORM_APP_ID"), AppSecret: os.Getenv("WECHAT_PLATFORM_APP_SECRET"),
		Token: os.Getenv("WECHAT_PLATFORM_TOKEN"), EncodingAESKey: os.Getenv("WECHAT_PLATFORM_ENCODING_AES_KEY"),
	}, core.Config{}
}

// The accounts that the simulator knows.
const (
	teaShop  = "wx7ea0000000000001"
	bookShop = "wxb000000000000002"
)

// madeUp is the platform that the simulator knows. Its secret is the same from start to
// start, so that a database in a file can be read again.
func madeUp(public string) platform.Config {
	sum := sha256.Sum256([]byte("platform on " + public))
	text := hex.EncodeToString(sum[:])
	return platform.Config{AppID: "wx" + text[:16], AppSecret: text[16:48], Token: rand.Text(), EncodingAESKey: (rand.Text() + rand.Text())[:43]}
}

// simulate starts a WeChat with two accounts. It listens on 127.0.0.1, which is another
// site than localhost, as WeChat is.
func simulate(c platform.Config, host string) (sim *wxsim.Sim, address string, stop func(), err error) {
	return wxsim.Start(wxsim.Config{
		Accounts: []wxsim.Account{
			{AppID: teaShop, Secret: rand.Text(), Domain: "tea.example.com", Name: "清风茶舍"},
			{AppID: bookShop, Secret: rand.Text(), Domain: "books.example.com", Name: "巷口书店"},
		},
		Platforms:  []wxsim.Platform{{AppID: c.AppID, Secret: c.AppSecret, Domain: host, StartDomain: host, Token: c.Token, EncodingAESKey: c.EncodingAESKey, Name: "小店平台"}},
		AnyBrowser: true,
	})
}

// introduce does what the platform's operator does on open.weixin.qq.com: it enters the
// two addresses. Then the first ticket comes.
func introduce(ctx context.Context, sim *wxsim.Sim, platformID, public string) error {
	if err := sim.SetPlatformURLs(platformID, public+eventsPath, public+messagesPath+"$APPID$"); err != nil {
		return err
	}
	return sim.PushTicket(ctx, platformID)
}

// serve runs until ctx ends or ready, which is called once it serves, fails.
func serve(ctx context.Context, handler http.Handler, listener net.Listener, ready func() error) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	failed := ready()
	if failed == nil {
		select {
		case err := <-ended:
			return fmt.Errorf("cannot serve: %w", err)
		case <-ctx.Done():
		}
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := server.Shutdown(end)
	<-ended
	if errors.Is(err, context.DeadlineExceeded) {
		return failed // a browser keeps connections open that never carried a request
	}
	return errors.Join(failed, err)
}
