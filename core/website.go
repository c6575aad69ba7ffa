package core

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/internal/once"
	"github.com/seed467724c4/wechat/core/internal/web"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// Website is a reviewed website application (网站应用) of WeChat's Open Platform
// (open.weixin.qq.com), with an app id and a secret of its own; see [Config.Website].
// Printed with fmt, slog or encoding/json it withholds the secret.
type Website struct {
	AppID, AppSecret string
}

// String shows the app id, never the secret.
func (w Website) String() string {
	return fmt.Sprintf("website application %s (secret withheld)", w.AppID)
}

// GoString withholds the secret as String does.
func (w Website) GoString() string { return w.String() }

// Format withholds the secret under every verb.
func (w Website) Format(f fmt.State, _ rune) { fmt.Fprint(f, w.String()) }

// LogValue withholds the secret as String does.
func (w Website) LogValue() slog.Value { return slog.StringValue(w.String()) }

// MarshalText withholds the secret, so that encoding/json and others do.
func (w Website) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// isSet holds where scan login is asked for.
func (w Website) isSet() bool { return w != Website{} }

// check reports what is wrong with the website application of a configuration.
func (w Website) check(c *Config, wrong func(format string, args ...any)) {
	if !w.isSet() {
		return
	}
	switch {
	case w.AppID == "":
		wrong("Website has a secret and no app id: set Config.Website.AppID or WECHAT_WEBSITE_APP_ID to the website application's app id, or leave both out")
	case !web.IsWord(w.AppID):
		wrong("Website.AppID %q has characters that no app id has: copy it from open.weixin.qq.com", w.AppID)
	case w.AppID == c.AppID:
		wrong("Website.AppID is the account's own: scan login needs a website application (网站应用) of open.weixin.qq.com, which has another app id")
	}
	switch {
	case w.AppSecret == "":
		wrong("Website has an app id and no secret: set Config.Website.AppSecret or WECHAT_WEBSITE_APP_SECRET to the website application's secret, or leave both out")
	case strings.TrimSpace(w.AppSecret) != w.AppSecret:
		wrong("Website.AppSecret has white space around it: copy it without")
	case w.AppSecret == c.AppSecret:
		wrong("Website.AppSecret is the account's own: a website application has a secret of its own, copy it from open.weixin.qq.com")
	}
}

// website is Config.Website as an application. It has no followers and no account
// token, and its states are signed with the account's keys.
type website struct {
	id  string
	api *wxapi.Client
}

var _ application = (*website)(nil)

// newWebsite returns nil if no website application is configured.
func newWebsite(c *Config, account account) (*website, error) {
	if !c.Website.isSet() {
		return nil, nil
	}
	api, err := account.client().Application(c.Website.AppID, c.Website.AppSecret)
	if err != nil {
		return nil, fmt.Errorf("wechat: Config.Website: %w", err)
	}
	return &website{c.Website.AppID, api}, nil
}

func (w *website) appID() string           { return w.id }
func (w *website) codeLife() time.Duration { return once.WebsiteLife }

// scope implements application: a website application has one scope, which brings the
// profile.
func (w *website) scope(Scope) string { return "snsapi_login" }

func (w *website) authorizeURL(back string, _ Scope, state, lang string) string {
	if lang != "en" {
		lang = "" // the page is Chinese by default, and has no third language
	}
	return w.api.QRConnectURL(back, state, lang)
}

func (w *website) exchange(ctx context.Context, code string) (*wxapi.Token, error) {
	return w.api.Exchange(ctx, code)
}

func (w *website) refresh(ctx context.Context, refreshToken string) (*wxapi.Token, error) {
	return w.api.Refresh(ctx, refreshToken)
}

func (w *website) profile(ctx context.Context, accessToken, openID, lang string) (*wxapi.UserInfo, error) {
	return w.api.UserInfo(ctx, accessToken, openID, lang)
}

// applications are the app ids that users of one instance belong to.
type applications struct {
	account string
	website string // "" without one
}

// applicationOf is the application that a user's open id belongs to; nil for a user of
// another instance.
func (a *Auth) applicationOf(u *User) application {
	switch {
	case u.AppID == a.account.appID():
		return a.account
	case a.website != nil && u.AppID == a.website.id:
		return a.website
	}
	return nil
}
