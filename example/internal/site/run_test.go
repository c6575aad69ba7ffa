package site

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core"
)

// environment empties what would decide for the test.
func environment(t *testing.T, set ...string) {
	for _, name := range []string{"APP_ID", "APP_SECRET", "PUBLIC_URL", "OPEN_URL", "API_URL", "ANY_BROWSER",
		"ACCOUNT_NAME", "FOLLOW_QRCODE", "SCREEN_LOGIN", "PUSH_TOKEN", "ENCODING_AES_KEY", "WEBSITE_APP_ID", "WEBSITE_APP_SECRET"} {
		t.Setenv("WECHAT_"+name, "")
	}
	for i := 0; i < len(set); i += 2 {
		t.Setenv(set[i], set[i+1])
	}
}

func TestAccountFromTheEnvironment(t *testing.T) {
	environment(t, "WECHAT_APP_ID", "wx1", "WECHAT_APP_SECRET", "s", "WECHAT_PUBLIC_URL", "https://app.example.com",
		"WECHAT_PUSH_TOKEN", "t", "WECHAT_ENCODING_AES_KEY", "k")
	a, err := accountFor("gin", "localhost:8080")
	if err != nil {
		t.Fatal(err)
	}
	defer a.stop()
	if a.config.AppID != "wx1" || a.config.AppSecret != "s" || a.config.PublicURL != "https://app.example.com" {
		t.Errorf("rule: the account is the environment's; got %v", a.config)
	}
	if a.push.Token != "t" || a.push.EncodingAESKey != "k" {
		t.Error("rule: so are token and key of its messages")
	}
	if a.simulator != "" || a.config.OpenURL != "" || a.config.AnyBrowser {
		t.Error("rule: with an account in the environment there is no simulator, and browsers other than WeChat's stay outside")
	}
}

func TestAccountOfTheSimulator(t *testing.T) {
	environment(t)
	a, err := accountFor("gin", "localhost:8080")
	if err != nil {
		t.Fatal(err)
	}
	defer a.stop()
	config, simulator := a.config, a.simulator
	if !strings.HasPrefix(simulator, "http://127.0.0.1:") || config.OpenURL != simulator || config.APIURL != simulator || !config.AnyBrowser {
		t.Errorf("rule: without an account a simulator on 127.0.0.1 plays WeChat for every browser; got %q %q %q %v",
			simulator, config.OpenURL, config.APIURL, config.AnyBrowser)
	}
	if len(config.AppID) != 18 || !strings.HasPrefix(config.AppID, "wx") || strings.Trim(config.AppID[2:], "0123456789abcdef") != "" {
		t.Errorf("rule: the app id looks like one; got %q", config.AppID)
	}
	auth, err := core.New(config)
	if err != nil {
		t.Fatalf("rule: the library takes the configuration; got %v", err)
	}
	defer auth.Close()
	if _, err := auth.PushHandler(a.push); err != nil || a.push.EncodingAESKey == "" {
		t.Errorf("rule: messages of the simulator are encrypted, and can be read; got %v", err)
	}
	if answer, err := http.Get(config.FollowQRCode); err != nil || answer.StatusCode != 200 || config.AccountName == "" {
		t.Errorf("rule: the account has a name and a page to follow it on; got %v", err)
	} else {
		answer.Body.Close()
	}

	for rule, place := range map[string][2]string{
		"another framework has another account":      {"fiber", "localhost:8080"},
		"the same one elsewhere has another account": {"gin", "localhost:8081"},
	} {
		other, err := accountFor(place[0], place[1])
		if err != nil {
			t.Fatal(err)
		}
		other.stop()
		if other.config.AppID == config.AppID || other.config.AppSecret == config.AppSecret || other.push.Token == a.push.Token {
			t.Errorf("rule: %s; got %s twice", rule, config.AppID)
		}
	}
	again, err := accountFor("gin", "localhost:8080")
	if err != nil {
		t.Fatal(err)
	}
	again.stop()
	if again.config.AppID != config.AppID {
		t.Error("rule: the open ids stay the same from start to start")
	}
}

func TestScanLoginOfTheSimulator(t *testing.T) {
	environment(t, "WECHAT_WEBSITE_APP_ID", "wxfedcba9876543210", "WECHAT_WEBSITE_APP_SECRET", "fedcba9876543210fedcba9876543210")
	a, err := accountFor("gin", "localhost:8080")
	if err != nil {
		t.Fatal(err)
	}
	defer a.stop()
	auth, err := core.New(a.config)
	if err != nil {
		t.Fatal(err)
	}
	defer auth.Close()
	gate := core.NewGate(core.ModeRequire, auth)
	for browser, page := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36":         "/connect/qrconnect?appid=wxfedcba9876543210&",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148": "/connect/oauth2/authorize?appid=" + a.config.AppID + "&",
	} {
		out := gate.Handle(t.Context(), &core.Request{Method: "GET", Target: "/me", Host: "localhost:8080", Header: http.Header{"User-Agent": {browser}, "Accept": {"text/html"}}})
		to := out.Header.Get("Location")
		if !strings.HasPrefix(to, a.simulator+page) {
			t.Errorf("rule: with a website application a desktop browser scans, and a phone counts as WeChat's; got %q", to)
		}
		stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		if answer, err := stay.Get(to); err != nil || answer.StatusCode != 200 && answer.StatusCode != 302 {
			t.Errorf("rule: the simulator knows both; got %v", err)
		} else {
			answer.Body.Close()
		}
	}
	for _, half := range []string{"WECHAT_WEBSITE_APP_ID", "WECHAT_WEBSITE_APP_SECRET"} {
		environment(t, half, "wx1", "ADDR", "localhost:0")
		if err := Run(t.Context(), "gin", unused(t), io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "WECHAT_WEBSITE_APP") {
			t.Errorf("rule: half a website application is told; got %v", err)
		}
	}
}

