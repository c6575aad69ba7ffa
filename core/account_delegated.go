package core

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed467724c4/wechat/core/internal/web"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// Platform is a third-party platform (第三方平台): it logs visitors in to accounts that
// are not the app's own, once their administrators have agreed. Package platform has
// one, and makes the instances of its accounts; an app that already has a server for
// component tokens can write its own and set it as [Config.Platform].
//
// All methods are called from several goroutines.
type Platform interface {
	// AppID is the platform's own id (component_appid).
	AppID() string

	// Keys returns the secret text from which the keys of an account's states, cookies
	// and sealed values are derived. It must be the same on every node, another one for
	// every account, and unknown to anybody else. previous are those of platform
	// secrets that were replaced within the last hour.
	Keys(appID string) (key string, previous []string)

	// ComponentToken returns component_access_token. refused is the one that WeChat did
	// not accept, or "".
	ComponentToken(ctx context.Context, refused string) (string, error)

	// AccountToken returns authorizer_access_token and its lifetime, as
	// [Config.AccountToken] does.
	AccountToken(ctx context.Context, appID, refused string) (token string, expiresIn time.Duration, err error)

	// ActsFor reports whether the account's consent stands, as far as this node knows.
	// It is asked when a login starts and before a code is spent, and must be quick.
	ActsFor(ctx context.Context, appID string) bool

	// Withdrawn is called when WeChat says that the account took its consent back
	// (61003).
	Withdrawn(ctx context.Context, appID string)
}

// delegatedAccount is an Official Account that a platform acts for: it has no secret
// of its own, and the platform's token stands for it.
type delegatedAccount struct {
	officialAccount
	platform Platform
}

var _ account = (*delegatedAccount)(nil)

func newDelegatedAccount(c *Config, w *watch) (*delegatedAccount, error) {
	platform, appID := c.Platform, c.AppID
	key, previous := platform.Keys(appID)
	if key == "" {
		return nil, fmt.Errorf("wechat: Platform.Keys has no key for %s", appID)
	}
	api, err := wxapi.New(wxapi.Config{
		AppID: appID, AppSecret: key, OpenURL: c.OpenURL, APIURL: c.APIURL,
		HTTPClient: c.HTTPClient, Timeout: tryTimeout, OnCall: w.called,
		Delegation: &wxapi.Delegation{AppID: platform.AppID(), Token: platform.ComponentToken},
	})
	if err != nil {
		return nil, err
	}
	material := keyMaterial{appID, key, previous}
	return &delegatedAccount{officialAccount{appID, api, func() keyMaterial { return material }}, platform}, nil
}

func (d *delegatedAccount) exchange(ctx context.Context, code string) (*wxapi.Token, error) {
	if !d.platform.ActsFor(ctx, d.id) {
		return nil, ErrWithdrawn
	}
	token, err := d.api.Exchange(ctx, code)
	return token, d.noticed(ctx, err)
}

func (d *delegatedAccount) refresh(ctx context.Context, refreshToken string) (*wxapi.Token, error) {
	token, err := d.api.Refresh(ctx, refreshToken)
	return token, d.noticed(ctx, err)
}

// noticed tells the platform of an account that took its consent back.
func (d *delegatedAccount) noticed(ctx context.Context, err error) error {
	if !wxapi.IsWithdrawn(err) {
		return err
	}
	d.platform.Withdrawn(ctx, d.id)
	return fmt.Errorf("%w: %w", ErrWithdrawn, err)
}

func (d *delegatedAccount) token(c wxapi.AccountTokenConfig) (*wxapi.AccountToken, error) {
	c.Classic, c.Source = false, func(ctx context.Context, refused string) (string, time.Duration, error) {
		return d.platform.AccountToken(ctx, d.id, refused)
	}
	return d.api.AccountToken(c)
}

// delegated is the account if a platform acts for it, else nil.
func (a *Auth) delegated() *delegatedAccount {
	d, _ := a.account.(*delegatedAccount)
	return d
}

// isOfAccount says whether WeChat's way back is one of this account: for an account
// that a platform acts for, WeChat adds its appid (代公众号发起网页授权). The state names
// the account already, and its MACs cover it. But the code belongs to the account that
// the address names, so where the two differ something on the way has mixed two logins.
func (a *Auth) isOfAccount(t web.Target) bool {
	if a.delegated() == nil {
		return true
	}
	appID, _, _, _ := t.LastParam("appid")
	return appID == a.config.AppID
}

// withoutCallback is the page that was asked for, without what WeChat has added.
func (v *visit) withoutCallback(t web.Target) web.Target {
	if v.auth.delegated() != nil {
		return t.WithoutCallback("appid")
	}
	return t.WithoutCallback()
}

// withdrawn says whether a login would be in vain, because the account took its consent
// back.
func (v *visit) withdrawn() bool {
	d := v.auth.delegated()
	if d == nil {
		return false
	}
	acts := false
	if err := recovered("Platform", func() { acts = d.platform.ActsFor(v.ctx, d.id) }); err != nil {
		return false // WeChat decides
	}
	return !acts
}

// isWithdrawn holds for a login that failed because the account took its consent back.
func isWithdrawn(err error) bool { return errors.Is(err, ErrWithdrawn) }
