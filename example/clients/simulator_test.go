package clients

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// What wxsim knows from the start.
const (
	appID         = "wx0123456789abcdef"
	secret        = "0123456789abcdef0123456789abcdef"
	websiteAppID  = "wxfedcba9876543210"
	websiteSecret = "fedcba9876543210fedcba9876543210"

	pushToken = "MadeUpTokenOfTheClients"
	pushKey   = "MadeUpKeyOfTheClientsMadeUpKeyOfTheClientsM"
)

// simulator is a running wxsim.
type simulator struct {
	t           *testing.T
	url         string // http://127.0.0.1:PORT, control API and proxy
	https       string // host:port
	certificate string // file
	pool        *x509.CertPool
	agent       string // what visitors' browsers call themselves
}

// startSimulator builds and runs core/cmd/wxsim.
func startSimulator(t *testing.T) *simulator {
	t.Helper()
	program := filepath.Join(t.TempDir(), "wxsim")
	if out, err := exec.Command("go", "build", "-C", "../..", "-o", program, "./core/cmd/wxsim").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	s := &simulator{t: t, certificate: filepath.Join(t.TempDir(), "ca.pem"), pool: x509.NewCertPool(), agent: insideWeChat}
	cmd := exec.Command(program, "-addr", "127.0.0.1:0", "-tls-addr", "127.0.0.1:0", "-tls", s.certificate)
	for _, line := range startProcess(t, cmd, "chromium ") {
		if at, ok := strings.CutPrefix(line, "export WECHAT_OPEN_URL="); ok {
			s.url = at
		}
		if at, ok := strings.CutPrefix(line, "https://"); ok {
			s.https, _, _ = strings.Cut(at, "/")
		}
	}
	raw, err := os.ReadFile(s.certificate)
	if err != nil || !s.pool.AppendCertsFromPEM(raw) {
		t.Fatalf("the certificate that wxsim wrote: %v", err)
	}
	return s
}

// startProcess starts a program, returns its lines up to one that begins with
// last, and ends it with the test.
func startProcess(t *testing.T, cmd *exec.Cmd, last string) []string {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		if t.Failed() && testing.Verbose() {
			t.Logf("%s said: %s", cmd.Path, stderr.String())
		}
	})
	var lines []string
	scanner := bufio.NewScanner(stdout)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
		if strings.HasPrefix(scanner.Text(), last) {
			go io.Copy(io.Discard, stdout)
			return lines
		}
	}
	t.Fatalf("%s ended early: %s", cmd.Path, stderr.String())
	return nil
}

// control calls the control API.
func (s *simulator) control(method, path string, body any) map[string]any {
	s.t.Helper()
	raw, _ := json.Marshal(body)
	r, err := http.NewRequest(method, s.url+"/_sim/"+path, bytes.NewReader(raw))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode != 200 {
		s.t.Fatalf("%s %s: %d %v %v", method, path, res.StatusCode, out, err)
	}
	return out
}

// next makes the next call meet a fault of the list.
func (s *simulator) next(fault string) { s.control("POST", "faults", map[string]string{"name": fault}) }

// openID is a person's id for an application.
func (s *simulator) openID(appID, person string) string {
	for _, p := range s.control("GET", "state", nil)["people"].([]any) {
		if p := p.(map[string]any); p["id"] == person {
			return p["openids"].(map[string]any)[appID].(string)
		}
	}
	s.t.Fatalf("no person %s", person)
	return ""
}

// transport reaches WeChat's hosts through the simulator's proxy, and the rest
// directly.
func (s *simulator) transport() *http.Transport {
	proxy, _ := url.Parse(s.url)
	return &http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) {
			if r.URL.Scheme == "https" {
				return proxy, nil
			}
			return nil, nil
		},
		TLSClientConfig: &tls.Config{RootCAs: s.pool},
	}
}

// shownCode finds the number of a login on WeChat's page.
var shownCode = regexp.MustCompile(`name="uuid" value="([0-9A-Za-z]{16})"`)

