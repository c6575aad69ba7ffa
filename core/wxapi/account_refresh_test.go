package wxapi

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRenew(t *testing.T) {
	ctx := context.Background()
	current := func(n int) string { return `{"access_token":"` + tokenOf(n) + `","expires_in":7200}` }
	tests := []struct {
		rule  string
		cfg   AccountTokenConfig
		does  func(t *testing.T, u *upstream, token *AccountToken)
		calls []string // after the first token's
	}{
		{"a token that is no longer held costs no call", AccountTokenConfig{}, func(t *testing.T, _ *upstream, token *AccountToken) {
			for _, rejected := range []string{"old", "", tokenOf(7)} {
				if got, err := token.Renew(ctx, rejected); got != tokenOf(1) || err != nil {
					t.Errorf("%q, %v", got, err)
				}
			}
		}, nil},
		{"a new token of WeChat's is taken without force", AccountTokenConfig{}, func(t *testing.T, _ *upstream, token *AccountToken) {
			if got, err := token.Renew(ctx, tokenOf(1)); got != tokenOf(2) || err != nil {
				t.Errorf("%q, %v", got, err)
			}
			want(t, "it is the one held then", token, 2)
		}, []string{"stable"}},
		{"force is asked for when WeChat gives the refused one again", AccountTokenConfig{}, func(t *testing.T, u *upstream, token *AccountToken) {
			u.says("stable", current(1))
			if got, err := token.Renew(ctx, tokenOf(1)); got != tokenOf(2) || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		}, []string{"stable", "forced"}},
		{"there is no loop when even force gives it again", AccountTokenConfig{}, func(t *testing.T, u *upstream, token *AccountToken) {
			u.says("stable", current(1))
			both := u.instead
			u.set(func(u *upstream) { u.instead = also(both, "forced", current(1)) })
			rejected := &Error{Code: 42001}
			used := 0
			err := token.Do(ctx, func(string) error { used++; return rejected })
			if !errors.Is(err, ErrRefused) || !errors.Is(err, rejected) || Classify(err) != ClassOperator || !strings.HasPrefix(err.Error(), "wechat: ") || used != 2 {
				t.Errorf("what WeChat insists on is used once more, and then the error is passed on: %v after %d", err, used)
			}
			want(t, "and it stays in use, since WeChat may accept it again", token, 1)
			time.Sleep(renewalGap - time.Nanosecond)
			if err := token.Do(ctx, func(string) error { return rejected }); !errors.Is(err, ErrRefused) {
				t.Errorf("within 30 s nothing is asked: %v", err)
			}
			time.Sleep(time.Nanosecond)
			if err := token.Do(ctx, func(string) error { return rejected }); !errors.Is(err, ErrRefused) {
				t.Errorf("after that WeChat is asked again: %v", err)
			}
		}, []string{"stable", "forced", "stable", "forced"}},
		{"an error of the forced call is passed on", AccountTokenConfig{}, func(t *testing.T, u *upstream, token *AccountToken) {
			u.says("stable", current(1))
			both := u.instead
			u.set(func(u *upstream) { u.instead = also(both, "forced", code(45009)) })
			var e *Error
			if _, err := token.Renew(ctx, tokenOf(1)); !errors.As(err, &e) || e.Code != 45009 {
				t.Errorf("%v", err)
			}
		}, []string{"stable", "forced"}},
		{"a refused token is not used again when no new one is to be had", AccountTokenConfig{}, func(t *testing.T, u *upstream, token *AccountToken) {
			u.fails(errDown)
			err := token.Do(ctx, func(string) error { return &Error{Code: 40014} })
			var e *Error
			if !errors.Is(err, errDown) || !errors.As(err, &e) || e.Code != 40014 {
				t.Errorf("both errors are passed on: %v", err)
			}
			time.Sleep(failureLife)
			if got, err := token.Token(ctx); err == nil {
				t.Errorf("%q", got)
			}
			u.says("", "")
			time.Sleep(failureLife)
			want(t, "a new one is", token, 2)
		}, []string{"stable", "stable", "stable"}},
		{"classic makes no second token within 30 s of a renewal, and uses the one it has", AccountTokenConfig{Classic: true}, func(t *testing.T, u *upstream, token *AccountToken) {
			if got, err := token.Renew(ctx, tokenOf(1)); got != tokenOf(2) || err != nil {
				t.Errorf("%q, %v", got, err)
			}
			for range 3 {
				if got, err := token.Renew(ctx, tokenOf(2)); got != tokenOf(2) || err != nil {
					t.Errorf("%q, %v", got, err)
				}
				time.Sleep(9 * time.Second)
			}
			time.Sleep(3 * time.Second)
			if got, err := token.Renew(ctx, tokenOf(2)); got != tokenOf(3) || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		}, []string{"classic", "classic"}},
		{"what classic gives again is used once more", AccountTokenConfig{Classic: true}, func(t *testing.T, u *upstream, token *AccountToken) {
			u.says("classic", current(1))
			if got, err := token.Renew(ctx, tokenOf(1)); got != tokenOf(1) || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		}, []string{"classic"}},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := newUpstream()
				token := u.node(t, tt.cfg)
				want(t, tt.rule, token, 1)
				u.set(func(u *upstream) { u.calls = nil })
				tt.does(t, u, token)
				counts(t, tt.rule, u, tt.calls...)
			})
		})
	}
}

