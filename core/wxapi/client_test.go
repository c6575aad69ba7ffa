package wxapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

const goodToken = `{"access_token":"` + testAccess + `","expires_in":7200,"refresh_token":"` + testRefresh +
	`","openid":"` + testOpenID + `","scope":"snsapi_base"}`

func TestRequests(t *testing.T) {
	const access = "59_fZgYN%2Bcanary%2Faccess%3D-107"
	var asked atomic.Pointer[http.Request]
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r)
		says(200, `{"errcode":-1}`)(w, r)
	})
	ctx := context.Background()
	tests := []struct {
		rule string
		call func() error
		want string
	}{
		{"exchange sends appid, secret, code, grant_type",
			func() error { _, err := c.Exchange(ctx, testCode); return err },
			"/sns/oauth2/access_token?appid=" + testAppID + "&secret=" + testSecret + "&code=" + testCode + "&grant_type=authorization_code"},
		{"refresh sends appid, grant_type, refresh_token and no secret",
			func() error { _, err := c.Refresh(ctx, testRefresh); return err },
			"/sns/oauth2/refresh_token?appid=" + testAppID + "&grant_type=refresh_token&refresh_token=" + testRefresh},
		{"check sends token and open id",
			func() error { return c.Check(ctx, testAccess, testOpenID) },
			"/sns/auth?access_token=" + access + "&openid=" + testOpenID},
		{"userinfo without a language asks for zh_CN",
			func() error { _, err := c.UserInfo(ctx, testAccess, testOpenID, ""); return err },
			"/sns/userinfo?access_token=" + access + "&openid=" + testOpenID + "&lang=zh_CN"},
		{"userinfo sends the language",
			func() error { _, err := c.UserInfo(ctx, testAccess, testOpenID, "en"); return err },
			"/sns/userinfo?access_token=" + access + "&openid=" + testOpenID + "&lang=en"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			var e *Error
			if err := tt.call(); !errors.As(err, &e) || e.Code != -1 {
				t.Fatalf("want errcode -1, got %v", err)
			}
			r := asked.Load()
			if got := r.Method + " " + r.RequestURI; got != "GET "+tt.want {
				t.Errorf("rule: %s\n got %s\nwant GET %s", tt.rule, got, tt.want)
			}
		})
	}
}

func TestNotSent(t *testing.T) {
	c := client(t, func(http.ResponseWriter, *http.Request) { t.Error("rule: what WeChat cannot have made is not sent") })
	ctx := context.Background()
	for _, code := range []string{"", "a b", "a&secret=x", "a\n", "ä", strings.Repeat("a", 513), "a%26", "a/../b"} {
		if _, err := c.Exchange(ctx, code); !errors.Is(err, ErrCode) || Classify(err) != ClassRestart {
			t.Errorf("rule: code %q is refused and restarts the login: %v", code, err)
		}
	}
	for _, token := range []string{"", "a b", "a&b", "a\x00", strings.Repeat("a", 1001)} {
		_, err1 := c.Refresh(ctx, token)
		_, err2 := c.UserInfo(ctx, token, testOpenID, "")
		err3 := c.Check(ctx, token, testOpenID)
		for _, err := range []error{err1, err2, err3} {
			if !errors.Is(err, ErrToken) || Classify(err) != ClassRestart {
				t.Errorf("rule: token %q is refused and restarts the login: %v", token, err)
			}
		}
	}
	for _, id := range []string{"", "o1234", "o12345&x", "ｏｐｅｎｉｄ１", strings.Repeat("o", 65)} {
		if err := c.Check(ctx, testAccess, id); !errors.Is(err, ErrToken) {
			t.Errorf("rule: open id %q is refused: %v", id, err)
		}
	}
	if _, err := c.UserInfo(ctx, testAccess, testOpenID, "fr"); err == nil || Classify(err) != ClassNone {
		t.Errorf("rule: a language WeChat does not know is a mistake of the caller, no reason to log in anew: %v", err)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	for _, given := range []bool{false, true} {
		var leaked atomic.Value
		other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			leaked.Store(r.RequestURI + " Referer: " + r.Referer())
			says(200, goodToken)(w, r)
		}))
		defer other.Close()
		for _, status := range []int{301, 302, 303, 307, 308, 300, 304} {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", other.URL+"/x")
				w.WriteHeader(status)
				if status != 304 {
					_, _ = io.WriteString(w, goodToken)
				}
			}))
			cfg := Config{APIURL: srv.URL}
			if given {
				cfg.HTTPClient = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
			}
			tok, err := clientAt(t, cfg).Exchange(context.Background(), testCode)
			srv.Close()
			if tok != nil || !errors.Is(err, ErrReply) || Classify(err) != ClassNone {
				t.Errorf("rule: HTTP %d is no answer, whatever its body: %v, %v", status, tok, err)
			}
			if cfg.HTTPClient != nil && cfg.HTTPClient.CheckRedirect(nil, nil) != nil {
				t.Error("rule: the given client is copied, not changed")
			}
		}
		if got := leaked.Load(); got != nil {
			t.Errorf("rule: a redirect would carry the secret as Referer: %v", got)
		}
	}
}

type closeCounter struct {
	http.RoundTripper
	closed int
}

func (c *closeCounter) CloseIdleConnections() { c.closed++ }

func TestClose(t *testing.T) {
	given := &closeCounter{RoundTripper: http.DefaultTransport}
	clientAt(t, Config{HTTPClient: &http.Client{Transport: given}}).Close()
	if given.closed != 0 {
		t.Error("rule: the connections of a given client are its owner's")
	}
	c := clientAt(t, Config{})
	own := &closeCounter{RoundTripper: http.DefaultTransport}
	c.http.Transport = own
	c.Close()
	if own.closed != 1 {
		t.Error("rule: Close closes the idle connections of an own client")
	}
}

func TestConcurrentUse(t *testing.T) {
	c := client(t, says(200, goodToken))
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if tok, err := c.Exchange(context.Background(), testCode); err != nil || tok.OpenID != testOpenID {
				t.Errorf("rule: one client serves many visitors at once: %v, %v", tok, err)
			}
			if c.AuthorizeURL("https://a.example/", "snsapi_base", "s") == "" {
				t.Error("rule: one client serves many visitors at once")
			}
		})
	}
	wg.Wait()
}