// visit logs a person in at a site: it follows every redirect, answers WeChat's
// page with form (allow=1, or a refusal), and returns the site's last answer.
func (s *simulator) visit(address, person, form string) (result, error) {
	jar, _ := cookiejar.New(nil)
	transport := s.transport()
	defer transport.CloseIdleConnections()
	client := &http.Client{Jar: jar, Transport: withUserAgent{transport, s.agent}, Timeout: 20 * time.Second}
	res, err := client.Get(address)
	if err != nil {
		return result{}, err
	}
	page := readAll(res)
	if uuid := shownCode.FindStringSubmatch(page); uuid != nil {
		action := res.Request.URL.ResolveReference(&url.URL{Path: "/connect/qrconnect"})
		if res.Request.URL.Path == "/connect/oauth2/authorize" {
			action.Path = "/connect/oauth2/authorize_reply"
		}
		values, _ := url.ParseQuery("uuid=" + uuid[1] + "&person=" + person + "&" + form)
		if res, err = client.PostForm(action.String(), values); err != nil {
			return result{}, err
		}
		page = readAll(res)
	}
	if pageError := res.Header.Get("X-Wxsim-Error"); pageError != "" {
		return result{Page: pageError}, nil
	}
	if shownCode.MatchString(page) {
		return result{Error: "WeChat's page again"}, nil
	}
	var out result
	if err := json.Unmarshal([]byte(page), &out); err != nil {
		return result{}, fmt.Errorf("%s answered %d %.300s", res.Request.URL.Path, res.StatusCode, page)
	}
	return out, nil
}

// result is what a client made of a login or a call.
type result struct {
	OpenID   string `json:"openid"`
	Nickname string `json:"nickname"`
	Follows  int    `json:"follows"`
	Ticket   string `json:"ticket"`
	Error    string `json:"error"`
	Code     string `json:"code"` // WeChat's number, where the client tells it
	Page     string `json:"-"`    // the error page of WeChat's where the login ended
}

const insideWeChat = "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50(0x1800323b) NetType/WIFI Language/zh_CN"

type withUserAgent struct {
	next  http.RoundTripper
	agent string
}

func (w withUserAgent) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", w.agent)
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8") // it opens pages
	return w.next.RoundTrip(r)
}

func readAll(res *http.Response) string {
	defer res.Body.Close()
	raw, _ := io.ReadAll(res.Body)
	return string(raw)
}

// startNode installs the npm packages and runs node/site.mjs. It returns the
// site's address.
func (s *simulator) startNode() string {
	s.t.Helper()
	install(s.t)
	cmd := exec.Command(find(s.t, "node"), "--require", "./node/wechat-is-here.cjs", "node/site.mjs")
	cmd.Env = append(os.Environ(), "TMPDIR="+s.t.TempDir(), "WXSIM="+s.https, "NODE_EXTRA_CA_CERTS="+s.certificate, "APP_ID="+appID, "APP_SECRET="+secret,
		"WEBSITE_APP_ID="+websiteAppID, "WEBSITE_APP_SECRET="+websiteSecret, "PUSH_TOKEN="+pushToken, "PUSH_AES_KEY="+pushKey)
	lines := startProcess(s.t, cmd, "")
	return "http://localhost:" + lines[len(lines)-1]
}

// install fetches the packages that package-lock.json names, unless they are
// there already. Their scripts are not run.
func install(t *testing.T) {
	t.Helper()
	lock, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	const stamp = "node_modules/.installed-from"
	if have, err := os.ReadFile(stamp); err == nil && bytes.Equal(have, lock) {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, find(t, "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v: it needs the registry that npm is configured for\n%s", err, out)
	}
	if err := os.WriteFile(stamp, lock, 0o644); err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("these tests need %s: install chromium, nodejs (20 or newer) and npm, such as with apt-get install", name)
	}
	return path
}
