package wxapi

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
)

// busyFor answers -1 to the first n calls of a kind.
func (u *upstream) busyFor(call string, n int) {
	u.set(func(u *upstream) {
		u.instead = func(c string, _ *http.Request) (string, error) {
			if c == call && n > 0 {
				n--
				return code(-1), nil
			}
			return "", nil
		}
	})
}

// WeChat answers -1 now and then, and the next call succeeds.
func TestBusyIsRetriedOnce(t *testing.T) {
	ctx := context.Background()
	token := func(t *AccountToken) error { _, err := t.Token(ctx); return err }
	ticket := func(t *AccountToken) error { _, err := t.JSTicket(ctx); return err }
	forced := func(t *AccountToken) error {
		if _, err := t.Token(ctx); err != nil {
			return err
		}
		_, err := t.Renew(ctx, tokenOf(1))
		return err
	}
	tests := []struct {
		rule  string
		cfg   AccountTokenConfig
		busy  string
		times int
		ask   func(*AccountToken) error
		ok    bool
		calls []string
	}{
		{"stable_token, once", AccountTokenConfig{}, "stable", 1, token, true, []string{"stable", "stable"}},
		{"stable_token, twice", AccountTokenConfig{}, "stable", 2, token, false, []string{"stable", "stable"}},
		{"/cgi-bin/token, once", AccountTokenConfig{Classic: true}, "classic", 1, token, true, []string{"classic", "classic"}},
		{"/cgi-bin/token, twice", AccountTokenConfig{Classic: true}, "classic", 2, token, false, []string{"classic", "classic"}},
		{"a renewal of /cgi-bin/token, once", AccountTokenConfig{Classic: true}, "classic", 1, forced, true, []string{"classic", "classic", "classic"}},
		{"getticket, once", AccountTokenConfig{}, "ticket", 1, ticket, true, []string{"stable", "ticket", "ticket"}},
		{"getticket, twice", AccountTokenConfig{}, "ticket", 2, ticket, false, []string{"stable", "ticket", "ticket"}},
		{"stable_token for a ticket, once", AccountTokenConfig{}, "stable", 1, ticket, true, []string{"stable", "stable", "ticket"}},
		{"user/info, once", AccountTokenConfig{}, "info", 1, func(t *AccountToken) error {
			_, err := t.client.Follower(ctx, t, testOpenID, "")
			return err
		}, true, []string{"stable", "info", "info"}},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			u := newUpstream()
			u.busyFor(tt.busy, tt.times)
			err := tt.ask(u.node(t, tt.cfg))
			var e *Error
			if tt.ok != (err == nil) || !tt.ok && (!errors.As(err, &e) || e.Code != -1) {
				t.Errorf("rule: -1 is retried once: %s: %v", tt.rule, err)
			}
			counts(t, "-1 is retried once: "+tt.rule, u, tt.calls...)
		})
	}
	// The plain question is answered, the forced one is busy.
	u := newUpstream()
	node := u.node(t, AccountTokenConfig{})
	want(t, "the token is there", node, 1)
	u.busyFor("forced", 1)
	first := u.instead
	u.set(func(u *upstream) {
		u.instead = also(first, "stable", `{"access_token":"`+tokenOf(1)+`","expires_in":7200}`)
	})
	if got, err := node.Renew(ctx, tokenOf(1)); got != tokenOf(2) || err != nil {
		t.Errorf("rule: -1 is retried once: a forced renewal: %q, %v", got, err)
	}
	counts(t, "-1 is retried once: a forced renewal", u, "stable", "stable", "forced", "forced")
}
