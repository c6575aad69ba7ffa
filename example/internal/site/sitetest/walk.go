// Package sitetest walks through an example as a visitor does: over real sockets,
// with cookies, to the simulator and back.
package sitetest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/example/internal/site"
)

const (
	appID  = "wx0123456789abcdef"
	secret = "made-up-secret-of-the-walk"
	person = "mei" // the first of wxsim.DefaultPeople: who logs in silently
)

// Walk runs an example as its main does, with an account in the environment, and
// says which rule it breaks.
func Walk(t *testing.T, framework string, build site.Build) {
	sim, simURL := environment(t)
	base, log := Start(t, framework, build)
	v := newVisitor(t, base)
	openID := sim.OpenID(appID, person)

	t.Run("the front page is open to everybody", func(t *testing.T) {
		p := v.get(t, "/")
		p.is(t, http.StatusOK, base+"/", "home")
		p.has(t, `id="to-me"`, `id="to-profile"`, `id="to-members"`, `id="to-api"`, `id="to-login"`, framework)
		p.lacks(t, `data-openid`, `id="logout"`)
		if n := sim.Calls(wxsim.PathAuthorize); n != 0 {
			t.Errorf("it sent the visitor to WeChat %d times", n)
		}
	})
	t.Run("a page has the strict policy and is not stored", func(t *testing.T) {
		p := v.get(t, "/")
		for name, want := range site.Headers() {
			if got := p.header.Values(name); len(got) != 1 || got[0] != want {
				t.Errorf("%s is %q, want just %q", name, got, want)
			}
		}
	})
	t.Run("a script that is nobody gets 401 and the address to log in at", func(t *testing.T) {
		p := v.script(t, "/api/me")
		var problem struct {
			LoginURL string `json:"login_url"`
		}
		err := json.Unmarshal([]byte(p.body), &problem)
		if p.status != http.StatusUnauthorized || p.header.Get("Content-Type") != "application/problem+json" ||
			err != nil || problem.LoginURL != base+"/login?to=%2F" {
			t.Errorf("got %d %q %s", p.status, p.header.Get("Content-Type"), p.body)
		}
	})
	t.Run("/me logs in without asking and ends at its own address", func(t *testing.T) {
		p := v.get(t, "/me")
		p.is(t, http.StatusOK, base+"/me", "me")
		p.has(t, `data-openid="`+openID+`"`, `<code id="scope">snsapi_base</code>`, `id="logout"`)
		p.lacks(t, `id="nickname"`)
	})
	t.Run("a silent session answers scripts without a nickname", func(t *testing.T) {
		v.answers(t, openID, core.Silent, "")
	})
	t.Run("/profile asks on the consent page and ends at its own address", func(t *testing.T) {
		p := v.get(t, "/profile")
		if !strings.HasPrefix(p.url, simURL+wxsim.PathAuthorize+"?") {
			t.Fatal("the visitor did not come to the consent page")
		}
		p = v.allow(t, simURL, p.body)
		p.is(t, http.StatusOK, base+"/profile", "profile")
		p.has(t, `data-openid="`+openID+`"`, `<bdi id="nickname">小美🌸</bdi>`,
			`id="avatar" src="`+simURL+wxsim.AvatarPath(person)+`"`, `<code id="scope">snsapi_userinfo</code>`)
	})
	t.Run("a session with consent answers scripts with the nickname", func(t *testing.T) {
		v.answers(t, openID, core.Prompt, "小美🌸")
	})
	t.Run("consent covers the other pages", func(t *testing.T) {
		sim.ResetCalls()
		for path, name := range map[string]string{"/": "home", "/me": "me", "/profile": "profile"} {
			p := v.get(t, path)
			p.is(t, http.StatusOK, base+path, name)
			p.has(t, `<bdi id="nickname">小美🌸</bdi>`)
		}
		if n := sim.Calls(wxsim.PathAuthorize); n != 0 {
			t.Errorf("they sent the visitor to WeChat %d times", n)
		}
	})
	t.Run("logging out ends on the front page as nobody", func(t *testing.T) {
		p := v.post(t, base+"/logout", nil)
		p.is(t, http.StatusOK, base+"/", "home")
		p.lacks(t, `data-openid`)
		if p := v.script(t, "/api/me"); p.status != http.StatusUnauthorized {
			t.Errorf("a script afterwards got %d, want 401", p.status)
		}
	})
	t.Run("the login link logs in and comes back", func(t *testing.T) {
		p := v.get(t, "/login")
		p.is(t, http.StatusOK, base+"/", "home")
		p.has(t, `data-openid="`+openID+`"`)
	})
	t.Run("an unknown path is not found", func(t *testing.T) {
		if p := v.get(t, "/nowhere?code=secret"); p.status != http.StatusNotFound {
			t.Errorf("got %d", p.status)
		}
	})
	t.Run("the log has one line for every request and nothing secret", func(t *testing.T) {
		all := log.String()
		if got, want := strings.Count(all, "msg=served"), v.requests; got != want {
			t.Errorf("%d lines for %d requests", got, want)
		}
		if !strings.Contains(all, "method=GET path=/me status=200 took=") {
			t.Error("no line for /me with method, path, status and duration")
		}
		for _, hidden := range []string{"code=", "state=", "?", secret, openID, "小美"} {
			if strings.Contains(all, hidden) {
				t.Errorf("the log has %q", hidden)
			}
		}
		if t.Failed() {
			t.Log(all)
		}
	})
}

