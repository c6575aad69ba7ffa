package hostile

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
	"github.com/seed467724c4/wechat/core/wxsim"
)

const (
	appID        = "wx00000000000000aa"
	secret       = "made-up-secret-of-the-suite"
	public       = "https://app.example.com" // the address in the browser; a proxy in front ends TLS
	publicHost   = "app.example.com"
	secondID     = "wx00000000000000bb"
	secondSecret = "another-made-up-secret"

	websiteID     = "wx00000000000000cc" // a website application, for scan login
	websiteSecret = "made-up-secret-of-the-website"
)

// site is the site under attack: the app on two nodes, the WeChat simulator, and
// everything that records what they do.
type site struct {
	account  Account
	way      way
	app      adaptertest.App
	two      TwoAccounts
	kind     string
	sim      *wxsim.Sim
	simURL   string
	wechat   *transport
	logs     *logBuffer
	store    *countingStore // nil for private sessions
	sessions *scs.SessionManager
	forge    stateForge
	nodes    []string
	base     int  // number of goroutines before a case
	shared   bool // other sites run in the same process, so goroutines are not counted

	mu     sync.Mutex
	hook   func(*core.User) error
	hooked int
	tokens map[string]bool // all session tokens ever seen
	local  []time.Duration // durations of answers without a call to WeChat
}

func newSite(t *testing.T, account Account, app adaptertest.App, two TwoAccounts, kind string, logs *logBuffer) *site {
	t.Helper()
	st := &site{account: account, way: inWeChat, app: app, two: two, kind: kind, logs: logs, tokens: map[string]bool{}}
	if account.scan {
		st.way = byScan
	}
	c := wxsim.Config{Accounts: []wxsim.Account{
		{AppID: appID, Secret: secret, Domain: publicHost}, {AppID: secondID, Secret: secondSecret, Domain: publicHost},
	}}
	if st.way.scans() {
		c.Accounts = append(c.Accounts, wxsim.Account{AppID: websiteID, Secret: websiteSecret, Domain: publicHost, Website: true})
	}
	if account.Simulator != nil {
		account.Simulator(&c)
	}
	sim, simURL, stop, err := wxsim.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	st.sim, st.simURL = sim, simURL
	st.wechat = &transport{wire: &http.Transport{DisableKeepAlives: true}, api: simURL, exchange: account.ExchangePath}
	if kind == ownStore {
		st.store = newCountingStore()
		st.sessions = ownSessions(st.store)
	}
	st.node(t)
	st.node(t)
	st.forge = stateForge{appID: appID, secret: account.StateSecret(appID), scheme: "https", host: publicHost}
	if st.way.scans() {
		st.forge.website = websiteID
	}
	for range 2 { // a server starts some goroutines only with its first connections
		if _, err := rawhttp.Once(rawhttp.Host(st.nodes[0]), "GET /engine/warm HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	return st
}

func (st *site) config() core.Config {
	c := core.Config{
		AppID: appID, AppSecret: secret, PublicURL: public, OpenURL: st.simURL, APIURL: st.simURL,
		LoginPath: "/login", Sessions: st.sessions, HTTPClient: &http.Client{Transport: st.wechat},
		Logger:  slog.New(slog.NewTextHandler(st.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		OnLogin: st.onLogin,
	}
	if st.way.scans() {
		c.Website = core.Website{AppID: websiteID, AppSecret: websiteSecret}
	}
	return c
}

// node starts another node of the site.
func (st *site) node(t *testing.T) (base string, stop func()) {
	t.Helper()
	auth, stopAuth := st.auth(t, st.config())
	base, stopApp, err := st.app(adaptertest.NewHarness(auth))
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		stopApp()
		stopAuth()
	})
	t.Cleanup(stop)
	st.nodes = append(st.nodes, base)
	return base, stop
}

func (st *site) auth(t *testing.T, c core.Config) (*core.Auth, func()) {
	t.Helper()
	auth, stop, err := st.account.New(st.sim, c)
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(stop)
	t.Cleanup(stop)
	return auth, stop
}

func (st *site) onLogin(_ context.Context, u *core.User) error {
	st.mu.Lock()
	st.hooked++
	hook := st.hook
	st.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook(u)
}

// onLogins replaces OnLogin and returns how often it was called so far.
func (st *site) onLogins(hook func(*core.User) error) int {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.hook = hook
	return st.hooked
}

// firstSeen is true the first time that it is given this session token.
func (st *site) firstSeen(token string) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	seen := st.tokens[token]
	st.tokens[token] = true
	return !seen
}
