package wxapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

func TestErrorsShowNoCanary(t *testing.T) {
	var logged bytes.Buffer // net/http writes there about bytes that nobody asked for
	log.SetOutput(&logged)
	t.Cleanup(func() {
		log.SetOutput(os.Stderr)
		if found := leaks(logged.String()); found != nil {
			t.Errorf("rule: no log shows a secret, code or token: %q in %s", found, &logged)
		}
	})
	raw := func(answer func(query string) string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, answer(r.URL.RawQuery))
		}
	}
	body := func(status int, f func(raw, plain string) string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			plain, _ := url.QueryUnescape(r.URL.RawQuery)
			says(status, f(r.URL.RawQuery, plain))(w, r)
		}
	}
	fails := func(f func(*http.Request) error) *http.Client {
		return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) { return nil, f(r) })}
	}
	interrupted := func(plain string) string { // a control character inside every value
		for _, c := range []string{testSecret, testCode, testAccess, testRefresh} {
			plain = strings.ReplaceAll(plain, c, c[:9]+"\x01"+c[9:])
		}
		return plain
	}
	faults := []struct {
		name string
		h    http.HandlerFunc
		via  *http.Client
	}{
		{name: "connection cut before the header", h: raw(func(string) string { return "" })},
		{name: "header that repeats the query", h: raw(func(q string) string { return "HTTP/1.1 " + q + "\r\n\r\n" })},
		{name: "no HTTP but the query", h: raw(func(q string) string { return q + "\r\n" })},
		{name: "body shorter than announced", h: raw(func(q string) string { return "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + q })},
		{name: "broken gzip", h: raw(func(q string) string {
			return "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 30\r\n\r\n" + q
		})},
		{name: "redirect with the query", h: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/?"+r.URL.RawQuery)
			w.WriteHeader(302)
		}},
		{name: "redirect to what is no URL", h: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://[::1/?"+r.URL.RawQuery)
			w.WriteHeader(302)
		}},
		{name: "HTML page with the query", h: body(502, func(q, p string) string { return "<html>" + q + p })},
		{name: "errmsg with the query", h: body(200, func(q, p string) string { return object(t, map[string]any{"errcode": 40029, "errmsg": q + " " + p}) })},
		{name: "errmsg with the query and control bytes in it", h: body(200, func(_, p string) string {
			return object(t, map[string]any{"errcode": 40029, "errmsg": interrupted(p)})
		})},
		{name: "errmsg that the limit cuts inside a value", h: body(200, func(_, p string) string {
			return object(t, map[string]any{"errcode": 40029, "errmsg": strings.Repeat("x", 512-len(p)/2) + p})
		})},
		{name: "rid with the values", h: body(200, func(_, p string) string {
			return object(t, map[string]any{"errcode": 40029, "errmsg": "x", "rid": p[strings.LastIndex(p, "=")+1:]})
		})},
		{name: "rid that is the secret", h: says(200, `{"errcode":1,"errmsg":"rid: `+testSecret+`","rid":"`+testSecret+`"}`)},
		{name: "error with a new token", h: says(200, `{"errcode":1,"access_token":"`+freshToken+`","errmsg":"for `+freshToken+`"}`)},
		{name: "open id that is the secret and more", h: says(200, `{"access_token":"`+freshToken+`","openid":"`+testSecret+testSecret+`x"}`)},
		{name: "JSON cut after the token", h: says(200, `{"access_token":"`+freshToken+`","openid":"`+testOpenID)},
		{name: "more than 64 KiB of the query", h: body(200, func(q, _ string) string { return strings.Repeat(q, 2000) })},
		{name: "no answer in time", h: silent},
		{name: "transport that quotes the URL", via: fails(func(r *http.Request) error { return fmt.Errorf("cannot get %s", r.URL) })},
		{name: "transport with a client of its own", via: fails(func(r *http.Request) error {
			return fmt.Errorf("proxy: %w", &url.Error{Op: "Get", URL: r.URL.String(), Err: io.ErrUnexpectedEOF})
		})},
		{name: "transport that hides the URL inside an error", via: fails(func(r *http.Request) error {
			return quiet{errors.New(r.URL.String())}
		})},
		{name: "transport that hides the URL inside a list inside an error", via: fails(func(r *http.Request) error {
			return quiet{quietList{io.EOF, errors.New(r.URL.String())}}
		})},
		{name: "transport whose deadline quotes the URL", via: fails(func(r *http.Request) error {
			return fmt.Errorf("%s: %w", r.URL, context.DeadlineExceeded)
		})},
	}
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			cfg := Config{HTTPClient: fault.via, Timeout: 150 * time.Millisecond}
			if fault.h != nil {
				srv := httptest.NewServer(fault.h)
				defer srv.Close()
				cfg.APIURL = srv.URL
			}
			c := clientAt(t, cfg)
			ctx := context.Background()
			calls := map[string]func() error{
				"exchange": func() error { _, err := c.Exchange(ctx, testCode); return err },
				"refresh":  func() error { _, err := c.Refresh(ctx, testRefresh); return err },
				"userinfo": func() error { _, err := c.UserInfo(ctx, testAccess, testOpenID, ""); return err },
				"check":    func() error { return c.Check(ctx, testAccess, testOpenID) },
			}
			for name, call := range calls {
				err := call()
				if err == nil {
					t.Fatalf("%s: the fault went unnoticed", name)
				}
				if !strings.HasPrefix(err.Error(), "wechat: ") {
					t.Errorf("rule: messages begin wechat: but %s gave %q", name, err)
				}
				for _, e := range append(chain(err), fmt.Errorf("outer: %w", err)) {
					if found := leaks(shown(e)); found != nil {
						t.Errorf("rule: no error shows a secret, code or token: %s shows %q in %T: %v", name, found, e, e)
					}
				}
			}
		})
	}
	t.Run("cancelling with a cause that quotes the URL", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(errors.New("gave up on secret=" + testSecret))
		err := client(t, says(200, `{}`)).Check(ctx, testAccess, testOpenID)
		for _, e := range chain(err) {
			if found := leaks(shown(e)); found != nil {
				t.Errorf("rule: no error shows a secret: %q in %v", found, e)
			}
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("rule: the caller's cancelling is recognised: %v", err)
		}
	})
	t.Run("a masked deadline is still a deadline", func(t *testing.T) {
		c := clientAt(t, Config{HTTPClient: fails(func(r *http.Request) error { return fmt.Errorf("%s: %w", r.URL, context.DeadlineExceeded) })})
		if err := c.Check(context.Background(), testAccess, testOpenID); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestValuesShowNoCanary(t *testing.T) {
	tok := Token{AccessToken: testAccess, RefreshToken: testRefresh, OpenID: testOpenID}
	cfg := Config{AppID: testAppID, AppSecret: testSecret}
	c := clientAt(t, Config{})
	type outer struct {
		Token  Token
		Again  *Token
		Config Config
	}
	values := map[string]any{
		"Token": tok, "*Token": &tok, "[]Token": []Token{tok}, "map of Token": map[string]Token{"a": tok},
		"Config": cfg, "*Config": &cfg, "*Client": c, "Client": *c, "struct": outer{tok, &tok, cfg},
		"nil *Token": (*Token)(nil), "nil *Config": (*Config)(nil),
	}
	for name, v := range values {
		if found := leaks(shown(v)); found != nil {
			t.Errorf("rule: no way of printing shows a secret or a token: %s shows %q", name, found)
		}
	}
	if got, want := fmt.Sprintf("%q", tok), fmt.Sprintf("%q", tok.String()); got != want {
		t.Errorf("rule: %%q quotes: %s", got)
	}
	if tok.GoString() != tok.String() || cfg.GoString() != cfg.String() {
		t.Error("rule: GoString is String")
	}
	if fmt.Sprint(c.secret()) != testSecret {
		t.Error("rule: the client keeps the secret all the same")
	}
}