// environment starts a simulator and names its account as an operator would, all
// but what messages need.
func environment(t *testing.T) (sim *wxsim.Sim, simURL string) {
	t.Helper()
	sim, simURL, stop, err := wxsim.Start(wxsim.Config{
		Accounts:   []wxsim.Account{{AppID: appID, Secret: secret, Domain: "localhost"}},
		AnyBrowser: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	for name, value := range map[string]string{
		"WECHAT_APP_ID": appID, "WECHAT_APP_SECRET": secret, "WECHAT_PUBLIC_URL": "",
		"WECHAT_OPEN_URL": simURL, "WECHAT_API_URL": simURL, "WECHAT_ANY_BROWSER": "1",
		"WECHAT_ACCOUNT_NAME": accountName, "WECHAT_FOLLOW_QRCODE": simURL + wxsim.ProfilePath(appID),
		"WECHAT_PUSH_TOKEN": "", "WECHAT_ENCODING_AES_KEY": "",
	} {
		t.Setenv(name, value)
	}
	return sim, simURL
}

// Panic holds an example, to which the test has added a /panic that panics with
// "boom", to the rules for panics.
func Panic(t *testing.T, framework string, build site.Build) {
	t.Setenv("WECHAT_APP_ID", "")
	base, log := Start(t, framework, build)
	v := newVisitor(t, base)
	r, err := http.NewRequest(http.MethodGet, base+"/panic?code=query-secret", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", "session=cookie-secret")
	p := v.send(t, r)
	if p.status != http.StatusInternalServerError || strings.Contains(p.body, "boom") {
		t.Errorf("rule: a panic is a 500 that does not say why; got %d %q", p.status, p.body)
	}
	all := log.String()
	for _, want := range []string{"boom", "main_test.go", "path=/panic status=500"} {
		if !strings.Contains(all, want) {
			t.Errorf("rule: the log says what happened and where; it lacks %q", want)
		}
	}
	if strings.Contains(all, "-secret") {
		t.Error("rule: the log of a panic has neither query nor cookies")
	}
	if p := v.get(t, "/"); p.status != http.StatusOK {
		t.Errorf("rule: the site goes on after a panic; got %d", p.status)
	}
}

// Start runs an example until the test ends, and returns its address and its log.
func Start(t *testing.T, framework string, build site.Build) (base string, log *Log) {
	t.Helper()
	t.Setenv("ADDR", "localhost:0")
	log = &Log{}
	out, stdout := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		err := site.Run(ctx, framework, build, stdout, log)
		stdout.Close()
		ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("it does not end cleanly: %v", err)
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if at, found := strings.CutPrefix(strings.TrimSpace(lines.Text()), "Site:"); found {
			base = strings.TrimSuffix(strings.TrimSpace(at), "/")
		}
		if strings.HasPrefix(lines.Text(), "Ctrl+C") { // the last one
			go io.Copy(io.Discard, out)
			return base, log
		}
	}
	err := <-ended
	ended <- err
	t.Fatalf("it did not start: %v", err)
	return "", nil
}

// Log is what an example wrote to stderr.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// visitor is a browser that keeps cookies and follows redirects.
type visitor struct {
	base     string
	client   *http.Client
	requests int // to the site, redirects included
}

func newVisitor(t *testing.T, base string) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{base: base}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	v.client = &http.Client{Jar: jar, Transport: counted{v, transport}}
	return v
}

type counted struct {
	v    *visitor
	next http.RoundTripper
}

func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(c.v.base, "//"+r.URL.Host) {
		c.v.requests++
	}
	return c.next.RoundTrip(r)
}

