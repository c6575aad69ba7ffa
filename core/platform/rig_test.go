package platform

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxsim"
)

const (
	platformID     = "wx00000000000000cc"
	platformSecret = "made-up-secret-of-the-platform"
	platformToken  = "tokenOfThePlatform"
	platformKey    = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	shopA          = "wx00000000000000aa"
	shopB          = "wx00000000000000bb"
	saas           = "saas.example.com"
)

// rig is a simulator with two accounts and a platform, and nodes of that platform that
// share a store. WeChat's pushes go to the first node, or where pushTo says.
type rig struct {
	t     *testing.T
	sim   *wxsim.Sim
	url   string
	store Store
	log   *logBuffer
	nodes []*Platform

	mu     sync.Mutex
	pushTo int
	hooks  func(Account) push.Config
	pushes *httptest.Server
	raw    []rawPush // what WeChat pushed, to be sent again
}

type rawPush struct {
	target string
	body   []byte
}

func newRig(t *testing.T, change ...func(*wxsim.Config)) *rig {
	t.Helper()
	r := &rig{t: t, store: NewMemoryStore(), log: &logBuffer{}}
	r.pushes = httptest.NewServer(http.HandlerFunc(r.receive))
	t.Cleanup(r.pushes.Close)
	cfg := wxsim.Config{
		Accounts: []wxsim.Account{
			{AppID: shopA, Secret: "s", Domain: "a.example.com", Name: "茶舍"},
			{AppID: shopB, Secret: "s", Domain: "b.example.com", Name: "书店"},
		},
		Platforms: []wxsim.Platform{{AppID: platformID, Secret: platformSecret, Domain: saas, Token: platformToken, EncodingAESKey: platformKey,
			EventURL: r.pushes.URL + "/events", MessageURL: r.pushes.URL + "/messages/$APPID$"}},
	}
	for _, f := range change {
		f(&cfg)
	}
	sim, url, stop, err := wxsim.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	r.sim, r.url = sim, url
	return r
}

func (r *rig) receive(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	req.Body = io.NopCloser(bytes.NewReader(body))
	r.mu.Lock()
	r.raw = append(r.raw, rawPush{req.URL.RequestURI(), body})
	p, hooks := r.nodes[r.pushTo], r.hooks
	r.mu.Unlock()
	if strings.HasPrefix(req.URL.Path, "/messages/") {
		p.MessageHandler(hooks).ServeHTTP(w, req)
		return
	}
	p.EventHandler().ServeHTTP(w, req)
}

// node starts a node of the platform.
func (r *rig) node(change ...func(*Config)) *Platform {
	r.t.Helper()
	c := Config{
		AppID: platformID, AppSecret: platformSecret, Token: platformToken, EncodingAESKey: platformKey, Store: r.store,
		OpenURL: r.url, APIURL: r.url, PagesURL: r.url,
		Logger:   slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Settings: func(Account) core.Config { return core.Config{PublicURL: "https://" + saas} },
	}
	for _, f := range change {
		f(&c)
	}
	p, err := newPlatform(c, r.sim.Now)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { p.Close() })
	r.mu.Lock()
	r.nodes = append(r.nodes, p)
	r.mu.Unlock()
	return p
}

// ready is a node that has a ticket.
func (r *rig) ready(change ...func(*Config)) *Platform {
	r.t.Helper()
	p := r.node(change...)
	r.ticket()
	return p
}

func (r *rig) ticket() {
	r.t.Helper()
	if err := r.sim.PushTicket(r.t.Context(), platformID); err != nil {
		r.t.Fatal(err)
	}
}

// connect makes an account agree, which WeChat pushes.
func (r *rig) connect(appID string) {
	r.t.Helper()
	if _, err := r.sim.Connect(r.t.Context(), platformID, appID); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) disconnect(appID string) {
	r.t.Helper()
	if err := r.sim.Disconnect(r.t.Context(), platformID, appID); err != nil {
		r.t.Fatal(err)
	}
}

// again sends the push of number n again, with another target if that is not "".
func (r *rig) again(n int, target string) int {
	r.t.Helper()
	r.mu.Lock()
	sent := r.raw[n]
	r.mu.Unlock()
	if target == "" {
		target = sent.target
	}
	return r.send(target, sent.body)
}

func (r *rig) send(target string, body []byte) int {
	r.t.Helper()
	res, err := http.Post(r.pushes.URL+target, "text/xml", bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

func (r *rig) calls(path string) int { return r.sim.Calls(path) }

func (r *rig) auth(p *Platform, appID string) *core.Auth {
	r.t.Helper()
	auth, err := p.Account(r.t.Context(), appID)
	if err != nil {
		r.t.Fatal(err)
	}
	return auth
}

// logBuffer is a log that several goroutines write.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// together runs two calls at once.
func together(calls ...func()) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for _, call := range calls {
		all.Go(func() { <-begin; call() })
	}
	close(begin)
	all.Wait()
}

// brokenStore fails while down is set.
type brokenStore struct {
	Store
	down func() bool
}

func (b brokenStore) Load(ctx context.Context, key string) ([]byte, error) {
	if b.down() {
		return nil, io.ErrUnexpectedEOF
	}
	return b.Store.Load(ctx, key)
}

func (b brokenStore) Swap(ctx context.Context, key string, old, value []byte) (bool, error) {
	if b.down() {
		panic("a secret of the store's")
	}
	return b.Store.Swap(ctx, key, old, value)
}
