package wxapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Client calls WeChat for one account. It is safe for concurrent use. Each call
// uses a connection of its own. The Client never repeats a call about a
// visitor's login, because the first try may have spent the code. The methods
// that take an [AccountToken] document when they repeat a call.
type Client struct {
	appID   string
	openURL string
	apiURL  string
	http    *http.Client
	timeout time.Duration
	dialer  *dialer // nil with a given Config.HTTPClient
	onCall  func(context.Context, Call)

	delegation *Delegation // nil for an account with a secret of its own

	// A function, because reflection can print a string but not what a function
	// returns.
	secret func() string
}

// New returns a client for the account in cfg, or everything that is wrong with
// cfg, joined with [errors.Join]. It does not call WeChat.
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
		onCall:  cfg.OnCall,
		secret:  func() string { return secret },

		delegation: cfg.Delegation,
	}
	if cfg.HTTPClient == nil {
		api, err := url.Parse(cfg.APIURL)
		if err != nil {
			return nil, fmt.Errorf("wechat: APIURL is not a URL") // checked above
		}
		c.dialer = newDialer(api)
		c.http = &http.Client{Transport: newTransport(c.dialer)}
	} else {
		given := *cfg.HTTPClient
		c.http = &given
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c, nil
}

// DialAhead opens connections for n calls that will come soon, in the background,
// so that they do not have to wait for the handshakes: a call then takes one round
// trip instead of three. Each connection serves one call, is closed after 60 s
// without one, and is not used if WeChat closes it before. At most 8 are kept. A
// flood of DialAhead opens no more than 4 a second, beside those that successful
// logins use up.
//
// It does nothing with a given Config.HTTPClient, through a proxy and after Close.
func (c *Client) DialAhead(n int) {
	if c.dialer != nil && c.dialer.ahead != nil {
		c.dialer.ahead.more(n)
	}
}

// KeepReady is DialAhead for as many connections as are missing to n.
func (c *Client) KeepReady(n int) {
	if c.dialer != nil && c.dialer.ahead != nil {
		c.dialer.ahead.keep(n)
	}
}

// afterLoginCall looks after the connections ahead when a call about a login has ended.
func (c *Client) afterLoginCall(err error) {
	if err != nil || c.dialer == nil || c.dialer.ahead == nil {
		return
	}
	// The next login may have started on another node, which has no connection to
	// hand over. So one is kept as long as logins happen.
	c.dialer.ahead.earn()
	c.dialer.ahead.keep(1)
}

// flushAhead closes the connections ahead after a call without a reply, so that a
// second try opens its own.
func (c *Client) flushAhead() {
	if c.dialer != nil && c.dialer.ahead != nil {
		c.dialer.ahead.flush()
	}
}

// Close closes the connections that were opened ahead and waits until none is
// opening. It does not touch those of a given Config.HTTPClient. The Client remains
// usable, but opens no connection ahead.
func (c *Client) Close() {
	if c.dialer == nil {
		return
	}
	if c.dialer.ahead != nil {
		c.dialer.ahead.close()
	}
	c.http.CloseIdleConnections()
}
