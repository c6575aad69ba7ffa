package wxapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// tracer is what an app puts between: it writes down all that it can see of a
// request and of an error, as otelhttp does with url.full.
type tracer struct {
	next  http.RoundTripper
	spans *records
}

func (t tracer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	if r.Body != nil {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(t.spans, "body %s\n", body)
	}
	fmt.Fprintf(t.spans, "url.full=%s context=%v request=%+v\n", r.URL, r.Context(), r)
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		fmt.Fprintf(t.spans, "error=%+v\n", err)
		return nil, err
	}
	fmt.Fprintf(t.spans, "status=%d of %s\n", resp.StatusCode, resp.Request.URL)
	return resp, nil
}

func TestATraceHoldsNoSecret(t *testing.T) {
	ctx := context.Background()
	for _, fails := range []string{"", "the network quotes the URL", "the reply is an error"} {
		spans := &records{}
		u := newUpstream()
		var sent []string
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Traceparent") == "" {
				t.Error("rule: the headers that the tracer adds are sent")
			}
			resp, err := u.RoundTrip(r)
			sent = append(sent, r.Method+" "+r.URL.RequestURI()+" "+u.sent)
			switch fails {
			case "the network quotes the URL":
				return nil, fmt.Errorf("cannot reach %s: %w", r.URL, io.ErrUnexpectedEOF)
			case "the reply is an error":
				resp.Body = io.NopCloser(strings.NewReader(code(40029)))
			}
			return resp, err
		})
		c := clientAt(t, Config{HTTPClient: &http.Client{Transport: RedactTransport(base, func(next http.RoundTripper) http.RoundTripper {
			return tracer{next, spans}
		})}})
		token, err := c.AccountToken(AccountTokenConfig{})
		if err != nil {
			t.Fatal(err)
		}
		classic, err := c.AccountToken(AccountTokenConfig{Classic: true})
		if err != nil {
			t.Fatal(err)
		}
		_, err1 := c.Exchange(ctx, testCode)
		_, err2 := c.UserInfo(ctx, testAccess, testOpenID, "")
		_, err3 := c.Refresh(ctx, testRefresh)
		err4 := c.Check(ctx, testAccess, testOpenID)
		_, err5 := c.Follower(ctx, token, testOpenID, "")
		_, err6 := classic.Token(ctx)
		text := spans.String()
		if found := append(accountLeaks(text), openIDIn(text)...); found != nil {
			t.Errorf("rule: a trace holds no secret, code, token or open id: %q in %s", found, text)
		}
		for _, path := range []string{"/sns/oauth2/access_token?appid=" + testAppID + "&secret=REDACTED&code=REDACTED&grant_type=authorization_code", "/sns/userinfo"} {
			if !strings.Contains(text, path) {
				t.Errorf("rule: a trace tells which call it was: %s in %s", path, text)
			}
		}
		all := strings.Join(sent, "\n")
		for _, value := range []string{"secret=" + testSecret, "code=" + testCode, "refresh_token=" + testRefresh, "openid=" + testOpenID, `"secret":"` + testSecret + `"`} {
			if !strings.Contains(all, value) {
				t.Errorf("rule: WeChat gets the real request: %s in %s", value, all)
			}
		}
		if err := errors.Join(err1, err2, err3, err4, err5, err6); fails == "the network quotes the URL" && (err1 == nil || !Retryable(err1) || accountLeaks(shown(err)) != nil) {
			t.Errorf("rule: an error of the network stays one, without its URL: %v", err)
		}
	}
}

func openIDIn(text string) []string {
	if strings.Contains(text, testOpenID) {
		return []string{testOpenID}
	}
	return nil
}

func TestRedactTransportAnswers(t *testing.T) {
	srv := httptest.NewServer(says(200, goodToken))
	defer srv.Close()
	c := clientAt(t, Config{APIURL: srv.URL, HTTPClient: &http.Client{Transport: RedactTransport(nil, func(next http.RoundTripper) http.RoundTripper { return next })}})
	if tok, err := c.Exchange(context.Background(), testCode); err != nil || tok.OpenID != testOpenID {
		t.Errorf("rule: a call through the redacting transport is answered: %v, %v", tok, err)
	}
	// The app uses the same client for its own calls.
	own := RedactTransport(nil, func(next http.RoundTripper) http.RoundTripper { return next }).(redactingTransport).next
	r := httptest.NewRequest(http.MethodGet, srv.URL, nil)
	r.RequestURI = ""
	if resp, err := own.RoundTrip(r); err != nil || resp.StatusCode != 200 {
		t.Errorf("rule: a request that does not come from here passes as it is: %v, %v", resp, err)
	}
}

func TestRedactQuery(t *testing.T) {
	for query, want := range map[string]string{
		"":                              "",
		"appid=wx1&secret=s&code=c":     "appid=wx1&secret=REDACTED&code=REDACTED",
		"access_token=a%2Bb&lang=zh_CN": "access_token=REDACTED&lang=zh_CN",
		"SECRET=s":                      "SECRET=REDACTED",
		"secret=a=b":                    "secret=REDACTED",
		"unknown=x":                     "unknown=REDACTED",
		"flag":                          "flag",
	} {
		if got := redactQuery(query); got != want {
			t.Errorf("rule: only values that are known to be no secret are shown: %q gave %q, want %q", query, got, want)
		}
	}
}
