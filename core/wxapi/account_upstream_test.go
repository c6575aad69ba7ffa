package wxapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// upstream is WeChat's side of the account's token: a new token for every mint,
// and a note of every call.
type upstream struct {
	mu     sync.Mutex
	calls  []string // "stable", "forced", "classic", "ticket", "info", "batch"
	tokens int      // minted so far
	life   any      // expires_in
	takes  time.Duration
	hangs  bool // heeds no context and never comes back, until release is closed
	// instead answers a call in the stub's stead; "" for the stub's own answer.
	instead func(call string, r *http.Request) (body string, err error)
	last    *http.Request
	sent    string // the body of the last request
	release chan struct{}
}

func newUpstream() *upstream { return &upstream{life: 7200, release: make(chan struct{})} }

func tokenOf(n int) string { return fmt.Sprintf("99_accountCanary-%04d", n) }

const ticketOf = "bxLdikRXVbTPdHSM05e5u5sUoXNKd8-ticketCanary"

func (u *upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := ""
	if r.Body != nil {
		b, _ := io.ReadAll(r.Body)
		sent = string(b)
	}
	u.mu.Lock()
	call := map[string]string{tokenPath: "classic", stableTokenPath: "stable", ticketPath: "ticket",
		followerPath: "info", followersPath: "batch"}[r.URL.Path]
	if strings.Contains(sent, `"force_refresh":true`) {
		call = "forced"
	}
	u.calls = append(u.calls, call)
	u.last, u.sent = r, sent
	takes, hangs, instead := u.takes, u.hangs, u.instead
	u.mu.Unlock()

	if hangs {
		<-u.release
	}
	if takes > 0 {
		select {
		case <-time.After(takes):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	var body string
	if instead != nil {
		var err error
		if body, err = instead(call, r); err != nil {
			return nil, err
		}
	}
	if body == "" {
		body = u.answer(call, r)
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func (u *upstream) answer(call string, r *http.Request) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	life, _ := json.Marshal(u.life)
	switch call {
	case "ticket":
		return `{"errcode":0,"errmsg":"ok","ticket":"` + ticketOf + `","expires_in":` + string(life) + `}`
	case "info":
		return `{"subscribe":1,"openid":"` + r.URL.Query().Get("openid") + `"}`
	}
	u.tokens++
	return `{"access_token":"` + tokenOf(u.tokens) + `","expires_in":` + string(life) + `}`
}

// count returns how often a call was made; "" for all.
func (u *upstream) count(call string) (n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, c := range u.calls {
		if call == "" || c == call {
			n++
		}
	}
	return n
}

// set changes the stub between two calls.
func (u *upstream) set(f func(*upstream)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	f(u)
}

// says makes the stub answer one kind of call; "" is its own answer again.
func (u *upstream) says(call, body string) {
	u.set(func(u *upstream) {
		u.instead = func(c string, _ *http.Request) (string, error) {
			if c == call {
				return body, nil
			}
			return "", nil
		}
	})
}

// also adds the answer of one more kind of call.
func also(first func(string, *http.Request) (string, error), call, body string) func(string, *http.Request) (string, error) {
	return func(c string, r *http.Request) (string, error) {
		if c == call {
			return body, nil
		}
		return first(c, r)
	}
}

func (u *upstream) fails(err error) {
	u.set(func(u *upstream) { u.instead = func(string, *http.Request) (string, error) { return "", err } })
}

var errDown = errors.New("the network is down")

func code(n int) string {
	return fmt.Sprintf(`{"errcode":%d,"errmsg":"said so rid: 6aac005a-01bfdbee-79769285"}`, n)
}

// node returns an account token of one process.
func (u *upstream) node(t testing.TB, cfg AccountTokenConfig) *AccountToken {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	c := clientAt(t, Config{HTTPClient: &http.Client{Transport: u}})
	token, err := c.AccountToken(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(token.Close)
	return token
}

// want asks for the token and compares it.
func want(t *testing.T, rule string, token *AccountToken, n int) {
	t.Helper()
	if got, err := token.Token(context.Background()); got != tokenOf(n) || err != nil {
		t.Errorf("rule: %s: got %q, %v, want %q", rule, got, err, tokenOf(n))
	}
}

func counts(t *testing.T, rule string, u *upstream, calls ...string) {
	t.Helper()
	u.mu.Lock()
	defer u.mu.Unlock()
	if fmt.Sprint(u.calls) != fmt.Sprint(calls) {
		t.Errorf("rule: %s: calls %v, want %v", rule, u.calls, calls)
	}
}

// records is a log that can be read while it is written.
type records struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *records) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(p)
}

func (r *records) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.String()
}

func (r *records) logger() *slog.Logger { return slog.New(slog.NewTextHandler(r, nil)) }

// gang runs f in n goroutines at once and returns how often it failed.
func gang(n int, f func() error) (failed int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range n {
		wg.Go(func() {
			<-start
			if f() != nil {
				mu.Lock()
				failed++
				mu.Unlock()
			}
		})
	}
	close(start)
	wg.Wait()
	return failed
}
