package wxapi

import (
	"context"
	"fmt"
	"regexp"
)

var (
	// Seen codes are 32 letters and digits; the rest is room for change.
	codeShape = regexp.MustCompile(`^[A-Za-z0-9_-]{1,512}$`)

	// Documented as [A-Za-z0-9_-]; the other characters are those of base64,
	// should WeChat ever change its alphabet. WeChat asks to reserve 512.
	tokenShape = regexp.MustCompile(`^[A-Za-z0-9_.~+/=-]{1,1000}$`)

	// An open id and a union id: 28 characters, "o" first, at present.
	idShape = regexp.MustCompile(`^[A-Za-z0-9_-]{6,64}$`)

	scopeShape = regexp.MustCompile(`^[A-Za-z0-9_.,-]{0,512}$`)
)

// Exchange turns the code of a callback into a [Token] (snsAccessToken).
//
// A code works once and for 5 minutes, for the account it was made for. A
// second use is answered 40163 and every other fault of the code 40029; both
// are [ClassRestart]. A code that is not 1 to 512 of [A-Za-z0-9_-] is not sent
// at all and gives [ErrCode].
//
// After a [ClassRetry] failure it is not known whether WeChat has used the
// code up. One more try is sensible; if that gives 40163, the login has to
// start anew.
func (c *Client) Exchange(ctx context.Context, code string) (*Token, error) {
	if !codeShape.MatchString(code) {
		return nil, ErrCode
	}
	r, err := c.call(ctx, "exchange", "/sns/oauth2/access_token", []string{code},
		"appid", c.appID,
		"secret", c.secret(),
		"code", code,
		"grant_type", "authorization_code")
	if err != nil {
		return nil, err
	}
	return r.token()
}

// Refresh renews the access token of a visitor (snsRefreshToken): a spent one
// is replaced, a live one is given again with a new life. The reply holds no
// union id and no snapshot mark; keep those of the first token.
//
// 40030, 42002 and 42007 (the visitor changed the password) are
// [ClassRestart]. A refresh token that WeChat cannot have made gives
// [ErrToken] and is not sent.
func (c *Client) Refresh(ctx context.Context, refreshToken string) (*Token, error) {
	if !tokenShape.MatchString(refreshToken) {
		return nil, fmt.Errorf("%w: refresh token", ErrToken)
	}
	r, err := c.call(ctx, "refresh", "/sns/oauth2/refresh_token", []string{refreshToken},
		"appid", c.appID,
		"grant_type", "refresh_token",
		"refresh_token", refreshToken)
	if err != nil {
		return nil, err
	}
	return r.token()
}

// Check asks whether accessToken is still good for openID (snsAuth). nil means
// yes; no is an [*Error] of 40001, 40003, 40014 or 42001, each
// [ClassRestart]. Only an explicit errcode 0 is a yes.
func (c *Client) Check(ctx context.Context, accessToken, openID string) error {
	if err := checkPair(accessToken, openID); err != nil {
		return err
	}
	r, err := c.call(ctx, "check", "/sns/auth", []string{accessToken},
		"access_token", accessToken,
		"openid", openID)
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
