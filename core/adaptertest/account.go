package adaptertest

import (
	"errors"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// Account is a kind of account that the suite logs visitors in to. [Run] uses an Official
// Account with an AppSecret of its own. [RunOver] takes another kind, such as an account
// that a third-party platform acts for. All functions are called once per case, each case
// with a simulator of its own.
type Account struct {
	// Simulator changes what the simulator is started with. Accounts has one entry, the
	// account under test. nil: nothing is changed.
	Simulator func(*wxsim.Config)

	// New makes the instance. c is what the suite needs, with an AppSecret; take out of it
	// what this kind of account must not have. stop closes the instance.
	New func(sim *wxsim.Sim, c core.Config) (auth *core.Auth, stop func(), err error)

	// SetPush makes the simulator send the account's messages to an address of the app,
	// signed with [PushToken] and encrypted with [PushKey].
	SetPush func(sim *wxsim.Sim, address string) error

	// ExchangePath is the path at WeChat's API that turns a code into tokens, such as
	// [wxsim.PathAccessToken]. The suite counts the calls.
	ExchangePath string
}

// ownAccount is an Official Account with an AppSecret of its own.
var ownAccount = Account{
	New: func(_ *wxsim.Sim, c core.Config) (*core.Auth, func(), error) {
		auth, err := core.New(c)
		if err != nil {
			return nil, nil, err
		}
		return auth, func() { auth.Close() }, nil
	},
	SetPush:      func(sim *wxsim.Sim, address string) error { return sim.SetPush(appID, address, PushToken, PushKey) },
	ExchangePath: wxsim.PathAccessToken,
}

func (a Account) check() error {
	if a.New == nil || a.SetPush == nil || a.ExchangePath == "" {
		return errors.New("adaptertest.Account needs New, SetPush and ExchangePath")
	}
	return nil
}

// RunOver is [Run] with another kind of account.
func RunOver(t *testing.T, account Account, app App) {
	if err := account.check(); err != nil {
		t.Fatal(err)
	}
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			if err := r.check(account, app); err != nil {
				t.Errorf("rule: %s\ngot: %v", r.text, err)
			}
		})
	}
}
