package core

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim"
)

const (
	testAppID  = "wx0123456789abcdef"
	testSecret = "s3cr3t-canary-0123456789"
	// The website application of a rig that scans.
	testWebsiteID     = "wxfedcba9876543210"
	testWebsiteSecret = "w3bs1t3-canary-9876543210"
	inWeChat          = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50(0x1800323b) NetType/WIFI Language/zh_CN"
)

const onDesktop = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36"

// scanning makes every rig of a test one with a website application, and every browser
// of it a desktop's: then the rules of the login are held by scan login, too.
var scanning bool

// byScan runs tests once more, by scan login.
func byScan(t *testing.T, tests map[string]func(*testing.T)) {
	scanning = true
	defer func() { scanning = false }()
	for name, test := range tests {
		t.Run(name, test)
	}
}

// What browsers of a rig log in with.
func loginAppID() string { return map[bool]string{false: testAppID, true: testWebsiteID}[scanning] }
func loginScope() string {
	return map[bool]string{false: "snsapi_base", true: "snsapi_login"}[scanning]
}
func loginPage() string {
	return map[bool]string{false: "/connect/oauth2/authorize?", true: "/connect/qrconnect?"}[scanning]
}

// rig is an instance against a simulator, with a clock of its own.
type rig struct {
	t    testing.TB
	sim  *wxsim.Sim
	open string
	auth *Auth
	log  *logBook
	mu   sync.Mutex
	time time.Time
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.time
}

func (r *rig) advance(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.time = r.time.Add(d)
}

func newRig(t testing.TB, change ...func(*Config)) *rig {
	t.Helper()
	return newRigOf(t, nil, change...)
}

