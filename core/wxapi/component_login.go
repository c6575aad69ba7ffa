package wxapi

import (
	"context"
	"errors"
	"slices"
)

// Paths of logins that a third-party platform makes for an account.
const (
	componentExchangePath = "/sns/oauth2/component/access_token"
	componentRefreshPath  = "/sns/oauth2/component/refresh_token"
)

// Delegation says that a third-party platform (第三方平台) calls for the account,
// which has no app secret here ("web page authorization on behalf of an Official
// Account"). See [Config.Delegation].
type Delegation struct {
	// AppID is the platform's own id (component_appid). Required.
	AppID string

	// Token returns the platform's component_access_token. rejected is the one that
	// WeChat did not accept, or "". Required; called from several goroutines.
	Token func(ctx context.Context, rejected string) (string, error)
}

// exchangeDelegated is Exchange for an account that a platform acts for.
func (c *Client) exchangeDelegated(ctx context.Context, code string) (reply, error) {
	return c.withComponentToken(ctx, func(token string) call {
		return call{op: "exchange", path: componentExchangePath, secrets: []string{code}, query: []string{
			"appid", c.appID,
			"code", code,
			"grant_type", "authorization_code",
			"component_appid", c.delegation.AppID,
			"component_access_token", token,
		}}
	})
}

// refreshDelegated is Refresh for such an account.
func (c *Client) refreshDelegated(ctx context.Context, refreshToken string) (reply, error) {
	return c.withComponentToken(ctx, func(token string) call {
		return call{op: "refresh", path: componentRefreshPath, secrets: []string{refreshToken}, query: []string{
			"appid", c.appID,
			"grant_type", "refresh_token",
			"component_appid", c.delegation.AppID,
			"component_access_token", token,
			"refresh_token", refreshToken,
		}}
	})
}

// withComponentToken sends a call, and repeats it once if WeChat rejects the
// platform's token: it checks that token before it looks at the code, so the code is
// not spent then. Another node may have renewed the token a moment ago, and WeChat
// accepts the old one for 5 minutes only.
func (c *Client) withComponentToken(ctx context.Context, newCall func(token string) call) (reply, error) {
	token, err := c.delegation.Token(ctx, "")
	if err != nil {
		return reply{}, err
	}
	send := func(secrets ...string) (reply, error) {
		call := newCall(token)
		call.secrets = slices.Concat(call.secrets, secrets, []string{token})
		return c.do(ctx, call)
	}
	r, err := send()
	if !isComponentTokenError(err) {
		return r, err
	}
	rejected := token
	if token, err = c.delegation.Token(ctx, rejected); err != nil {
		return reply{}, err
	}
	return send(rejected)
}

// isComponentTokenError reports whether WeChat no longer accepts the platform's own
// token.
func isComponentTokenError(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.isComponents() && componentClasses[e.Code] == ClassRefresh
}

// IsWithdrawn reports whether err says that the account has not agreed that the
// platform acts for it, or has taken that back (61003).
func IsWithdrawn(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == 61003
}
