package embedding

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"testing"
	"time"
)

const inWeChat = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) MicroMessenger/8.0.50(0x1800323b) NetType/WIFI Language/zh_CN"

// patience limits every wait; only a broken app makes one wait that long.
const patience = 10 * time.Second

// checks are the columns of the table. Each returns "" when all is well.
var checks = []struct {
	name string
	run  func(app *running) string
}{
	{"login", (*running).login},
	{"script's 401", (*running).script},
	{"our page", (*running).page},
	{"events", (*running).events},
	{"web socket", (*running).socket},
	{"range", (*running).ranges},
	{"stranger behind nginx", (*running).stranger},
}

// running is an app under test, and somebody who is logged in to it.
type running struct {
	url     string // of the app
	nginx   string // of the proxy with a cache in front of it
	over    http.RoundTripper
	http2   bool // which has no web sockets in net/http
	browser *browser
	mei     *http.Client
}

func start(t *testing.T, s *site, proxy *nginx, b *browser, r row, p place) *running {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go r.app(s, p)(l)
	t.Cleanup(func() { l.Close() })
	scheme := cmp.Or(r.scheme, "http")
	a := &running{
		url:     scheme + "://" + l.Addr().String() + r.path,
		nginx:   proxy.site(scheme, l.Addr().String()) + r.path,
		over:    http.DefaultTransport,
		browser: b,
	}
	if r.http2 != nil {
		a.over, a.http2 = onlyHTTP2{l.Addr().String(), r.http2()}, true
	}
	a.mei = newVisitor()
	a.mei.Transport = a.over
	return a
}

// onlyHTTP2 speaks HTTP/2 with the app and whatever comes with the rest.
type onlyHTTP2 struct {
	app  string
	over http.RoundTripper
}

func (o onlyHTTP2) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != o.app {
		return http.DefaultTransport.RoundTrip(r)
	}
	answer, err := o.over.RoundTrip(r)
	if err == nil && answer.ProtoMajor != 2 {
		answer.Body.Close()
		return nil, fmt.Errorf("not HTTP/2 but %s", answer.Proto)
	}
	return answer, err
}

// somebody is a visitor without a session.
func (a *running) somebody() *http.Client {
	return &http.Client{Timeout: patience, Transport: a.over}
}

func newVisitor() *http.Client {
	jar, _ := cookiejar.New(nil) // never an error without options
	return &http.Client{Jar: jar, Timeout: patience}
}

func request(url string, lines ...string) *http.Request {
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		panic(err)
	}
	r.Header.Set("User-Agent", inWeChat)
	r.Header.Set("Accept", "text/html")
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	return r
}

// ask returns an answer whole; an error is one too.
func ask(client *http.Client, r *http.Request) (status int, header http.Header, body string) {
	answer, err := client.Do(r)
	if err != nil {
		return 0, http.Header{}, err.Error()
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, answer.Header, string(text)
}

func (a *running) login() string {
	for range 2 { // the login, and the session
		if status, _, body := ask(a.mei, request(a.url+"/me")); status != 200 || !strings.HasPrefix(body, "I am o") {
			return fmt.Sprintf("status %d", status)
		}
	}
	return ""
}

func (a *running) script() string {
	status, header, body := ask(a.somebody(), request(a.url+"/me", "Sec-Fetch-Mode: cors", "Accept: application/json"))
	var problem struct {
		LoginURL string `json:"login_url"`
	}
	switch {
	case status != 401:
		return fmt.Sprintf("status %d", status)
	case json.Unmarshal([]byte(body), &problem) != nil || problem.LoginURL == "":
		return "no login_url"
	case !slices.Equal(header.Values("Content-Type"), []string{"application/problem+json"}):
		return fmt.Sprintf("Content-Type %q", header.Values("Content-Type"))
	}
	return ""
}

// page looks at what decides whether a browser shows our page with style and QR code:
// one policy, ours; one type; nothing that saves it as a file. Then Chromium shows it.
func (a *running) page() string {
	status, header, body := ask(a.somebody(), request(a.url+"/me", "User-Agent: Mozilla/5.0 Firefox/140.0"))
	policy := header.Values("Content-Security-Policy")
	switch {
	case status != 403 || !strings.Contains(body, `data-page="outside"`) || !strings.Contains(body, "data:image/png;base64,"):
		return fmt.Sprintf("status %d", status)
	case len(policy) != 1 || !strings.Contains(policy[0], "default-src 'none'"):
		return fmt.Sprintf("policies %q", policy)
	case len(header.Values("Content-Type")) != 1 || !strings.HasPrefix(header.Get("Content-Type"), "text/html"):
		return fmt.Sprintf("Content-Type %q", header.Values("Content-Type"))
	case header.Get("Content-Disposition") != "" || header.Get("Cache-Control") != "no-store":
		return "saved or kept"
	}
	return a.browser.look(a.url + "/me")
}

func (a *running) events() string {
	r := request(a.url+"/events", "Accept-Encoding: identity")
	answer, err := a.mei.Do(r)
	if err != nil {
		return "nothing arrives"
	}
	defer answer.Body.Close()
	line, err := bufio.NewReader(answer.Body).ReadString('\n')
	switch {
	case answer.StatusCode != 200:
		return fmt.Sprintf("status %d", answer.StatusCode)
	case err != nil || line != "data: one\n":
		return "nothing arrives"
	case !strings.Contains(answer.Header.Get("Cache-Control"), "private"):
		return "not private"
	}
	return ""
}

func (a *running) socket() string {
	if a.http2 {
		return "-"
	}
	conn, err := net.DialTimeout("tcp", request(a.url).URL.Host, patience)
	if err != nil {
		return "no connection"
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	r := request(a.url+"/socket", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13")
	for _, c := range a.mei.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	if err := r.Write(conn); err != nil {
		return "not sent"
	}
	in := bufio.NewReader(conn)
	answer, err := http.ReadResponse(in, r)
	switch {
	case err != nil:
		return "no answer"
	case answer.StatusCode != 101 || answer.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=":
		return fmt.Sprintf("status %d", answer.StatusCode)
	}
	hello := make([]byte, 5)
	if _, err := io.ReadFull(in, hello); err != nil || string(hello) != "hello" {
		return "silent"
	}
	return ""
}

func (a *running) ranges() string {
	status, header, body := ask(a.mei, request(a.url+"/file", "Range: bytes=10-14", "Accept-Encoding: identity"))
	switch {
	case status != 206 || body != "01234":
		return fmt.Sprintf("status %d", status)
	case !strings.Contains(header.Get("Cache-Control"), "private"):
		return "not private"
	}
	return ""
}

// stranger asks for a page that Mei has just seen, through a cache that keeps what it
// may.
func (a *running) stranger() string {
	r := request(a.nginx + "/cached")
	for _, c := range a.mei.Jar.Cookies(request(a.url + "/").URL) {
		r.AddCookie(c)
	}
	status, _, mine := ask(&http.Client{Timeout: patience}, r)
	if status != 200 || !strings.HasPrefix(mine, "I am o") {
		return fmt.Sprintf("status %d", status)
	}
	for range 3 {
		if _, _, body := ask(&http.Client{Timeout: patience}, request(a.nginx+"/cached", "Sec-Fetch-Mode: cors")); strings.Contains(body, mine) {
			return "**gets Mei's page**"
		}
	}
	return ""
}
