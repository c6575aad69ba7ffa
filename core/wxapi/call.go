package wxapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// defaultMaxReply is far above any reply of these endpoints (about 2 KiB). A
// longer one is an error page or an attack on memory.
const defaultMaxReply = 64 << 10

// call is one request to WeChat.
type call struct {
	op      string // names the call in errors
	path    string
	query   []string // name and value in turn, sent in that order
	body    any      // sent as JSON with POST; nil for a GET
	secrets []string // values that no error may show, beside the app secret
	limit   int      // of the reply, in bytes; 0 for defaultMaxReply
	display bool     // the reply holds texts of people, and a broken one is left out
	retry   bool     // the second try
	ownDial bool     // leaves the connections that were opened ahead to other calls

	date *time.Time // takes the time in the reply's Date header; nil for none
}

func (c call) maxReply() int {
	if c.limit > 0 {
		return c.limit
	}
	return defaultMaxReply
}

// do sends the call and returns the reply if it is a JSON object without an
// errcode.
func (c *Client) do(ctx context.Context, call call) (reply, error) {
	secrets := newRedactor(append(slices.Clone(call.secrets), c.secret())...)
	began := time.Now()
	status, body, err := c.send(ctx, call)
	var r reply
	if err != nil {
		err = newCallError(ctx, call.op, err, secrets)
	} else {
		r, err = readReply(call, status, body, secrets)
	}
	if c.onCall != nil {
		c.onCall(ctx, Call{Endpoint: call.path, Took: time.Since(began), Retry: call.retry, Err: err})
	}
	return r, err
}

// doRetryBusy repeats a call once if WeChat was busy (-1). Use it only for calls
// that change nothing when WeChat answers so.
func (c *Client) doRetryBusy(ctx context.Context, call call) (reply, error) {
	r, err := c.do(ctx, call)
	if isBusy(err) {
		call.retry = true
		r, err = c.do(ctx, call)
	}
	return r, err
}

func (c *Client) send(ctx context.Context, call call) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if call.ownDial {
		ctx = context.WithValue(ctx, ownDial{}, true)
	}
	req, err := c.newRequest(ctx, call)
	if err != nil {
		return 0, nil, err
	}
	// One connection for one call. On a kept connection, bytes that a broken
	// server or proxy sends after a reply would answer the next call, which is
	// another visitor's login, or end up in the standard log. And net/http
	// repeats a GET when it finds a kept connection closed, which spends a code
	// twice. Residual risk: a given client may still use a connection that its
	// other users have kept.
	req.Close = true
	resp, err := c.http.Do(req)
	if err != nil {
		c.flushAhead()
		return 0, nil, err
	}
	defer resp.Body.Close()
	if call.date != nil {
		*call.date, _ = http.ParseTime(resp.Header.Get("Date"))
	}
	// The body of a 101 is the bare connection, on which the deadline does not
	// work. The body of a redirect has no use.
	if resp.StatusCode < 200 || resp.StatusCode/100 == 3 {
		return resp.StatusCode, nil, nil
	}
	body, err = io.ReadAll(io.LimitReader(resp.Body, int64(call.maxReply())+1))
	return resp.StatusCode, body, err
}

// newRequest makes a GET, or a POST of call.body. The client follows no redirect,
// not even a 307, so a POST and the secret in it go to no other address.
func (c *Client) newRequest(ctx context.Context, call call) (*http.Request, error) {
	target := c.apiURL + call.path
	if len(call.query) > 0 {
		target += "?" + orderedQuery(call.query...)
	}
	if call.body == nil {
		return http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	}
	body, err := json.Marshal(call.body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err == nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, err
}

// orderedQuery encodes names and values in their order. url.Values would sort
// them: WeChat documents an order, and its desktop client insists on it for the
// authorize URL.
func orderedQuery(pairs ...string) string {
	const room = 320 // enough for an authorize URL with an address of usual length
	var b strings.Builder
	b.Grow(room)
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
