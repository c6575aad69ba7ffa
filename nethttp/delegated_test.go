package nethttp_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/platform"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// The contract holds for an account that a third-party platform acts for, too: nothing of
// it depends on an AppSecret.
func TestContractOverAnAccountOfAPlatform(t *testing.T) {
	adaptertest.RunOver(t, delegated, sound.app)
}

const (
	platformID     = "wx00000000000000cc"
	platformSecret = "made-up-secret-of-the-platform"
)

// delegated is an account that has agreed to a platform before the app starts.
var delegated = adaptertest.Account{
	Simulator: func(c *wxsim.Config) {
		c.Platforms = []wxsim.Platform{{
			AppID: platformID, Secret: platformSecret, Domain: c.Accounts[0].Domain,
			Token: adaptertest.PushToken, EncodingAESKey: adaptertest.PushKey, Connected: []string{c.Accounts[0].AppID},
		}}
	},
	New: newDelegated,
	SetPush: func(sim *wxsim.Sim, address string) error {
		return sim.SetPlatformURLs(platformID, "", address) // tickets are there by now
	},
	ExchangePath: wxsim.PathComponentAccessToken,
}

func newDelegated(sim *wxsim.Sim, c core.Config) (*core.Auth, func(), error) {
	return nodeOfPlatform(sim, c, platform.NewMemoryStore())
}

// nodeOfPlatform is one of the nodes that share a store.
func nodeOfPlatform(sim *wxsim.Sim, c core.Config, store platform.Store) (*core.Auth, func(), error) {
	p, err := platform.New(platformConfig(c, store))
	if err != nil {
		return nil, nil, err
	}
	events := httptest.NewServer(p.EventHandler())
	stop := func() {
		p.Close()
		events.Close()
	}
	auth, err := connect(context.Background(), sim, p, events.URL, c.AppID)
	if err != nil {
		stop()
		return nil, nil, err
	}
	return auth, stop, nil
}

// platformConfig is of a platform that sees and says what its account does.
func platformConfig(account core.Config, store platform.Store) platform.Config {
	logger := account.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return platform.Config{
		AppID: platformID, AppSecret: platformSecret, Token: adaptertest.PushToken, EncodingAESKey: adaptertest.PushKey,
		Store: store, OpenURL: account.OpenURL, APIURL: account.APIURL, PagesURL: account.OpenURL,
		Logger: logger, HTTPClient: account.HTTPClient,
		Settings: func(platform.Account) core.Config { return account },
	}
}

// connect lets the platform get a ticket and read WeChat's list of accounts.
func connect(ctx context.Context, sim *wxsim.Sim, p *platform.Platform, events, appID string) (*core.Auth, error) {
	if err := sim.SetPlatformURLs(platformID, events, ""); err != nil {
		return nil, err
	}
	if _, err := p.Recover(ctx); err != nil {
		return nil, err
	}
	return p.Account(ctx, appID)
}
