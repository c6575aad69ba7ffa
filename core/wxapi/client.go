package wxapi

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxReply is far above any reply of these endpoints (about 2 KiB); what is
// longer is an error page or an attack on memory.
const maxReply = 64 << 10

// Client calls WeChat for one account. Its methods may be used from any number
// of goroutines at once. It never repeats a call on its own, and uses a new
// connection for each.
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

// newTransport speaks HTTP/1.1 and uses every connection once, see get.
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

// call does one GET and returns the reply if it is a JSON object without an
// error. op names the call in errors. pairs are the parameters, name and value
// in turn, sent in that order. hide lists what of them no error may show,
// beside the app secret.
func (c *Client) call(ctx context.Context, op, path string, hide []string, pairs ...string) (reply, error) {
	h := newHidden(append(hide, c.secret())...)
	status, body, err := c.get(ctx, c.apiURL+path+"?"+query(pairs...))
	if err != nil {
		return reply{}, newTransportError(ctx, op, err, h)
	}
	return readReply(status, body, h)
}

func (c *Client) get(ctx context.Context, target string) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
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
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	return resp.StatusCode, body, err
}

// query keeps the order of its arguments, which url.Values does not: WeChat
// documents one and its desktop client insists on it for the authorize URL.
func query(pairs ...string) string {
	var b strings.Builder
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
