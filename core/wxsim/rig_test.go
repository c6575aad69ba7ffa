package wxsim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	app      = "wx00000000000000aa"
	otherApp = "wx00000000000000bb"
	secret   = "made-up-secret-of-the-test"
	wechatUA = "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50(0x1800323b) NetType/WIFI Language/zh_CN"
	callback = "https://app.example.com/cb"

	desktopUA = "Mozilla/5.0 (Windows NT 10.0) MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat(0x63090a13) Flue"
)

// clock is an injected clock.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time          { c.mu.Lock(); defer c.mu.Unlock(); return c.t }
func (c *clock) advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

// rig is a simulator with two accounts and a clock.
type rig struct {
	*Sim
	t         *testing.T
	clock     *clock
	userAgent string // "": WeChat's on a phone
}

func newRig(t *testing.T, change ...func(*Config)) *rig {
	t.Helper()
	c := &clock{t: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	cfg := Config{
		Accounts: []Account{
			{AppID: app, Secret: secret, Domain: "app.example.com"},
			{AppID: otherApp, Secret: "other-secret", Domain: "other.example.com"},
		},
		Now: c.now,
	}
	for _, f := range change {
		f(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return &rig{Sim: s, t: t, clock: c, userAgent: wechatUA}
}

func (g *rig) do(r *http.Request) *httptest.ResponseRecorder {
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", g.userAgent)
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

func (g *rig) get(target string) *httptest.ResponseRecorder {
	return g.do(httptest.NewRequest(http.MethodGet, target, nil))
}

func (g *rig) post(target, form string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return g.do(r)
}

// linkFor is a correct link, given its parts raw.
func linkFor(redirect, scope, state string) string {
	return PathAuthorize + "?appid=" + app + "&redirect_uri=" + url.QueryEscape(redirect) +
		"&response_type=code&scope=" + scope + "&state=" + state
}

// open opens the consent page and returns its uuid.
func (g *rig) open() string {
	g.t.Helper()
	w := g.get(linkFor(callback, scopeUserInfo, "s1"))
	m := regexp.MustCompile(`name="uuid" value="([0-9A-Za-z]{16})"`).FindStringSubmatch(w.Body.String())
	if m == nil {
		g.t.Fatalf("a consent page has a uuid of 16 characters; got status %d:\n%s", w.Code, w.Body)
	}
	return m[1]
}

func (g *rig) code(person, scope string) string {
	g.t.Helper()
	c, err := g.Code(app, person, scope)
	if err != nil {
		g.t.Fatalf("Code: %v", err)
	}
	return c
}

func tokenURL(code string) string {
	return PathAccessToken + "?appid=" + app + "&secret=" + secret + "&code=" + code + "&grant_type=authorization_code"
}

// body is an API reply, decoded.
type body struct {
	ErrCode      *int    `json:"errcode"`
	ErrMsg       string  `json:"errmsg"`
	AccessToken  string  `json:"access_token"`
	ExpiresIn    int     `json:"expires_in"`
	RefreshToken string  `json:"refresh_token"`
	OpenID       string  `json:"openid"`
	Scope        string  `json:"scope"`
	Snapshot     int     `json:"is_snapshotuser"`
	UnionID      *string `json:"unionid"`
	Nickname     string  `json:"nickname"`
	HeadImgURL   *string `json:"headimgurl"`
	Ticket       string  `json:"ticket"`
}

func (b body) code() int {
	if b.ErrCode == nil {
		return 0
	}
	return *b.ErrCode
}

func (g *rig) api(target string) body {
	g.t.Helper()
	return decode(g.t, g.get(target))
}

func decode(t *testing.T, w *httptest.ResponseRecorder) body {
	t.Helper()
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/plain" {
		t.Errorf("the API answers 200 text/plain whatever happened; got %d %q", w.Code, w.Header().Get("Content-Type"))
	}
	raw, _ := io.ReadAll(w.Body)
	if strings.Contains(strings.ReplaceAll(string(raw), `\/`, ""), "/") {
		t.Errorf(`every "/" is escaped in a JSON reply; got %s`, raw)
	}
	var b body
	if err := json.Unmarshal(raw, &b); err != nil {
		t.Fatalf("the API answers JSON; got %q: %v", raw, err)
	}
	return b
}

// login exchanges a fresh code.
func (g *rig) login(person, scope string) body {
	g.t.Helper()
	b := g.api(tokenURL(g.code(person, scope)))
	if b.code() != 0 {
		g.t.Fatalf("a fresh code is exchanged; got %d %s", b.code(), b.ErrMsg)
	}
	return b
}

func userinfoURL(b body) string {
	return PathUserInfo + "?access_token=" + b.AccessToken + "&openid=" + b.OpenID + "&lang=zh_CN"
}

func authURL(b body) string {
	return PathAuth + "?access_token=" + b.AccessToken + "&openid=" + b.OpenID
}

func refreshURL(b body) string {
	return PathRefreshToken + "?appid=" + app + "&grant_type=refresh_token&refresh_token=" + b.RefreshToken
}