// newRigOf is a rig with people of one's own.
func newRigOf(t testing.TB, people []wxsim.Person, change ...func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, time: time.Now(), log: &logBook{}}
	sim, err := wxsim.New(wxsim.Config{
		Accounts: []wxsim.Account{{AppID: testAppID, Secret: testSecret, Domain: "app.example.com"},
			{AppID: testWebsiteID, Secret: testWebsiteSecret, Domain: "app.example.com", Website: true}}, People: people,
		Now: r.now, Refusal: wxsim.RefuseStateOnly,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	r.sim, r.open = sim, server.URL
	r.auth = r.instance(change...)
	return r
}

// instance is another process of the same site.
func (r *rig) instance(change ...func(*Config)) *Auth {
	r.t.Helper()
	return r.instanceAt(0, change...)
}

// instanceAt is another process, with a clock that is ahead.
func (r *rig) instanceAt(ahead time.Duration, change ...func(*Config)) *Auth {
	r.t.Helper()
	c := Config{
		AppID: testAppID, AppSecret: testSecret, PublicURL: "https://app.example.com",
		OpenURL: r.open, APIURL: r.open, Logger: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if scanning {
		withWebsite(&c)
	}
	for _, f := range change {
		f(&c)
	}
	a, err := newAuth(c, func() time.Time { return r.now().Add(ahead) })
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { a.Close() })
	return a
}

// realAddresses leaves WeChat's own addresses, behind which the simulator answers.
func (r *rig) realAddresses(c *Config) {
	c.OpenURL, c.APIURL, c.HTTPClient = "", "", &http.Client{Transport: r.sim.Transport()}
}

func (r *rig) gate(mode Mode, options ...Option) *Gate {
	return NewGate(mode, append([]Option{r.auth}, options...)...)
}

type logBook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// browser keeps cookies and speaks to gates without sockets.
type browser struct {
	rig     *rig
	ua      string
	cookies map[string]string
	host    string
	https   bool
	person  string
}

func (r *rig) browser() *browser {
	ua := inWeChat
	if scanning {
		ua = onDesktop
	}
	return &browser{rig: r, ua: ua, cookies: map[string]string{}, host: "app.example.com", https: true, person: wxsim.DefaultPeople()[0].ID}
}

// with makes headers out of pairs.
func with(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func (b *browser) send(g *Gate, method, target string, extra http.Header) *Outcome {
	b.rig.t.Helper()
	h := http.Header{"User-Agent": {b.ua}, "Accept": {"text/html,*/*"}}
	var pairs []string
	for name, value := range b.cookies {
		pairs = append(pairs, name+"="+value)
	}
	if len(pairs) > 0 {
		h.Set("Cookie", strings.Join(pairs, "; "))
	}
	for name, values := range extra {
		h[name] = values
	}
	out := g.Handle(context.Background(), &Request{Method: method, Target: target, Host: b.host, TLS: b.https, Header: h})
	b.keep(out)
	return out
}

func (b *browser) keep(out *Outcome) {
	for _, line := range out.Header.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			b.rig.t.Fatalf("cookie %q: %v", line, err)
		}
		if c.MaxAge < 0 || c.MaxAge == 0 && strings.Contains(line, "Max-Age=0") {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
}

func (b *browser) get(g *Gate, target string) *Outcome {
	b.rig.t.Helper()
	out := b.send(g, "GET", target, nil)
	if out.Status == http.StatusOK && strings.Contains(string(out.Body), `data-page="continue"`) {
		return b.send(g, "GET", target, nil) // the page asks for its own address once more
	}
	return out
}

// consent plays WeChat's side of a start: what the visitor comes back with.
func (b *browser) consent(start *Outcome) (target string) {
	b.rig.t.Helper()
	q := b.authorize(start)
	code, err := b.rig.sim.Code(q.Get("appid"), b.person, q.Get("scope"))
	if err != nil {
		b.rig.t.Fatal(err)
	}
	return b.back(q, "code="+code+"&state="+q.Get("state"))
}

// authorize reads where a start leads to, and fails unless it is WeChat.
func (b *browser) authorize(start *Outcome) url.Values {
	b.rig.t.Helper()
	to := start.Header.Get("Location")
	page := "/connect/oauth2/authorize?"
	if b.ua == onDesktop {
		page = "/connect/qrconnect?"
	}
	if start.Status != 302 || !strings.HasPrefix(to, b.rig.open+page) || !strings.HasSuffix(to, "#wechat_redirect") {
		b.rig.t.Fatalf("not a start of a login: %d %q %s", start.Status, to, start.Body)
	}
	u, err := url.Parse(to)
	if err != nil {
		b.rig.t.Fatal(err)
	}
	return u.Query()
}

// back appends what WeChat appends, as WeChat does it.
func (b *browser) back(q url.Values, pair string) string {
	b.rig.t.Helper()
	to, ok := strings.CutPrefix(q.Get("redirect_uri"), "https://app.example.com")
	if !ok {
		b.rig.t.Fatalf("redirect_uri %q is not on the site", q.Get("redirect_uri"))
	}
	if strings.Contains(to, "?") {
		return to + "&" + pair
	}
	return to + "?" + pair
}

// login goes all the way and returns where it ended.
func (b *browser) login(g *Gate, target string) string {
	b.rig.t.Helper()
	start := b.get(g, target)
	return b.arrives(b.get(g, b.consent(start)))
}

// arrives is the target that a finished login redirects to.
func (b *browser) arrives(out *Outcome) string {
	b.rig.t.Helper()
	to, ok := strings.CutPrefix(out.Header.Get("Location"), "https://app.example.com")
	if out.Status != 303 || !ok {
		b.rig.t.Fatalf("not the end of a login: %d %q %s", out.Status, out.Header.Get("Location"), out.Body)
	}
	return to
}

// user is who the gate says the visitor is, nil unless it lets the request pass.
func (b *browser) user(g *Gate, target string) *User {
	b.rig.t.Helper()
	out := b.get(g, target)
	if out.Status != 0 {
		return nil
	}
	u, _ := FromContext(out.Context)
	return u
}

func (r *rig) exchanges() int { return r.sim.Calls(wxsim.PathAccessToken) }

var _ io.Writer = (*logBook)(nil)

// orEmpty is the context a handler would see, empty where none is called.
func orEmpty(out *Outcome) context.Context {
	if out.Status == 0 {
		return out.Context
	}
	return context.Background()
}

// throughBoth follows a visitor through a gate inside another to whatever is no
// redirect; before runs before every request.
func (b *browser) throughBoth(outer, inner *Gate, target string, before func()) (starts int, end *Outcome) {
	b.rig.t.Helper()
	for range 20 {
		before()
		out := b.get(outer, target)
		if out.Status == 0 {
			out = b.get(inner, target)
		}
		switch out.Status {
		case 302:
			starts++
			target = b.consent(out)
		case 303:
			target = b.arrives(out)
		default:
			return starts, out
		}
	}
	b.rig.t.Fatal("the visitor goes round and round")
	return 0, nil
}
