package platform

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// Platform acts for the accounts that have agreed. It is safe for concurrent use and
// runs no goroutine of its own. Make one with [New].
type Platform struct {
	config  Config
	api     *wxapi.Component
	records records
	key     *wxapi.PushKey
	now     func() time.Time

	component tokens // component_access_token
	flights   singleflight.Group

	// Functions, because reflection can print a string but not what a function returns.
	token  func() string
	aesKey func() string
	keys   func(appID string) (key string, previous []string)

	mu       sync.Mutex
	accounts map[string]*instance // those of Account, by app id
	unknown  map[string]time.Time // app ids that are not in the store, and since when
	asked    time.Time            // when api_start_push_ticket was called last
	closed   bool

	lifetime context.Context
	end      context.CancelFunc
}

var _ core.Platform = (*Platform)(nil)

// New checks the configuration. Its error lists every mistake at once. It calls neither
// WeChat nor the store. Call [Platform.Close] when done.
func New(c Config) (*Platform, error) { return newPlatform(c, time.Now) }

func newPlatform(c Config, now func() time.Time) (*Platform, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	key, err := wxapi.NewPushKey(c.AppID, c.EncodingAESKey)
	if err != nil {
		return nil, err
	}
	api, err := wxapi.NewComponent(wxapi.Config{AppID: c.AppID, AppSecret: c.AppSecret, OpenURL: c.OpenURL, APIURL: c.APIURL, HTTPClient: c.HTTPClient})
	if err != nil {
		return nil, err
	}
	seal, err := vault.NewSeal(c.AppID, c.AppSecret, "platform store", c.PreviousSecrets...)
	if err != nil {
		return nil, err
	}
	appID, secrets, token, aesKey := c.AppID, append([]string{c.AppSecret}, c.PreviousSecrets...), c.Token, c.EncodingAESKey
	c.AppSecret, c.PreviousSecrets, c.Token, c.EncodingAESKey = "", nil, "", "" // fmt and gob print fields
	p := &Platform{
		config: c, api: api, key: key, now: now,
		records:  records{store: c.Store, appID: c.AppID, seal: seal},
		token:    func() string { return token },
		aesKey:   func() string { return aesKey },
		keys:     func(account string) (string, []string) { return accountKeys(appID, account, secrets) },
		accounts: map[string]*instance{}, unknown: map[string]time.Time{},
	}
	p.lifetime, p.end = context.WithCancel(context.Background())
	return p, nil
}

// accountKeys derives an account's key from each platform secret (HKDF; its info names
// platform and account).
func accountKeys(platformID, account string, secrets []string) (key string, previous []string) {
	var all []string
	for _, secret := range secrets {
		derived, err := vault.Derive(platformID, secret, "account "+account)
		if err != nil {
			return "", nil // core refuses an empty key
		}
		all = append(all, hex.EncodeToString(derived))
	}
	return all[0], all[1:]
}

// AppID implements [core.Platform].
func (p *Platform) AppID() string { return p.config.AppID }

// Keys implements [core.Platform].
func (p *Platform) Keys(appID string) (key string, previous []string) { return p.keys(appID) }

// Close closes the instances that [Platform.Account] made, and ends calls that still
// run. Stop the server first. It may be called twice and always returns nil.
func (p *Platform) Close() error {
	p.mu.Lock()
	p.closed = true
	accounts := p.accounts
	p.accounts = map[string]*instance{}
	p.mu.Unlock()
	var all sync.WaitGroup // each may wait for hooks
	for _, a := range accounts {
		if a.auth != nil {
			all.Go(func() { a.auth.Close() })
		}
	}
	all.Wait()
	p.end()
	p.api.Close()
	return nil
}

// String names the platform. No verb prints the configuration.
func (p *Platform) String() string { return "wechat platform " + p.config.AppID }

// Format writes String for every verb.
func (p *Platform) Format(f fmt.State, _ rune) { io.WriteString(f, p.String()) }

// LogValue is String.
func (p *Platform) LogValue() slog.Value { return slog.StringValue(p.String()) }