func TestARefusalWhileTheFetchIsUnderWay(t *testing.T) {
	// The fetch that began before the refusal comes back with the refused token.
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		u.takes = time.Second
		token := u.node(t, AccountTokenConfig{})
		first := make(chan string)
		go func() { got, _ := token.Token(context.Background()); first <- got }()
		synctest.Wait()
		got, err := token.Renew(context.Background(), tokenOf(1))
		if got != tokenOf(2) || err != nil || <-first != tokenOf(2) {
			t.Errorf("rule: what was refused meanwhile is not kept: %q, %v", got, err)
		}
		counts(t, "one more call gets another", u, "stable", "stable")
		want(t, "the other is held", token, 2)
	})
	t.Run("a late report about an older token changes nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			u := newUpstream()
			token := u.node(t, AccountTokenConfig{})
			want(t, "the token is there", token, 1)
			u.fails(errDown)
			time.Sleep(maxLife - renewBefore) // a new one is due, so that nothing is settled before the report is looked at
			for range 3 {
				if got, err := token.Renew(context.Background(), "older"); got != tokenOf(1) || err != nil {
					t.Errorf("rule: a late report about an older token changes nothing: %q, %v", got, err)
				}
				synctest.Wait()
			}
			_, _ = token.Renew(context.Background(), tokenOf(1))
			_, _ = token.Renew(context.Background(), "older")
			u.says("stable", `{"access_token":"`+tokenOf(1)+`","expires_in":7200}`)
			time.Sleep(failureLifeCalm)
			if got, err := token.Token(context.Background()); got == tokenOf(1) {
				t.Errorf("rule: nor does it make the refused one good: %q, %v", got, err)
			}
		})
	})
	t.Run("a refusal of something else changes nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			u := newUpstream()
			u.takes = time.Second
			token := u.node(t, AccountTokenConfig{})
			go token.Token(context.Background())
			synctest.Wait()
			if got, err := token.Renew(context.Background(), "older"); got != tokenOf(1) || err != nil {
				t.Errorf("rule: a refusal of something else changes nothing: %q, %v", got, err)
			}
			counts(t, "a refusal of something else changes nothing", u, "stable")
		})
	})
}

func TestTheOldTokenSurvivesFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &records{}
		u := newUpstream()
		token := u.node(t, AccountTokenConfig{Logger: log.logger()})
		want(t, "the token is there", token, 1)
		u.fails(errDown)
		time.Sleep(maxLife - renewBefore)
		for range 60 {
			want(t, "while it is alive, the old token is used when no new one is to be had", token, 1)
			synctest.Wait()
			time.Sleep(time.Second)
		}
		if n := u.count(""); n != 1+4 {
			t.Errorf("rule: with the old token alive WeChat is asked every 15 s: %d calls in a minute", n)
		}
		if n := strings.Count(log.String(), "level=WARN"); n != 4 || strings.Contains(log.String(), "level=ERROR") {
			t.Errorf("rule: such a failure is logged, once each: %s", log)
		}
		u.says("", "")
		time.Sleep(failureLifeCalm)
		want(t, "the old one once more, while the new one is fetched", token, 1)
		synctest.Wait()
		want(t, "the new one", token, 2)
	})
}

