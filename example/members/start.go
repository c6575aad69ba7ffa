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
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// grace is how long requests under way may take once the process is to end.
const grace = 5 * time.Second

// account is whose followers the members are.
type account struct {
	config  core.Config
	push    push.Config
	sim     *wxsim.Sim // nil with an account of the environment
	address string     // of the simulator; "" without one
	stop    func()
}

// run listens on ADDR, with the account that the environment names or else with a
// simulator, and returns when ctx has ended and everything is closed.
func run(ctx context.Context, stdout, stderr io.Writer) error {
	addr := cmp.Or(os.Getenv("ADDR"), "localhost:8080")
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("cannot serve: %w; set ADDR to another address, such as ADDR=localhost:8081", err)
	}
	defer listener.Close()
	site := visible(addr, listener.Addr().(*net.TCPAddr).Port)

	of, err := accountFor(site)
	if err != nil {
		return err
	}
	defer of.stop()
	table, err := openMembers(os.Getenv("DB"), of.config.AppID)
	if err != nil {
		return err
	}
	defer table.Close()
	log := slog.New(slog.NewTextHandler(stderr, nil))
	a, err := newApp(of.config, of.push, table, of.address, log)
	if err != nil {
		return err
	}
	defer a.Close()

	return serve(ctx, a.handler, listener, func() error {
		if err := of.introduce(ctx, "http://"+site); err != nil {
			return err
		}
		hello(stdout, "http://"+site, of)
		return nil
	})
}

// visible is the host and port that visitors on this machine type.
func visible(addr string, port int) string {
	host, _, _ := net.SplitHostPort(addr) // it was good enough to listen on
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, fmt.Sprint(port))
}

// accountFor is the one that the environment names; without, one that a simulator of
// our own knows.
func accountFor(site string) (*account, error) {
	if config := core.ConfigFromEnv(); config.AppID != "" {
		config.AccountName = cmp.Or(config.AccountName, "会员俱乐部")
		messages := push.Config{Token: os.Getenv("WECHAT_PUSH_TOKEN"), EncodingAESKey: os.Getenv("WECHAT_ENCODING_AES_KEY")}
		return &account{config: config, push: messages, stop: func() {}}, nil
	}
	host, _, _ := net.SplitHostPort(site)
	// The same from start to start, so that the members in a file stay who they are.
	sum := sha256.Sum256([]byte("members on " + site))
	of := &account{
		config: core.Config{AppID: "wx" + hex.EncodeToString(sum[:8]), AppSecret: rand.Text(), AnyBrowser: true, AccountName: "小镇读书会"},
		push:   push.Config{Token: rand.Text(), EncodingAESKey: (rand.Text() + rand.Text())[:43]},
	}
	accounts := []wxsim.Account{{AppID: of.config.AppID, Secret: of.config.AppSecret, Domain: host, Name: of.config.AccountName}}
	of.config.Website = core.ConfigFromEnv().Website
	if w := of.config.Website; w.AppID != "" && w.AppSecret != "" { // half of one core.New explains
		accounts = append(accounts, wxsim.Account{AppID: w.AppID, Secret: w.AppSecret, Domain: host, Name: of.config.AccountName, Website: true})
	}
	// It listens on 127.0.0.1, which is another site than localhost, as WeChat is.
	var err error
	of.sim, of.address, of.stop, err = wxsim.Start(wxsim.Config{Accounts: accounts, AnyBrowser: true})
	if err != nil {
		return nil, err
	}
	of.config.OpenURL, of.config.APIURL = of.address, of.address
	of.config.FollowQRCode = of.address + wxsim.ProfilePath(of.config.AppID)
	return of, nil
}

// introduce does in the simulator what its operator does in WeChat's console: it
// enters the address for messages, which is checked at once. So the site must be
// listening.
func (of *account) introduce(ctx context.Context, site string) error {
	if of.sim == nil {
		return nil
	}
	if err := of.sim.SetPush(of.config.AppID, site+pushPath, of.push.Token, of.push.EncodingAESKey); err != nil {
		return err
	}
	return of.sim.VerifyPush(ctx, of.config.AppID)
}

// hello says where to go and what to click.
func hello(w io.Writer, site string, of *account) {
	fmt.Fprintf(w, "\nMembers of a WeChat account\n\n  Site:       %s/\n", site)
	if of.sim != nil {
		fmt.Fprintf(w, `  Simulator:  %s/ (plays WeChat)
  Account:    %s

Open the site in any browser and click
  会员页 Members        you are logged in, and asked to follow the account
  打开公众号主页 Show the account, then 关注 Follow
                        the site is told at once: go back, and the page opens
  我的资料 My profile   WeChat asks for consent, once
Follow somebody in before she ever opens the site: choose her in the simulator first.
`, of.address, of.config.FollowQRCode)
	} else {
		public := cmp.Or(of.config.PublicURL, site)
		fmt.Fprintf(w, "  Account:    %s\n\nOpen %s/ in WeChat. Its host must be registered as 网页授权域名.\n", of.config.AppID, strings.TrimSuffix(public, "/"))
		if of.push.Token != "" {
			fmt.Fprintf(w, "In WeChat's console, 服务器配置: URL %s%s, and the Token and EncodingAESKey given here.\n", strings.TrimSuffix(public, "/"), pushPath)
		} else {
			fmt.Fprint(w, "Without WECHAT_PUSH_TOKEN the site is not told who follows and leaves: it asks when somebody comes.\n")
		}
	}
	switch {
	case of.config.Website.AppID != "":
		fmt.Fprintf(w, "\nDesktop browsers log in by scan, with the website application %s.\n", of.config.Website.AppID)
		if of.sim != nil {
			fmt.Fprint(w, "The simulator's page has a button for it. In a phone's browser (developer tools) you are in\nWeChat: the same person is the same member at both, after 我的资料 My profile at the phone.\n")
		}
	case of.sim != nil:
		fmt.Fprint(w, "\nTo log in at a desktop browser by scan, start it with\n  WECHAT_WEBSITE_APP_ID=wxfedcba9876543210 WECHAT_WEBSITE_APP_SECRET=fedcba9876543210fedcba9876543210\n")
	}
	fmt.Fprint(w, "\nCtrl+C ends it.\n\n")
}

// serve runs until ctx ends or ready, which is called once it serves, fails.
func serve(ctx context.Context, handler http.Handler, listener net.Listener, ready func() error) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second, // the way back from WeChat may take 10 s
		IdleTimeout:       time.Minute,
	}
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
	listener.Close() // the server has not seen it yet where ctx ended at once
	<-ended
	if ctx.Err() != nil && errors.Is(failed, ctx.Err()) {
		failed = nil // told to end before it was ready
	}
	if failed != nil || errors.Is(err, context.DeadlineExceeded) {
		// A browser keeps connections open that never carried a request; the end of
		// the process closes them.
		return failed
	}
	return err
}
