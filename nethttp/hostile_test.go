package nethttp_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/hostile"
	"github.com/seed467724c4/wechat/core/platform"
	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/nethttp"
)

func TestHostileRequests(t *testing.T) { hostile.Run(t, sound.app, twoAccounts) }

func TestHostileRequestsByScan(t *testing.T) { hostile.RunByScan(t, sound.app) }

func twoAccounts(outer, inner *adaptertest.Harness) (string, func(), error) {
	mux := http.NewServeMux()
	mux.Handle("/second/", nethttp.Require(inner.Options()...)(handler(inner)))
	server := httptest.NewServer(nethttp.Require(outer.Options()...)(mux))
	return server.URL, server.Close, nil
}

// Nothing of the table depends on an AppSecret either.
func TestHostileRequestsOverAnAccountOfAPlatform(t *testing.T) {
	var stores sync.Map // by simulator: nodes of a site have one
	hostile.RunOver(t, hostile.Account{
		Account: adaptertest.Account{
			Simulator: func(c *wxsim.Config) {
				delegated.Simulator(c)
				for _, account := range c.Accounts[1:] {
					c.Platforms[0].Connected = append(c.Platforms[0].Connected, account.AppID)
				}
			},
			New: func(sim *wxsim.Sim, c core.Config) (*core.Auth, func(), error) {
				store, _ := stores.LoadOrStore(sim, platform.NewMemoryStore())
				return nodeOfPlatform(sim, c, store.(platform.Store))
			},
			SetPush: delegated.SetPush, ExchangePath: delegated.ExchangePath,
		},
		Component: platformID,
		StateSecret: func(appID string) string {
			p, err := platform.New(platformConfig(core.Config{}, platform.NewMemoryStore()))
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			key, _ := p.Keys(appID)
			return key
		},
	}, sound.app, twoAccounts)
}
