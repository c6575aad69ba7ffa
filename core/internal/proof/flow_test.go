package proof

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/web"
)

func TestAFlowNamesALoginOnEveryNode(t *testing.T) {
	at, _ := web.NewOrigin("https", "app.example.com")
	keys := func(secret string) *Keys {
		k, err := NewKeys("wx1", secret)
		if err != nil {
			t.Fatal(err)
		}
		return &k
	}
	one, two := keys("a secret"), keys("a secret")
	state := one.NewState(time.Now(), 1, false, "binding", at)
	read := two.Parse(state)
	if f := FlowOf(state); f == "" || f != read.Flow() {
		t.Errorf("rule: the node that starts a login and the node that ends it name it alike: %q %q", FlowOf(state), read.Flow())
	}
	if strings.Contains(hex.EncodeToString(read.raw[:]), read.Flow()) {
		t.Error("rule: no part of a state is in its flow")
	}
	if again := one.NewState(time.Now(), 1, false, "binding", at); FlowOf(again) == FlowOf(state) {
		t.Error("rule: another login has another flow")
	}
	foreign := keys("another secret").Parse(state)
	if f := foreign.Flow(); f != "" {
		t.Errorf("rule: a state that is not ours names no login: %q", f)
	}
	if FlowOf("x") != "" {
		t.Error("rule: what is no state names no login")
	}
}

func TestAUserHashIsTheAccounts(t *testing.T) {
	hash := func(appID, secret, openID string) string {
		k, err := NewKeys(appID, secret)
		if err != nil {
			t.Fatal(err)
		}
		return k.UserHash(openID)
	}
	mine := hash("wx1", "a secret", "o-mei")
	if len(mine) != 2*userHashBytes || mine != hash("wx1", "a secret", "o-mei") {
		t.Errorf("rule: a person has one hash: %q", mine)
	}
	for what, other := range map[string]string{
		"person": hash("wx1", "a secret", "o-lei"), "account": hash("wx2", "a secret", "o-mei"), "secret": hash("wx1", "another", "o-mei"),
	} {
		if other == mine {
			t.Errorf("rule: another %s has another hash", what)
		}
	}
	if hash("wx1", "a secret", "") != "" {
		t.Error("rule: no person has no hash")
	}
}
