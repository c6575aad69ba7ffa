package wxsim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// pushAddress is where an account's messages go, and how. The zero value is no
// address.
type pushAddress struct {
	url   string
	token string
	key   []byte // nil: plain mode

	sealedFor   string // the platform that receives for the account, "" for the account itself
	encodingKey string // as it was given
}

// newPushAddress checks the three settings. Its errors begin with the name of
// the setting and do not show a value.
func newPushAddress(address, token, encodingAESKey string) (pushAddress, error) {
	to := pushAddress{url: address, token: token, encodingKey: encodingAESKey}
	if address != "" {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || strings.Contains(address, "#") {
			return pushAddress{}, errors.New("PushURL must be a whole http(s) address without user or fragment")
		}
	}
	if (address != "" || token != "") && (len(token) < 3 || len(token) > 32 || strings.Trim(token, letters) != "") {
		return pushAddress{}, errors.New("PushToken must be 3 to 32 letters and digits")
	}
	if encodingAESKey != "" {
		var ok bool
		if to.key, ok = aesKey(encodingAESKey); !ok {
			return pushAddress{}, errors.New("EncodingAESKey must be 43 letters and digits")
		}
	}
	return to, nil
}

// SetPush sets where an account's messages are pushed from now on, as
// Account.PushURL, PushToken and EncodingAESKey do, for an application that
// starts after the simulator. An empty url ends the pushing. The error names the
// wrong setting, never a value.
func (s *Sim) SetPush(appID, url, token, encodingAESKey string) error {
	if err := s.knowsAccount(appID); err != nil {
		return err
	}
	to, err := newPushAddress(url, token, encodingAESKey)
	if err != nil {
		return fmt.Errorf("wxsim: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states[appID].push = to
	s.hider.Store(s.newHider())
	return nil
}

// VerifyPush checks the push address as WeChat does before it accepts one
// (消息推送, 验证消息的确来自微信服务器): status 200 and echostr, byte for byte.
// It asks once and waits at most five seconds. An account without a push address
// is an error.
func (s *Sim) VerifyPush(ctx context.Context, appID string) error {
	to := s.pushOf(appID)
	if to.url == "" {
		return fmt.Errorf("wxsim: %q has no push address", appID)
	}
	echo := s.random.digits(19)
	timestamp, nonce := unix(s.now()), s.random.digits(10)
	query := url.Values{"signature": {sign(to.token, timestamp, nonce)}, "timestamp": {timestamp},
		"nonce": {nonce}, "echostr": {echo}}
	began := time.Now()
	got, err := s.send(ctx, http.MethodGet, withQuery(to.url, query.Encode()), nil)
	if err == nil && string(got) != echo {
		err = errors.New("the answer is not echostr, byte for byte")
	}
	s.recordPush(http.MethodGet, pushed{what: "verify"}, 1, time.Since(began), nil, err)
	if err != nil {
		return fmt.Errorf("wxsim: push address of %s not verified: %w", appID, err)
	}
	return nil
}

// pushOf is an account's push address, the zero one for an unknown account.
func (s *Sim) pushOf(appID string) pushAddress {
	s.mu.Lock()
	defer s.mu.Unlock()
	if to, ok := s.messageAddress(appID); ok {
		return to
	}
	if b, ok := s.states[appID]; ok {
		return b.push
	}
	return pushAddress{}
}

// newPushClient follows no redirect, as one is no success, and keeps no
// connection: an idle one would be a goroutine that Sim cannot end.
func newPushClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = &http.Transport{DisableKeepAlives: true}
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send makes one request and returns the body of a 200. Errors hold no address:
// it carries a signature.
func (s *Sim) send(ctx context.Context, method, address string, body io.Reader) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, pushTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, errors.New("no request can be made for it")
	}
	r.Header.Set("Content-Type", "text/xml")
	res, err := s.client.Do(r)
	if err != nil {
		return nil, inner(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer has status %d", res.StatusCode)
	}
	out, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return nil, inner(err)
	}
	if len(out) > maxBody {
		return nil, fmt.Errorf("the answer is longer than %d bytes", maxBody)
	}
	return out, nil
}

// inner takes the address off an error of net/http.
func inner(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no whole answer in time: %w", err)
	}
	return err
}