func TestQuotaFailuresStandForAMinute(t *testing.T) {
	for _, n := range []int{45009, 45011} {
		synctest.Test(t, func(t *testing.T) {
			u := newUpstream()
			u.says("stable", code(n))
			token := u.node(t, AccountTokenConfig{})
			for range 60 {
				var e *Error
				if _, err := token.Token(context.Background()); !errors.As(err, &e) || e.Code != n {
					t.Errorf("rule: all learn that the quota is used up: %v", err)
				}
				time.Sleep(time.Second - time.Nanosecond)
			}
			counts(t, "a used up quota is left alone for a minute", u, "stable")
			time.Sleep(60 * time.Nanosecond)
			_, _ = token.Token(context.Background())
			counts(t, "and asked for after it", u, "stable", "stable")
		})
	}
}

// A caller may look, be held up, and come to the door when the flight it would
// have joined has landed.
func TestWhoComesLateBeginsNoFetch(t *testing.T) {
	ctx := context.Background()
	u := newUpstream()
	token := u.node(t, AccountTokenConfig{})
	now := time.Now().UnixNano()
	want(t, "the token is there", token, 1)
	if got, err := token.token.fetchOnce(); got != tokenOf(1) || err != nil {
		t.Errorf("rule: a flight after one that landed brings the same: %q, %v", got, err)
	}
	if got, err := token.token.renew(ctx, now, ""); got != tokenOf(1) || err != nil {
		t.Errorf("rule: so does a renewal: %q, %v", got, err)
	}
	counts(t, "who comes late begins no fetch", u, "stable")

	u = newUpstream()
	u.fails(errDown)
	token = u.node(t, AccountTokenConfig{})
	_, err1 := token.Token(ctx)
	_, err2 := token.token.fetchOnce()
	if !errors.Is(err1, errDown) || err2 != err1 {
		t.Errorf("rule: a flight after one that failed fails with it: %v, %v", err1, err2)
	}
	counts(t, "who comes late begins no fetch", u, "stable")
}

func TestAClockThatIsSetBack(t *testing.T) {
	u := newUpstream()
	token := u.node(t, AccountTokenConfig{})
	token.token.failed.Store(&failure{time.Now().Add(time.Hour).UnixNano(), errDown})
	want(t, "a failure in the future is none", token, 1)
}

func TestDo(t *testing.T) {
	tests := []struct {
		rule  string
		said  []error // by each call in turn
		calls int
		want  error
	}{
		{"success is one call", []error{nil}, 1, nil},
		{"40001 is repeated once", []error{&Error{Code: 40001}, nil}, 2, nil},
		{"40014 is repeated once", []error{&Error{Code: 40014}, nil}, 2, nil},
		{"42001 is repeated once", []error{&Error{Code: 42001}, nil}, 2, nil},
		{"a wrapped 40001 is repeated once", []error{errors.Join(errDown, &Error{Code: 40001}), nil}, 2, nil},
		{"a second 40001 is passed on", []error{&Error{Code: 40001}, &Error{Code: 40001}}, 2, &Error{Code: 40001}},
		{"another code is passed on", []error{&Error{Code: 48001}}, 1, &Error{Code: 48001}},
		{"what follows the repetition is passed on", []error{&Error{Code: 40001}, &Error{Code: 45009}}, 2, &Error{Code: 45009}},
		{"an error of another kind is passed on", []error{errDown}, 1, errDown},
	}
	for _, tt := range tests {
		u := newUpstream()
		var tokens []string
		err := u.node(t, AccountTokenConfig{}).Do(context.Background(), func(token string) error {
			tokens = append(tokens, token)
			return tt.said[len(tokens)-1]
		})
		var got, wanted *Error
		same := errors.Is(err, tt.want) || errors.As(err, &got) && errors.As(tt.want, &wanted) && *got == *wanted
		if !same || len(tokens) != tt.calls || tokens[0] != tokenOf(1) || len(tokens) > 1 && tokens[1] != tokenOf(2) {
			t.Errorf("rule: %s: %v, %q", tt.rule, err, tokens)
		}
	}
	u := newUpstream()
	u.fails(errDown)
	err := u.node(t, AccountTokenConfig{}).Do(context.Background(), func(string) error {
		t.Error("rule: without a token nothing is called")
		return nil
	})
	if !errors.Is(err, errDown) {
		t.Errorf("rule: without a token its error is passed on: %v", err)
	}
}