func TestAddress(t *testing.T) {
	for rule, tc := range map[string]struct{ addr, want string }{
		"a name is kept":                        {"localhost:8080", "localhost:80"},
		"the port is the one that was given":    {"127.0.0.1:0", "127.0.0.1:80"},
		"no host can be opened as localhost":    {":8080", "localhost:80"},
		"every address is open as localhost":    {"0.0.0.0:8080", "localhost:80"},
		"so it is with every address of IPv6":   {"[::]:8080", "localhost:80"},
		"an address of IPv6 keeps its brackets": {"[::1]:8080", "[::1]:80"},
	} {
		if got := address(tc.addr, 80); got != tc.want {
			t.Errorf("rule: %s; %q gives %q, want %q", rule, tc.addr, got, tc.want)
		}
	}
}

func TestHello(t *testing.T) {
	for rule, tc := range map[string]struct {
		simulator string
		config    core.Config
		has       []string
	}{
		"with a simulator: both addresses and what to click": {"http://127.0.0.1:9999", core.Config{AppID: "wx1", AppSecret: "hush"},
			[]string{"http://localhost:8080/", "http://127.0.0.1:9999/", "静默登录", "授权登录", "允许", "会员专页", "关注"}},
		"with WeChat: the account and where to open the site": {"", core.Config{AppID: "wx1", AppSecret: "hush", PublicURL: "https://app.example.com"},
			[]string{"http://localhost:8080/", "wx1", "https://app.example.com", "网页授权域名"}},
		"with a website application: that desktops scan": {"http://127.0.0.1:9999", core.Config{AppID: "wx1", AppSecret: "hush", Website: core.Website{AppID: "wx2", AppSecret: "hush"}},
			[]string{"wx2", "by scan", "second browser"}},
		"with a simulator: how to try scan login": {"http://127.0.0.1:9999", core.Config{AppID: "wx1", AppSecret: "hush"},
			[]string{"WECHAT_SCREEN_LOGIN=1", "WECHAT_WEBSITE_APP_ID=wxfedcba9876543210", "WECHAT_WEBSITE_APP_SECRET="}},
		"with another address for WeChat: which": {"", core.Config{AppID: "wx1", AppSecret: "hush", OpenURL: "http://127.0.0.1:8089"},
			[]string{"wx1", "http://127.0.0.1:8089"}},
	} {
		var b bytes.Buffer
		hello(&b, "gin", "http://localhost:8080/", tc.simulator, tc.config)
		for _, part := range append(tc.has, "gin", "Ctrl+C") {
			if !strings.Contains(b.String(), part) {
				t.Errorf("rule: %s; it lacks %q:\n%s", rule, part, &b)
			}
		}
		if strings.Contains(b.String(), "hush") {
			t.Errorf("rule: the secret is not printed; got\n%s", &b)
		}
	}
}

func unused(t *testing.T) Build {
	return func(*core.Auth, *Site) (Server, error) {
		t.Error("the server was built")
		return &http.Server{}, nil
	}
}

func TestRunOnAnAddressInUse(t *testing.T) {
	environment(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("ADDR", l.Addr().String())
	err = Run(t.Context(), "gin", unused(t), io.Discard, io.Discard)
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "set ADDR") || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("rule: an address in use is told in one line, with what to do; got %v", err)
	}
}

func TestRunWithHalfAnAccount(t *testing.T) {
	environment(t, "ADDR", "localhost:0", "WECHAT_APP_ID", "wx1")
	err := Run(t.Context(), "gin", unused(t), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "WECHAT_APP_SECRET") {
		t.Errorf("rule: half an account is told, and no simulator stands in; got %v", err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	environment(t, "ADDR", "localhost:0")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	err := Run(ctx, "gin", func(*core.Auth, *Site) (Server, error) { return &http.Server{}, nil }, &out, io.Discard)
	if err != nil {
		t.Errorf("rule: to be told to end is no error; got %v", err)
	}
	_, after, _ := strings.Cut(out.String(), "Simulator:  ")
	at, _, _ := strings.Cut(after, "/ ")
	if _, err := http.Get(at); err == nil || at == "" {
		t.Errorf("rule: the simulator ends with the site; %q still answers", at)
	}
}
