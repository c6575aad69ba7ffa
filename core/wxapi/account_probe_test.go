package wxapi

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestProbeAsksWeChatAndReadsItsClock(t *testing.T) {
	const date = "Tue, 15 Nov 1994 08:12:31 GMT"
	for rule, c := range map[string]struct {
		cfg   AccountTokenConfig
		body  string
		date  string
		code  int
		asked []string
	}{
		"a token and the time":                     {AccountTokenConfig{}, `{"access_token":"token-0123456789","expires_in":7200}`, date, 0, []string{"/cgi-bin/stable_token", "/cgi-bin/stable_token"}},
		"WeChat's refusal, and the time":           {AccountTokenConfig{}, `{"errcode":40164,"errmsg":"invalid ip"}`, date, 40164, []string{"/cgi-bin/stable_token", "/cgi-bin/stable_token"}},
		"no time where the header is no time":      {AccountTokenConfig{}, `{"access_token":"token-0123456789","expires_in":7200}`, "yesterday", 0, []string{"/cgi-bin/stable_token", "/cgi-bin/stable_token"}},
		"the classic token is not asked for again": {AccountTokenConfig{Classic: true}, `{"access_token":"token-0123456789","expires_in":7200}`, date, 0, []string{"/cgi-bin/token", "/cgi-bin/getcallbackip", "/cgi-bin/getcallbackip"}},
	} {
		var asked []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.URL.Path)
			w.Header().Set("Date", c.date)
			w.Write([]byte(c.body))
		}))
		client, err := New(Config{AppID: "wx0123456789abcdef", AppSecret: "a-secret", APIURL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		token, err := client.AccountToken(c.cfg)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			at, err := token.Probe(t.Context())
			var wx *Error
			if errors.As(err, &wx) != (c.code != 0) || wx != nil && wx.Code != c.code {
				t.Errorf("rule: %s: %v", rule, err)
			}
			if at.IsZero() == (c.date == date) || !at.IsZero() && at.Format(http.TimeFormat) != date {
				t.Errorf("rule: %s: %v", rule, at.Format(time.RFC1123))
			}
		}
		if len(asked) != len(c.asked) {
			t.Errorf("rule: %s: asked %q, want %q", rule, asked, c.asked)
		}
		token.Close()
		client.Close()
		server.Close()
	}
}
