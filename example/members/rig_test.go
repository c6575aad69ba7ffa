package main

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxsim"
)

const (
	appID     = "wx0123456789abcdef"
	secret    = "made-up-secret-of-the-members"
	token     = "token4theMembers"
	aesKey    = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	webID     = "wxfedcba9876543210" // a website application
	webSecret = "made-up-secret-of-the-website"
	mei       = "mei" // the first of wxsim.DefaultPeople: who a browser belongs to
)

func init() { gin.SetMode(gin.ReleaseMode) } // as main does

// world is a site and the WeChat that it knows.
type world struct {
	*wxsim.Sim
	wechat string // its address
	site   string
	app    *app
	db     *sql.DB
	log    *journal
	ahead  atomic.Int64 // WeChat's clock before ours
}

// newWorld serves the site on localhost as run does, its table in a file. front may
// stand before the site; nil for nothing.
func newWorld(t *testing.T, front func(http.Handler) http.Handler) *world {
	t.Helper()
	return worldWith(t, front, core.Website{})
}

// worldWith is newWorld with a website application, for desktop browsers.
func worldWith(t *testing.T, front func(http.Handler) http.Handler, website core.Website) *world {
	t.Helper()
	w := &world{log: newJournal()}
	sim, wechat, stop, err := wxsim.Start(wxsim.Config{
		Accounts: []wxsim.Account{
			{AppID: appID, Secret: secret, Domain: "localhost", Name: "小镇读书会"},
			{AppID: webID, Secret: webSecret, Domain: "localhost", Name: "小镇读书会", Website: true},
		},
		AnyBrowser: true,
		Now:        func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	table, err := openMembers(filepath.Join(t.TempDir(), "members.db"), appID)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() })
	w.Sim, w.wechat, w.db = sim, wechat, table.db
	w.app, err = newApp(core.Config{
		AppID: appID, AppSecret: secret, Website: website, OpenURL: wechat, APIURL: wechat, AnyBrowser: true,
		AccountName: "小镇读书会", FollowQRCode: wechat + wxsim.ProfilePath(appID),
	}, push.Config{Token: token, EncodingAESKey: aesKey}, table, wechat, slog.New(slog.NewTextHandler(w.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.app.Close() })
	handler := w.app.handler
	if front != nil {
		handler = front(handler)
	}
	w.site = serveOnLocalhost(t, handler)
	if err := sim.SetPush(appID, w.site+pushPath, token, aesKey); err != nil {
		t.Fatal(err)
	}
	if err := sim.VerifyPush(t.Context(), appID); err != nil {
		t.Fatalf("rule: WeChat accepts the address for messages; got %v", err)
	}
	return w
}

func serveOnLocalhost(t *testing.T, handler http.Handler) string {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return "http://localhost:" + port
}

// follows has mei follow the account, and waits until the site has done what it does
// then.
func (w *world) follows(t *testing.T) {
	t.Helper()
	w.ahead.Add(int64(time.Second)) // two messages alike in one second are one
	before := w.log.count("msg=follows")
	if err := w.Follow(t.Context(), appID, mei); err != nil {
		t.Fatal(err)
	}
	w.log.await(t, "msg=follows", before+1)
}

func (w *world) leaves(t *testing.T) {
	t.Helper()
	before := w.log.count("msg=left")
	if err := w.Unfollow(t.Context(), appID, mei); err != nil {
		t.Fatal(err)
	}
	w.log.await(t, "msg=left", before+1)
}

// member is a row of the table; nil without.
func (w *world) member(t *testing.T) *Member {
	t.Helper()
	m, err := w.app.members.find(t.Context(), w.OpenID(appID, mei))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (w *world) rows(t *testing.T) (n int) {
	t.Helper()
	if err := w.db.QueryRow(`SELECT count(*) FROM members`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (w *world) exec(t *testing.T, statement string) {
	t.Helper()
	if _, err := w.db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

// asked holds what WeChat was asked since the last call against the rule.
func (w *world) asked(t *testing.T, rule string, want calls) {
	t.Helper()
	got := calls{
		logins: w.Calls(wxsim.PathAccessToken), profiles: w.Calls(wxsim.PathUserInfo),
		tokens: w.Calls(wxsim.PathStableToken) + w.Calls(wxsim.PathToken), followers: w.Calls(wxsim.PathFollower),
		renewals: w.Calls(wxsim.PathRefreshToken),
	}
	w.ResetCalls()
	if got != want {
		t.Errorf("rule: %s; WeChat was asked %+v, want %+v", rule, got, want)
	}
}

// calls are numbers of calls to WeChat.
type calls struct{ logins, profiles, tokens, followers, renewals int }

// visitor is a browser that keeps cookies and follows redirects.
type visitor struct {
	w      *world
	client *http.Client
}

func (w *world) visitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &visitor{w, &http.Client{Jar: jar, Transport: transport}}
}

// page is what the visitor sees in the end.
type page struct {
	status int
	url    string
	header http.Header
	body   string
}

func (v *visitor) get(t *testing.T, path string) page {
	t.Helper()
	return v.send(t, http.MethodGet, v.w.site+path, nil, nil)
}

// post sends a form of the site's own, as browsers do.
func (v *visitor) post(t *testing.T, path string) page {
	t.Helper()
	return v.send(t, http.MethodPost, v.w.site+path, nil, http.Header{"Origin": {v.w.site}, "Sec-Fetch-Site": {"same-origin"}})
}

func (v *visitor) send(t *testing.T, method, address string, form url.Values, header http.Header) page {
	t.Helper()
	p, err := v.try(method, address, form, header)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (v *visitor) try(method, address string, form url.Values, header http.Header) (page, error) {
	r, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return page{}, err
	}
	if header != nil {
		r.Header = header.Clone()
	}
	r.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := v.client.Do(r)
	if err != nil {
		return page{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return page{answer.StatusCode, answer.Request.URL.String(), answer.Header, string(body)}, err
}

var uuid = regexp.MustCompile(`name="uuid" value="([^"]+)"`)

// allows opens a page that WeChat asks consent for, and gives it.
func (v *visitor) allows(t *testing.T, path string) page {
	t.Helper()
	consent := v.get(t, path)
	found := uuid.FindStringSubmatch(consent.body)
	if found == nil || !strings.HasPrefix(consent.url, v.w.wechat) {
		t.Fatalf("rule: WeChat asks for consent; got %d at %s", consent.status, consent.url)
	}
	return v.send(t, http.MethodPost, v.w.wechat+wxsim.PathAuthorizeReply,
		url.Values{"uuid": {found[1]}, "person": {mei}, "allow": {"1"}}, nil)
}

// is holds the page against the rule: its name, and what it says.
func (p page) is(t *testing.T, rule string, status int, name string, parts ...string) {
	t.Helper()
	if p.status != status || !strings.Contains(p.body, `<body data-page="`+name+`">`) {
		t.Fatalf("rule: %s; got %d at %s, want %d and the page %q\n%s", rule, p.status, p.url, status, name, p.body)
	}
	for _, part := range parts {
		if !strings.Contains(p.body, part) {
			t.Errorf("rule: %s; the page lacks %s", rule, part)
		}
	}
}

func (p page) lacks(t *testing.T, rule string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(p.body, part) {
			t.Errorf("rule: %s; the page has %s", rule, part)
		}
	}
}

// journal is what the site wrote to its log. What happens after an answer is awaited
// by its line.
type journal struct {
	mu    sync.Mutex
	b     bytes.Buffer
	wrote chan struct{}
}

func newJournal() *journal { return &journal{wrote: make(chan struct{}, 1)} }

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	select {
	case j.wrote <- struct{}{}:
	default:
	}
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func (j *journal) count(part string) int { return strings.Count(j.String(), part) }

// await returns when the log has a part n times.
func (j *journal) await(t *testing.T, part string, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for j.count(part) < n {
		select {
		case <-j.wrote:
		case <-ctx.Done():
			t.Fatalf("the log has %q %d times, not %d:\n%s", part, j.count(part), n, j)
		}
	}
}
