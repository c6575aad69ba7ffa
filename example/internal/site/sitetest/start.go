// Package sitetest walks through an example as a visitor does: over real sockets,
// with cookies, to the simulator and back.
package sitetest

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/example/internal/site"
)

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
		"WECHAT_WEBSITE_APP_ID": "", "WECHAT_WEBSITE_APP_SECRET": "",
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
