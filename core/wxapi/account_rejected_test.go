package wxapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// rejecting makes user/info answer 40001 to the calls that rejects says, counted
// from 1, while stable_token goes on naming the token of its last forced renewal,
// as it does within 30 s of one.
func (u *upstream) rejecting(rejects func(call int) bool) {
	current, calls, forced := 1, 0, time.Time{}
	u.set(func(u *upstream) {
		u.instead = func(call string, _ *http.Request) (string, error) {
			switch call {
			case "info":
				if calls++; rejects(calls) {
					return code(40001), nil
				}
				return "", nil
			case "forced":
				if time.Since(forced) >= renewalGap {
					current, forced = current+1, time.Now()
				}
			}
			return `{"access_token":"` + tokenOf(current) + `","expires_in":7200}`, nil
		}
	})
}

func TestASpuriousRejectionShutsNoDoor(t *testing.T) {
	ctx := context.Background()
	tests := []struct {
		rule    string
		rejects func(call int) bool
		visits  int // one a second
		failed  int
		calls   []string
	}{
		{"one rejection: the token is renewed, and nobody notices", func(n int) bool { return n == 1 }, 2, 0,
			[]string{"stable", "info", "stable", "forced", "info", "info"}},
		{"a rejection of the renewed token: it is used once more, and nothing is asked", func(n int) bool { return n == 1 || n == 3 }, 3, 0,
			[]string{"stable", "info", "stable", "forced", "info", "info", "info", "info"}},
		{"three rejections, each of another visit", func(n int) bool { return n == 1 || n == 3 || n == 5 }, 4, 0,
			[]string{"stable", "info", "stable", "forced", "info", "info", "info", "info", "info", "info"}},
		{"one visit is rejected twice, and the next one gets in", func(n int) bool { return n <= 2 }, 2, 1,
			[]string{"stable", "info", "stable", "forced", "info", "info"}},
		{"every call is rejected: WeChat is asked for a token every 30 s", func(n int) bool { return true }, 61, 61,
			append([]string{"stable", "info", "stable", "forced", "info"}, append(repeat(29, "info", "info"),
				append([]string{"info", "stable", "forced", "info"}, append(repeat(29, "info", "info"),
					"info", "stable", "forced", "info")...)...)...)},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			u := newUpstream()
			u.rejecting(tt.rejects)
			token := u.node(t, AccountTokenConfig{})
			failed := 0
			for range tt.visits {
				if f, err := token.client.Follower(ctx, token, testOpenID, ""); err != nil || !f.Subscribed {
					failed++
				}
				time.Sleep(time.Second)
			}
			if failed != tt.failed {
				t.Errorf("rule: %s: %d of %d visits failed, want %d", tt.rule, failed, tt.visits, tt.failed)
			}
			counts(t, tt.rule, u, tt.calls...)
		})
	}
}

func repeat(n int, calls ...string) (all []string) {
	for range n {
		all = append(all, calls...)
	}
	return all
}

func TestACrowdWhoseNewTokenIsRejectedAsksNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &records{}
		u := newUpstream()
		u.rejecting(func(n int) bool { return n <= 1 })
		token := u.node(t, AccountTokenConfig{Logger: log.logger()})
		if _, err := token.client.Follower(context.Background(), token, testOpenID, ""); err != nil {
			t.Fatal(err)
		}
		u.set(func(u *upstream) { u.calls, u.takes = nil, 50*time.Millisecond })
		failed := gang(1000, func() error {
			rejected := false
			return token.Do(context.Background(), func(string) error {
				if !rejected {
					rejected = true
					return &Error{Code: 40001}
				}
				return nil
			})
		})
		if failed > 0 {
			t.Errorf("rule: all use the token once more and get in: %d did not", failed)
		}
		counts(t, "a crowd whose new token is rejected asks for no other within 30 s", u)
	})
}

func TestWhatWeChatInsistsOnIsLogged(t *testing.T) {
	for _, again := range []string{"stable", "source"} {
		synctest.Test(t, func(t *testing.T) {
			log := &records{}
			u := newUpstream()
			cfg := AccountTokenConfig{Logger: log.logger()}
			asked := 0
			if again == "source" {
				cfg.Source = func(context.Context, string) (string, time.Duration, error) {
					asked++
					return tokenOf(1), time.Hour, nil
				}
			} else {
				current := `{"access_token":"` + tokenOf(1) + `","expires_in":7200}`
				u.says("stable", current)
				both := u.instead
				u.set(func(u *upstream) { u.instead = also(both, "forced", current) })
			}
			token := u.node(t, cfg)
			want(t, "the token is there", token, 1)
			err := token.Do(context.Background(), func(string) error { return &Error{Code: 40001, Endpoint: followerPath} })
			if !errors.Is(err, ErrRefused) {
				t.Errorf("rule: a token rejected twice is ErrRefused: %s: %v", again, err)
			}
			time.Sleep(renewalGap - time.Nanosecond)
			_ = token.Do(context.Background(), func(string) error { return &Error{Code: 40001, Endpoint: followerPath} })
			if again == "source" && asked != 2 {
				t.Errorf("rule: a source that insists on its token is not asked again within 30 s: %d calls", asked)
			}
			if n := strings.Count(log.String(), "gave the same again"); n != 1 || strings.Contains(log.String(), tokenOf(1)) {
				t.Errorf("rule: the operator reads that WeChat insists on a rejected token: %s: %s", again, log)
			}
		})
	}
}
