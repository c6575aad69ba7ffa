package proof

import (
	"testing"
	"time"
)

func TestAStateBelongsToOneApplication(t *testing.T) {
	account, now := *testKeys(t), time.Now()
	ours, other := account.WithWebsite("wxwebsite"), account.WithWebsite("wxother")
	scan, silent := ours.NewWebsiteState(now, 2, "b", testOrigin), ours.NewState(now, 2, false, "b", testOrigin)
	st := ours.Parse(scan)
	if st.Shape != OwnState || !st.Website || !st.Prompt || st.Attempt != 2 || len(scan) != stateDigits {
		t.Errorf("rule: a website's state says so, and counts as one that asks for the profile: %+v", st)
	}
	if st := ours.Parse(silent); st.Website || st.Prompt {
		t.Errorf("rule: an account's state does not: %+v", st)
	}
	for rule, c := range map[string]struct {
		keys  Keys
		state string
		want  bool
	}{
		"the application that made a state accepts it":              {ours, scan, true},
		"another website application does not":                      {other, scan, false},
		"an account without one does not":                           {account, scan, false},
		"an account's state is accepted whatever the website is":    {other, silent, true},
		"and also without a website":                                {account, silent, true},
		"a website with the account's id still has its own states":  {account.WithWebsite("wx0123456789abcdef"), scan, false},
		"the account's keys are not changed by keys with a website": {account, account.NewState(now, 1, true, "b", testOrigin), true},
	} {
		st := c.keys.Parse(c.state)
		if got := c.keys.Verify(&st, now, "b", testOrigin); got != c.want {
			t.Errorf("rule: %s: %v", rule, got)
		}
	}
	for bit := range 8 {
		raw, _ := decodeBase62(scan)
		raw[1] ^= 1 << bit
		st := ours.Parse(encodeBase62(raw))
		if ours.Verify(&st, now, "b", testOrigin) {
			t.Errorf("rule: no flag can be changed on the way: bit %d", bit)
		}
	}
}
