package wxapi

import (
	"net/http"
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
	own     bool // http was made here and is closed here

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

// Close closes the idle connections of the Client. It does not touch those of a
// given Config.HTTPClient. The Client remains usable.
func (c *Client) Close() {
	if c.own {
		c.http.CloseIdleConnections()
	}
}
