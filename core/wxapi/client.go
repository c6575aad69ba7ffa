package wxapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxReply is far above any reply of these endpoints (about 2 KiB); what is
// longer is an error page or an attack on memory.
const maxReply = 64 << 10

// Client calls WeChat for one account. Its methods may be used from any number
// of goroutines at once, and each call gets a new connection. It never repeats
// a call about a visitor's login, where the first may have spent the code; what
// asks with an [AccountToken] says when it repeats.
type Client struct {
	appID   string
	openURL string
	apiURL  string
	http    *http.Client
	timeout time.Duration
	own     bool

	// A function, because whatever prints a Client by reflection prints a
	// string and not what a function returns.
	secret func() string
}

// New returns a client for the account in cfg, or all that is wrong with cfg,
// joined with [errors.Join]. It does not call WeChat.
func New(cfg Config) (*Client, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	secret := cfg.AppSecret
	c := &Client{
		appID:   cfg.AppID,
		openURL: cfg.OpenURL,
		apiURL:  cfg.APIURL,
		timeout: cfg.Timeout,
		own:     cfg.HTTPClient == nil,
		secret:  func() string { return secret },
	}
	if c.own {
		c.http = &http.Client{Transport: newTransport()}
	} else {
		given := *cfg.HTTPClient
		c.http = &given
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c, nil
}

// Close closes the idle connections of a client of its own and leaves a given
// Config.HTTPClient alone. The Client remains usable. No connection outlives
// its call at present, so that forgetting Close does no harm.
func (c *Client) Close() {
	if c.own {
		c.http.CloseIdleConnections()
	}
}

// newTransport speaks HTTP/1.1 and uses every connection once, see send.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 2 * time.Second}).DialContext,
		TLSHandshakeTimeout:    2 * time.Second,
		ResponseHeaderTimeout:  3 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true,
	}
}

// question is one call: where it goes, what it says and what of it no error may
// show, beside the app secret.
type question struct {
	op    string // names the call in errors
	path  string
	pairs []string // the query: name and value in turn, sent in that order
	body  any      // sent as JSON with POST; nil for a GET
	hide  []string
	limit int // of the reply, in bytes; 0 for maxReply
}

func (q question) most() int {
	if q.limit > 0 {
		return q.limit
	}
	return maxReply
}

// call does one GET and returns the reply if it is a JSON object without an
// error.
func (c *Client) call(ctx context.Context, op, path string, hide []string, pairs ...string) (reply, error) {
	return c.ask(ctx, question{op: op, path: path, hide: hide, pairs: pairs})
}

// ask does one GET or POST and returns the reply as call does.
func (c *Client) ask(ctx context.Context, q question) (reply, error) {
	h := newHidden(append(slices.Clone(q.hide), c.secret())...)
	status, body, err := c.send(ctx, q)
	if err != nil {
		return reply{}, newTransportError(ctx, q.op, err, h)
	}
	return readReply(q, status, body, h)
}

func (c *Client) send(ctx context.Context, q question) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := c.request(ctx, q)
	if err != nil {
		return 0, nil, err
	}
	// One connection for one call. On a kept one, bytes that a broken server
	// or proxy sends after a reply answer the next call, which is another
	// visitor's login, or end in the standard log; and net/http repeats a GET
	// when it finds the connection closed, which spends a code twice. The
	// price is a handshake per call. Residual risk: a given client may still
	// hand over a connection that its other users have kept.
	req.Close = true
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	// The body of a 101 is the bare connection, on which the deadline no
	// longer works; that of a redirect is of no interest.
	if resp.StatusCode < 200 || resp.StatusCode/100 == 3 {
		return resp.StatusCode, nil, nil
	}
	body, err = io.ReadAll(io.LimitReader(resp.Body, int64(q.most())+1))
	return resp.StatusCode, body, err
}

// request makes a GET, or a POST of q.body. A POST is never sent again to
// another address: the client follows no redirect, not even a 307, which would
// take the body and the secret in it along.
func (c *Client) request(ctx context.Context, q question) (*http.Request, error) {
	target := c.apiURL + q.path
	if len(q.pairs) > 0 {
		target += "?" + query(q.pairs...)
	}
	if q.body == nil {
		return http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	}
	body, err := json.Marshal(q.body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err == nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, err
}

// query keeps the order of its arguments, which url.Values does not: WeChat
// documents one and its desktop client insists on it for the authorize URL.
func query(pairs ...string) string {
	const queryRoom = 320 // for what goes to WeChat with an address of usual length
	var b strings.Builder
	b.Grow(queryRoom)
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(pairs[i])
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(pairs[i+1]))
	}
	return b.String()
}
