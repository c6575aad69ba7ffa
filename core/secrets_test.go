package core

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/wxapi"
)

const formerSecret = "former-canary-0123456789"

func TestALoginThatBeganWithAFormerSecretComesToItsEnd(t *testing.T) {
	for rule, c := range map[string]struct {
		previous []string
		ends     bool
	}{
		"with the former secret listed, the login ends":      {[]string{formerSecret}, true},
		"with it listed behind another, the login ends, too": {[]string{"another one", formerSecret}, true},
		"without it, the login starts anew":                  {nil, false},
		"with another one listed, the login starts anew":     {[]string{"another one"}, false},
	} {
		t.Run(rule, func(t *testing.T) {
			r := newRig(t)
			b := r.browser()
			before := NewGate(ModeRequire, r.instance(func(c *Config) { c.AppSecret = formerSecret }))
			after := NewGate(ModeRequire, r.instance(func(conf *Config) { conf.PreviousSecrets = c.previous }))
			out := b.get(after, b.consent(b.get(before, "/me?x=1")))
			if c.ends && (b.arrives(out) != "/me?x=1" || b.user(after, "/me") == nil) || !c.ends && out.Status != 302 {
				t.Errorf("rule: %s: %d", rule, out.Status)
			}
			if c.ends && r.exchanges() != 1 { // the simulator refuses a former secret
				t.Errorf("rule: WeChat gets the present secret alone: %d exchanges", r.exchanges())
			}
			// What starts now is signed with the present secret.
			fresh := r.browser()
			only := NewGate(ModeRequire, r.instance())
			if fresh.arrives(fresh.get(only, fresh.consent(fresh.get(after, "/me")))) != "/me" {
				t.Error("rule: nothing new is signed with a former secret")
			}
		})
	}
}

func TestAFormerSecretOpensNothingThatLastsLong(t *testing.T) {
	cache := session.NewMemory()
	r := newRig(t)
	before := r.instance(func(c *Config) { c.AppSecret, c.Cache, c.KeepTokens = formerSecret, cache, true })
	after := r.instance(func(c *Config) { c.PreviousSecrets, c.Cache, c.KeepTokens = []string{formerSecret}, cache, true })
	before.tokens.keep(context.Background(), testAppID, &wxapi.Token{OpenID: "oAlice_1", RefreshToken: "refresh"})
	if _, err := after.RefreshProfile(context.Background(), &User{AppID: testAppID, OpenID: "oAlice_1"}); !errors.Is(err, ErrNoToken) {
		t.Errorf("rule: refresh tokens are not opened with a former secret: %v", err)
	}
}

func TestPreviousSecretsAreChecked(t *testing.T) {
	for rule, secrets := range map[string][]string{
		"not empty":              {""},
		"not the present secret": {testSecret},
		"without white space":    {"f0rmer\n"},
		"at most three":          {"a", "b", "c", "d"},
		"each of them":           {"a", "b "},
	} {
		_, err := New(Config{AppID: testAppID, AppSecret: testSecret, PreviousSecrets: secrets})
		if err == nil || !strings.Contains(err.Error(), "PreviousSecrets") || strings.Contains(err.Error(), testSecret) || strings.Contains(err.Error(), "f0rmer") {
			t.Errorf("rule: a previous secret is %s: %v", rule, err)
		}
	}
}
