package wxapi

import (
	"context"
	"fmt"
	"regexp"
)

var (
	// The codes seen so far are 32 letters and digits; the rest is room for change.
	codeShape = regexp.MustCompile(`^[A-Za-z0-9_-]{1,512}$`)

	// Documented as [A-Za-z0-9_-]. The other characters are those of base64, in
	// case WeChat changes its alphabet. WeChat asks for room for 512 characters.
	tokenShape = regexp.MustCompile(`^[A-Za-z0-9_.~+/=-]{1,1000}$`)

	// An open id or a union id: 28 characters at present, the first one "o".
	idShape = regexp.MustCompile(`^[A-Za-z0-9_-]{6,64}$`)

	scopeShape = regexp.MustCompile(`^[A-Za-z0-9_.,-]{0,512}$`)
)

// Exchange turns the code of a callback into a [Token] (snsAccessToken).
//
// A code works once, within 5 minutes (of a website application 10), for the application
// it was made for. WeChat
// answers 40163 to a second use, 40242 to a code of a mini program and 40029 to
// any other fault of the code; all are [ClassRestart]. A code that is not 1 to
// 512 of [A-Za-z0-9_-] is not sent and gives [ErrCode].
//
// With [Config.Delegation] the platform's token stands for the secret, and the call is
// repeated once if WeChat rejects that token. Its error comes from Delegation.Token if
// there is none.
//
// After a [ClassRetry] error nobody knows whether WeChat has used the code up.
// One more try makes sense if the error is [Retryable]; if that gives 40163, a
// new login is needed.
func (c *Client) Exchange(ctx context.Context, code string) (*Token, error) {
	if !codeShape.MatchString(code) {
		return nil, ErrCode
	}
	if c.delegation != nil {
		r, err := c.exchangeDelegated(ctx, code)
		c.afterLoginCall(err)
		if err != nil {
			return nil, err
		}
		return r.token()
	}
	r, err := c.do(ctx, call{op: "exchange", path: "/sns/oauth2/access_token", secrets: []string{code}, query: []string{
		"appid", c.appID,
		"secret", c.secret(),
		"code", code,
		"grant_type", "authorization_code",
	}})
	c.afterLoginCall(err)
	if err != nil {
		return nil, err
	}
	return r.token()
}

// Refresh renews the access token of a visitor (snsRefreshToken). WeChat replaces
// an expired token, and returns a valid one again with a new life. The reply has
// no union id and no snapshot flag; keep those of the first token.
//
// 40030, 42002 and 42007 (the visitor changed the password) are
// [ClassRestart]. A refresh token of a shape that WeChat never makes gives
// [ErrToken] and is not sent.
func (c *Client) Refresh(ctx context.Context, refreshToken string) (*Token, error) {
	if !tokenShape.MatchString(refreshToken) {
		return nil, fmt.Errorf("%w: refresh token", ErrToken)
	}
	if c.delegation != nil {
		r, err := c.refreshDelegated(ctx, refreshToken)
		if err != nil {
			return nil, err
		}
		return r.token()
	}
	r, err := c.do(ctx, call{op: "refresh", path: "/sns/oauth2/refresh_token", secrets: []string{refreshToken}, query: []string{
		"appid", c.appID,
		"grant_type", "refresh_token",
		"refresh_token", refreshToken,
	}})
	if err != nil {
		return nil, err
	}
	return r.token()
}

// Check asks whether accessToken is still valid for openID (snsAuth). nil means
// yes. No is an [*Error] with 40001, 40003, 40014 or 42001, each [ClassRestart].
// Only an explicit errcode 0 is a yes.
func (c *Client) Check(ctx context.Context, accessToken, openID string) error {
	if err := checkPair(accessToken, openID); err != nil {
		return err
	}
	r, err := c.do(ctx, call{op: "check", path: "/sns/auth", secrets: []string{accessToken}, query: []string{
		"access_token", accessToken,
		"openid", openID,
	}})
	if err != nil {
		return err
	}
	if !r.has("errcode") {
		return r.bad("it has no errcode")
	}
	return nil
}

func checkPair(accessToken, openID string) error {
	if !tokenShape.MatchString(accessToken) {
		return fmt.Errorf("%w: access token", ErrToken)
	}
	if !idShape.MatchString(openID) {
		return fmt.Errorf("%w: open id", ErrToken)
	}
	return nil
}