// page is what the visitor sees in the end.
type page struct {
	status int
	url    string
	header http.Header
	body   string
}

func (v *visitor) do(t *testing.T, method, address, accept string, form url.Values) page {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return v.send(t, r)
}

func (v *visitor) send(t *testing.T, r *http.Request) page {
	t.Helper()
	answer, err := v.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page{answer.StatusCode, answer.Request.URL.String(), answer.Header, string(body)}
}

func (v *visitor) get(t *testing.T, path string) page {
	t.Helper()
	return v.do(t, http.MethodGet, v.base+path, "text/html", nil)
}

func (v *visitor) script(t *testing.T, path string) page {
	t.Helper()
	return v.do(t, http.MethodGet, v.base+path, "application/json", nil)
}

func (v *visitor) post(t *testing.T, address string, form url.Values) page {
	t.Helper()
	return v.do(t, http.MethodPost, address, "text/html", form)
}

var uuid = regexp.MustCompile(`name="uuid" value="([^"]+)"`)

// allow presses Allow on the simulator's consent page.
func (v *visitor) allow(t *testing.T, simURL, consent string) page {
	t.Helper()
	found := uuid.FindStringSubmatch(consent)
	if found == nil {
		t.Fatal("the consent page has no uuid")
	}
	return v.post(t, simURL+wxsim.PathAuthorizeReply, url.Values{"uuid": {found[1]}, "person": {person}, "allow": {"1"}})
}

// answers checks what /api/me says to a script.
func (v *visitor) answers(t *testing.T, openID string, scope core.Scope, nickname string) {
	t.Helper()
	p := v.script(t, "/api/me")
	var u core.User
	if err := json.Unmarshal([]byte(p.body), &u); err != nil || p.status != http.StatusOK {
		t.Fatalf("got %d %q: %v", p.status, p.body, err)
	}
	if u.OpenID != openID || u.Scope != scope || u.Nickname != nickname {
		t.Errorf("got %s", p.body)
	}
	if p.header.Get("Cache-Control") != "no-store" {
		t.Error("the answer may be stored")
	}
}

func (p page) is(t *testing.T, status int, address, name string) {
	t.Helper()
	if p.status != status || p.url != address || !strings.Contains(p.body, `<body data-page="`+name+`">`) {
		t.Errorf("got %d at %s, want %d at %s with the page %q", p.status, p.url, status, address, name)
	}
}

func (p page) has(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(p.body, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
}

func (p page) lacks(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(p.body, part) {
			t.Errorf("the page has %s", part)
		}
	}
}
