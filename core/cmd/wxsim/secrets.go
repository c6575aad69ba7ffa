package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// refuseRealSecrets keeps the AppSecret of a real account or platform off an address
// that other machines reach. A secret that looks like one of WeChat's is refused,
// even if it is made up: nobody can tell.
func (o options) refuseRealSecrets(cfg wxsim.Config) error {
	secrets := map[string]string{}
	for _, a := range cfg.Accounts {
		secrets[a.AppID] = a.Secret
	}
	for _, p := range cfg.Platforms {
		secrets[p.AppID] = p.Secret
	}
	for appID, secret := range secrets {
		if looksReal(secret) {
			where := "-app-secret"
			if o.config != "" {
				where = "the secret in " + o.config
			}
			return fmt.Errorf("wxsim: %s of %s looks like a real AppSecret (32 random hex digits), and -lan and -insecure-listen open the simulator to other machines; "+
				"give the simulator and the application a made-up one, such as made-up-secret", where, appID)
		}
	}
	return nil
}

// madeUp says whether no account's secret looks real, so that the page may show them.
func madeUp(accounts []wxsim.Account) bool {
	return !slices.ContainsFunc(accounts, func(a wxsim.Account) bool { return looksReal(a.Secret) })
}

// looksReal holds for 32 hex digits that do not repeat themselves after 16, as the
// simulator's own do, and that use at least eight different digits.
func looksReal(secret string) bool {
	secret = strings.ToLower(secret)
	if len(secret) != 32 || strings.Trim(secret, "0123456789abcdef") != "" || secret[:16] == secret[16:] {
		return false
	}
	different := map[rune]bool{}
	for _, c := range secret {
		different[c] = true
	}
	return len(different) >= 8
}
