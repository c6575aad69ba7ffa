package site

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
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// Server is what an example is run as; *http.Server is one.
type Server interface {
	Serve(net.Listener) error
	Shutdown(context.Context) error
}

// Build makes an example's server. An error means that it cannot be set up.
type Build func(*core.Auth, *Site) (Server, error)

// grace is how long requests under way may take once the process is to end.
const grace = 5 * time.Second

// Main runs an example until SIGINT or SIGTERM; a second one ends it at once.
func Main(framework string, build Build) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if err := Run(ctx, framework, build, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Run listens on ADDR, with the account that the environment names or else with a
// simulator, and returns when ctx has ended and everything is closed.
func Run(ctx context.Context, framework string, build Build, stdout, stderr io.Writer) error {
	addr := cmp.Or(os.Getenv("ADDR"), "localhost:8080")
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("cannot serve: %w; set ADDR to another address, such as ADDR=localhost:8081", err)
	}
	defer listener.Close()

	site := address(addr, listener.Addr().(*net.TCPAddr).Port)
	a, err := accountFor(framework, site)
	if err != nil {
		return err
	}
	defer a.stop()
	log := slog.New(slog.NewTextHandler(stderr, nil))
	a.config.LoginPath, a.config.SiteName = "/login", "微信登录示例"
	a.config.Logger = log
	who := newPeople(a.config.AppID)
	if a.config.Website.AppID != "" {
		a.config.OnLogin, a.config.OpenIDFor, a.push.OnFollow = who.loggedIn, who.openIDFor, who.followed
	}
	auth, err := core.New(a.config)
	if err != nil {
		return err
	}
	defer auth.Close()
	who.follower = auth.Follower

	shown := New(framework, a.simulator, a.push, log).Scans(a.config.Website.AppID).WithScreens(a.config.ScreenLogin)
	server, err := build(auth, shown)
	if err != nil {
		return err
	}
	hello(stdout, framework, "http://"+site+"/", a.simulator, a.config)
	return serve(ctx, server, listener)
}

// address is the host and port that visitors on this machine type.
func address(addr string, port int) string {
	host, _, _ := net.SplitHostPort(addr) // it was good enough to listen on
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, fmt.Sprint(port))
}

// account is one of WeChat's, or one that a simulator of our own knows.
type account struct {
	config    core.Config
	push      push.Config
	simulator string // its address; "" where there is none
	stop      func()
}

// accountFor is the account that the environment names; without, a simulator's.
func accountFor(framework, site string) (account, error) {
	config := core.ConfigFromEnv()
	if config.AppID == "" {
		return simulated(framework, site)
	}
	messages := push.Config{Token: os.Getenv("WECHAT_PUSH_TOKEN"), EncodingAESKey: os.Getenv("WECHAT_ENCODING_AES_KEY")}
	return account{config: config, push: messages, stop: func() {}}, nil
}

// simulated starts a simulator, which knows the site as WeChat would.
func simulated(framework, site string) (account, error) {
	host, _, _ := net.SplitHostPort(site)
	// Cookies know hosts but no ports, and the library names its own by the app
	// id: one of its own keeps every example on localhost apart from the others.
	sum := sha256.Sum256([]byte(framework + " on " + site))
	config := core.Config{AppID: "wx" + hex.EncodeToString(sum[:8]), AppSecret: rand.Text(), AnyBrowser: true, AccountName: "示例公众号"}
	config.ScreenLogin = core.ConfigFromEnv().ScreenLogin // then desktop browsers do not count as WeChat
	config.Website = core.ConfigFromEnv().Website
	messages := push.Config{Token: rand.Text(), EncodingAESKey: (rand.Text() + rand.Text())[:43]}
	// It listens on 127.0.0.1, which is another site than localhost, as WeChat is.
	accounts := []wxsim.Account{{
		AppID: config.AppID, Secret: config.AppSecret, Domain: host, Name: config.AccountName,
		PushURL: "http://" + site + "/wechat/push", PushToken: messages.Token, EncodingAESKey: messages.EncodingAESKey,
	}}
	if w := config.Website; w.AppID != "" && w.AppSecret != "" && w.AppID != config.AppID { // anything else core.New explains
		accounts = append(accounts, wxsim.Account{AppID: w.AppID, Secret: w.AppSecret, Domain: host, Name: "示例网站", Website: true})
	}
	_, simulator, stop, err := wxsim.Start(wxsim.Config{Accounts: accounts, AnyBrowser: true})
	config.OpenURL, config.APIURL = simulator, simulator
	config.FollowQRCode = simulator + wxsim.ProfilePath(config.AppID)
	return account{config, messages, simulator, stop}, err
}

// screenHint is what differs with WECHAT_SCREEN_LOGIN=1.
const screenHint = `
Screen login is on, so use two windows. This window is the computer: it shows a code.
A private window is the phone: open its developer tools (F12), switch to a phone
(Ctrl+Shift+M), and open the address of the code (right click on it, copy the link).
`

// hello says where to go and what to click.
func hello(w io.Writer, framework, site, simulator string, config core.Config) {
	fmt.Fprintf(w, "\nWeChat login with %s\n\n  Site:       %s\n", framework, site)
	switch {
	case simulator != "":
		fmt.Fprintf(w, `  Simulator:  %s/ (plays WeChat)

Open the site in any browser and click
  静默登录 Silent login        for the open id: nothing is asked
  授权登录 Login with consent  for nickname and avatar: choose a person, then 允许 Allow
  会员专页 Members only        for followers: follow the account first, with 关注 Follow
In the simulator you can become somebody else and see every call.
`, simulator)
		if config.ScreenLogin {
			fmt.Fprint(w, screenHint)
		}
	case config.OpenURL != "":
		fmt.Fprintf(w, "  Account:    %s at %s\n", config.AppID, config.OpenURL)
	default:
		fmt.Fprintf(w, "  Account:    %s\n\nOpen %s in WeChat. Its host must be registered as 网页授权域名.\n",
			config.AppID, cmp.Or(config.PublicURL, "the site"))
	}
	switch {
	case config.Website.AppID != "":
		fmt.Fprintf(w, "\nDesktop browsers log in by scan, with the website application %s.\n", config.Website.AppID)
		if simulator != "" {
			fmt.Fprint(w, "Scan with a second browser window: the code's address is on the simulator's page.\n")
		}
	case simulator != "" && !config.ScreenLogin:
		fmt.Fprintf(w, "\nTo log in at a desktop browser by scan, start it with WECHAT_SCREEN_LOGIN=1, or for a website application with\n  WECHAT_WEBSITE_APP_ID=wxfedcba9876543210 WECHAT_WEBSITE_APP_SECRET=fedcba9876543210fedcba9876543210\n")
	}
	fmt.Fprint(w, "\nCtrl+C ends it.\n\n")
}

func serve(ctx context.Context, server Server, listener net.Listener) error {
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("cannot serve: %w", err)
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := server.Shutdown(ctx)
	listener.Close() // the server has not seen it yet where ctx ended at once
	<-ended
	if errors.Is(err, context.DeadlineExceeded) {
		// A browser keeps connections open that never carried a request; the end of
		// the process closes them.
		return nil
	}
	return err
}
