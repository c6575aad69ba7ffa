package adaptertest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
)

const (
	public       = "https://app.example.com" // what browsers see; a proxy in front ends TLS
	publicHost   = "app.example.com"
	secondID     = "wx00000000000000bb"
	secondSecret = "another-made-up-secret"
)

// stage is a site under attack: the app on two nodes, WeChat, and what watches
// them.
type stage struct {
	app      App
	two      TwoAccounts
	kind     string
	sim      *wxsim.Sim
	simURL   string
	out      *outgoing
	book     *book
	store    *ledger // nil for private sessions
	sessions *scs.SessionManager
	forge    forge
	nodes    []string
	base     int  // goroutines when nothing happens
	shared   bool // other stages are played on at the same time

	mu     sync.Mutex
	hook   func(*core.User) error
	hooked int
	tokens map[string]bool // of sessions, ever seen
	local  []time.Duration // of answers without a call to WeChat
}

func newStage(t *testing.T, app App, two TwoAccounts, kind string, book *book) *stage {
	t.Helper()
	st := &stage{app: app, two: two, kind: kind, book: book, tokens: map[string]bool{}}
	st.forge = forge{appID: appID, secret: secret, scheme: "https", host: publicHost}
	sim, simURL, stop, err := wxsim.Start(wxsim.Config{Accounts: []wxsim.Account{
		{AppID: appID, Secret: secret, Domain: publicHost}, {AppID: secondID, Secret: secondSecret, Domain: publicHost},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	st.sim, st.simURL = sim, simURL
	st.out = &outgoing{api: simURL}
	if kind == ownStore {
		st.store = newLedger()
		st.sessions = ownSessions(st.store)
	}
	st.node(t)
	st.node(t)
	for range 2 { // what a server starts only with its first connections
		if _, err := once(hostOf(st.nodes[0]), "GET /engine/warm HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	return st
}

func (st *stage) config() core.Config {
	return core.Config{
		AppID: appID, AppSecret: secret, PublicURL: public, OpenURL: st.simURL, APIURL: st.simURL,
		LoginPath: "/login", Sessions: st.sessions, HTTPClient: &http.Client{Transport: st.out},
		Logger:  slog.New(slog.NewTextHandler(st.book, &slog.HandlerOptions{Level: slog.LevelDebug})),
		OnLogin: st.onLogin,
	}
}

// node starts another process of the site.
func (st *stage) node(t *testing.T) (base string, stop func()) {
	t.Helper()
	auth := st.auth(t, st.config())
	base, stopApp, err := st.app(newKit(auth))
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		stopApp()
		auth.Close()
	})
	t.Cleanup(stop)
	st.nodes = append(st.nodes, base)
	return base, stop
}

func (st *stage) auth(t *testing.T, c core.Config) *core.Auth {
	t.Helper()
	auth, err := core.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { auth.Close() })
	return auth
}

func (st *stage) onLogin(_ context.Context, u *core.User) error {
	st.mu.Lock()
	st.hooked++
	hook := st.hook
	st.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook(u)
}

// onLogins replaces the app's hook and returns how often it was called so far.
func (st *stage) onLogins(hook func(*core.User) error) int {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.hook = hook
	return st.hooked
}

// firstSeen says whether a session token is a new one.
func (st *stage) firstSeen(token string) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	seen := st.tokens[token]
	st.tokens[token] = true
	return !seen
}

func (st *stage) code(t *testing.T, account, person, scope string) string {
	t.Helper()
	code, err := st.sim.Code(account, person, scope)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// book is where everything is logged.
type book struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// size is where the next line will begin.
func (b *book) size() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Len()
}

func (b *book) since(start int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text.Bytes()[start:])
}

// goroutines counts those that do something or wait for somebody: not the idle
// workers that fasthttp keeps for ten seconds, nor those that sweep them and are as
// slow to see that their server has ended.
func goroutines() int {
	var b strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		return runtime.NumGoroutine()
	}
	total := 0
	for group := range strings.SplitSeq(b.String(), "\n\n") {
		idle := strings.Contains(group, "workerPool).workerFunc") && !strings.Contains(group, ").serveConn")
		if idle || strings.Contains(group, "workerPool).Start.func") {
			continue
		}
		for line := range strings.SplitSeq(group, "\n") {
			if count, _, ok := strings.Cut(line, " @ "); ok {
				n, _ := strconv.Atoi(count)
				total += n
			}
		}
	}
	return total
}

// settle waits until no more goroutines run than before.
func settle(before int) error {
	var n int
	if eventually(time.Second, func() bool {
		if n = runtime.NumGoroutine(); n > before { // the quick way
			n = goroutines()
		}
		return n <= before
	}) {
		return nil
	}
	return fmt.Errorf("%d goroutines a second later, and %d before", n, before)
}

// eventually asks again and again until it is so, or the time is up.
func eventually(limit time.Duration, so func() bool) bool {
	if so() {
		return true
	}
	end := time.NewTimer(limit)
	defer end.Stop()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-end.C:
			return so()
		case <-again.C:
			if so() {
				return true
			}
		}
	}
}
