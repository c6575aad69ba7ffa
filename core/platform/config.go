package platform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// maxPreviousSecrets bounds the work for a forged state, as in package core.
const maxPreviousSecrets = 3

// Config configures a platform, once per process. AppID, AppSecret, Token,
// EncodingAESKey and Store are required. A Config prints without its secrets.
type Config struct {
	// AppID and AppSecret are the platform's own (component_appid and
	// component_appsecret), from open.weixin.qq.com. The keys of all its accounts come
	// from AppSecret, so all nodes need the same.
	AppID, AppSecret string

	// PreviousSecrets are the platform secrets before a reset. Logins that began with
	// one of them still count, and what the Store holds is still opened; it is sealed
	// anew when it is written. Unlike those of core.Config, keep them until every
	// account's refresh token was written once, or call [Platform.Reseal]. At most 3;
	// default none.
	PreviousSecrets []string

	// Token and EncodingAESKey are the platform's (消息校验Token, 消息加解密Key). They
	// check and open everything that WeChat pushes, for the platform and for its
	// accounts.
	Token, EncodingAESKey string

	// Store keeps what must not be lost. [NewMemoryStore] is for tests.
	Store Store

	// Settings returns the settings of an account's instance: PublicURL, Sessions,
	// OnLogin and so on. AppID, AppSecret, PreviousSecrets, Platform, AccountToken,
	// OpenURL, APIURL and HTTPClient are set by the platform; Logger is the platform's
	// unless it is set. nil: the defaults of package core. It is called when an
	// instance is made, not per request.
	Settings func(Account) core.Config

	// OnChange is called when an account has connected, has changed its permissions or
	// has taken its consent back, after that is stored. Events repeat, and several nodes
	// may be told of one change: what it does must be harmless twice. An error is
	// logged. Default nil.
	OnChange func(context.Context, Account) error

	// OpenURL, APIURL and PagesURL are WeChat's three addresses; set them for a
	// simulator. Defaults: https://open.weixin.qq.com, https://api.weixin.qq.com and
	// https://mp.weixin.qq.com.
	OpenURL, APIURL, PagesURL string

	// HTTPClient calls WeChat's API, see core.Config.HTTPClient.
	HTTPClient *http.Client

	// Logger receives what an operator has to know: tickets that stop, accounts that
	// are gone, refused pushes. Default slog.Default().
	Logger *slog.Logger
}

// check reports everything wrong at once, without a value of a secret.
func (c *Config) check() error {
	var errs []error
	wrong := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("wechat: platform.Config."+format, args...))
	}
	if c.AppID == "" {
		wrong("AppID is missing: set it to component_appid")
	}
	if c.AppSecret == "" || strings.TrimSpace(c.AppSecret) != c.AppSecret {
		wrong("AppSecret is missing or has white space around it: set it to component_appsecret")
	}
	if len(c.PreviousSecrets) > maxPreviousSecrets {
		wrong("PreviousSecrets are %d, and at most %d count: keep the latest", len(c.PreviousSecrets), maxPreviousSecrets)
	}
	for _, s := range c.PreviousSecrets {
		if s == "" || s == c.AppSecret {
			wrong("PreviousSecrets has one that is empty or AppSecret itself: list only former secrets")
			break
		}
	}
	if c.Token == "" || strings.TrimSpace(c.Token) != c.Token {
		wrong("Token is missing or has white space around it: set it to 消息校验Token, with an empty one anybody could sign")
	}
	if _, err := wxapi.NewPushKey("wx", c.EncodingAESKey); err != nil {
		wrong("EncodingAESKey is not 43 letters and digits: set it to 消息加解密Key, events for a platform are always encrypted")
	}
	if c.Store == nil {
		wrong("Store is missing: give it a durable one, such as a table, because refresh tokens must survive a restart")
	}
	return errors.Join(errs...)
}

func (c *Config) logger() *slog.Logger {
	if c.Logger != nil {
		return c.Logger
	}
	return slog.Default()
}

// String shows no secret.
func (c Config) String() string {
	return fmt.Sprintf("wechat platform config of %s (secrets withheld)", c.AppID)
}

// GoString is String.
func (c Config) GoString() string { return c.String() }

// Format writes String for every verb.
func (c Config) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// LogValue is String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON writes String.
func (c Config) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// GobEncode always fails: gob would write the secrets.
func (c Config) GobEncode() ([]byte, error) {
	return nil, errors.New("wechat: a platform.Config is not for storing")
}
