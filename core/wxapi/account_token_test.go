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

func TestAccountTokenRequests(t *testing.T) {
	ctx := context.Background()
	u := newUpstream()
	want(t, "the first call fetches", u.node(t, AccountTokenConfig{}), 1)
	if u.last.Method != "POST" || u.last.URL.String() != defaultAPIURL+stableTokenPath ||
		u.last.Header.Get("Content-Type") != "application/json" || !u.last.Close ||
		u.sent != `{"grant_type":"client_credential","appid":"`+testAppID+`","secret":"`+testSecret+`","force_refresh":false}` {
		t.Errorf("rule: stable_token is asked with a POST of JSON, the secret in the body alone: %s %s %s", u.last.Method, u.last.URL, u.sent)
	}
	want(t, "classic fetches", u.node(t, AccountTokenConfig{Classic: true}), 2)
	if got := u.last.Method + " " + u.last.URL.RequestURI(); got != "GET /cgi-bin/token?grant_type=client_credential&appid="+testAppID+"&secret="+testSecret {
		t.Errorf("rule: classic asks /cgi-bin/token in the documented order: %s", got)
	}
	own := u.node(t, AccountTokenConfig{Source: func(_ context.Context, rejected string) (string, time.Duration, error) {
		return "own" + rejected, time.Hour, nil
	}})
	if got, err := own.Token(ctx); got != "own" || err != nil {
		t.Errorf("rule: an app's own source is asked instead: %q, %v", got, err)
	}
	if got, err := own.Renew(ctx, "own"); got != "ownown" || err != nil {
		t.Errorf("rule: an app's own source is told what was rejected: %q, %v", got, err)
	}
	counts(t, "an app's own source is asked instead of WeChat", u, "stable", "classic")
}

func TestAccountTokenLife(t *testing.T) {
	tests := []struct {
		rule  string
		life  any
		fresh time.Duration // how long it is used without a call
		ends  time.Duration // how long it may be used when no new one is to be had
	}{
		{"a token is fetched anew 300 s before its end", 7200, 6900 * time.Second, 7200 * time.Second},
		{"the life may come as text", "7200", 6900 * time.Second, 7200 * time.Second},
		{"301 s of life are used for a minute, not for a second", 301, time.Minute, 301 * time.Second},
		{"300 s of life are used for a minute", 300, time.Minute, 300 * time.Second},
		{"a short life is used for a minute", 1, time.Minute, time.Minute},
		{"no life is used for a minute", 0, time.Minute, time.Minute},
		{"a life below zero is used for a minute", -7200, time.Minute, time.Minute},
		{"a life left out is used for a minute", nil, time.Minute, time.Minute},
		{"a life that is no number is used for a minute", "soon", time.Minute, time.Minute},
		{"a life beyond a Duration is used for a minute", 9223372036854775807, time.Minute, time.Minute},
		{"a life longer than documented is not believed", 315360000, 6900 * time.Second, 7200 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := newUpstream()
				u.life = tt.life
				token := u.node(t, AccountTokenConfig{})
				want(t, tt.rule, token, 1)
				time.Sleep(tt.fresh - time.Nanosecond)
				want(t, tt.rule, token, 1)
				synctest.Wait()
				counts(t, tt.rule, u, "stable")
				u.fails(errDown)
				time.Sleep(tt.ends - tt.fresh)
				want(t, tt.rule, token, 1)
				time.Sleep(time.Nanosecond + failureLifeCalm)
				if got, err := token.Token(context.Background()); err == nil {
					t.Errorf("rule: %s: and no longer: %q", tt.rule, got)
				}
			})
		})
	}
}

func TestNobodyWaitsWhileTheOldTokenWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		token := u.node(t, AccountTokenConfig{})
		want(t, "the first caller waits", token, 1)
		time.Sleep(maxLife - renewBefore)
		u.set(func(u *upstream) { u.takes = 3 * time.Second })
		began := time.Now()
		for range 10 {
			want(t, "the old token is given out while the new one is fetched", token, 1)
		}
		if time.Since(began) != 0 {
			t.Error("rule: nobody waits while the old token works")
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		want(t, "the new one follows", token, 2)
		counts(t, "ten callers are one call", u, "stable", "stable")
	})
}

func TestCrowds(t *testing.T) {
	ctx := context.Background()
	t.Run("a crowd on a cold token is one call", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			u := newUpstream()
			u.takes = 50 * time.Millisecond
			token := u.node(t, AccountTokenConfig{})
			began := time.Now()
			if failed := gang(crowd, func() error { _, err := token.Token(ctx); return err }); failed > 0 {
				t.Errorf("rule: all get it: %d did not", failed)
			}
			if took := time.Since(began); took != u.takes {
				t.Errorf("rule: all get it when the one fetch is back: after %v", took)
			}
			counts(t, "a crowd on a cold token is one call", u, "stable")
		})
	})
	t.Run("a crowd on a failing WeChat is one call and one retry, and nobody waits for another", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			u := newUpstream()
			u.takes = 20 * time.Millisecond
			u.says("stable", code(-1))
			token := u.node(t, AccountTokenConfig{})
			began := time.Now()
			ask := func() error { _, err := token.Token(ctx); return err }
			if failed := gang(crowd, ask); failed != crowd {
				t.Errorf("rule: all learn of the failure: %d did", failed)
			}
			if took := time.Since(began); took != 2*u.takes {
				t.Errorf("rule: all learn of it with the first: after %v", took)
			}
			time.Sleep(failureLife - time.Nanosecond)
			if failed := gang(crowd, ask); failed != crowd {
				t.Errorf("rule: a failure stands for a second: %d", failed)
			}
			counts(t, "a failure stands for a second", u, "stable", "stable")
			time.Sleep(time.Nanosecond)
			u.says("", "")
			want(t, "after a second WeChat is asked again", token, 1)
		})
	})
	t.Run("a crowd on a WeChat that never answers is let go at the fetch's deadline", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			u := newUpstream()
			u.hangs = true
			defer close(u.release)
			token := u.node(t, AccountTokenConfig{})
			began := time.Now()
			failed := gang(crowd, func() error { _, err := token.Token(ctx); return err })
			if took := time.Since(began); failed != crowd || took != 6*time.Second {
				t.Errorf("rule: 5 s for WeChat and 1 s for the cache end a fetch, whoever heeds no context: %d after %v", failed, took)
			}
			time.Sleep(failureLife)
			if _, err := token.Token(ctx); !errors.Is(err, errBusy) {
				t.Errorf("rule: a fetch that does not come back is not joined by more: %v", err)
			}
			counts(t, "a fetch that does not come back is not joined by more", u, "stable")
		})
	})
	t.Run("a crowd whose token is refused at once is one renewal", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			u := newUpstream()
			token := u.node(t, AccountTokenConfig{})
			want(t, "the token is there", token, 1)
			u.set(func(u *upstream) { u.takes = 50 * time.Millisecond })
			failed := gang(crowd, func() error {
				return token.Do(ctx, func(token string) error {
					if token == tokenOf(1) {
						return &Error{Code: 40001}
					}
					return nil
				})
			})
			if failed > 0 {
				t.Errorf("rule: all succeed: %d did not", failed)
			}
			counts(t, "a crowd whose token is refused is one renewal", u, "stable", "stable")
		})
	})
}

func TestCallersComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		u.takes = time.Second
		token := u.node(t, AccountTokenConfig{})
		ctx, cancel := context.WithCancel(context.Background())
		leader, rest := make(chan error, 1), make(chan int, 1)
		go func() { _, err := token.Token(ctx); leader <- err }()
		synctest.Wait()
		go func() { rest <- gang(100, func() error { _, err := token.Token(context.Background()); return err }) }()
		synctest.Wait()
		began := time.Now()
		cancel()
		err := <-leader
		if !errors.Is(err, context.Canceled) || Classify(err) != ClassNone || time.Since(began) != 0 || !strings.HasPrefix(err.Error(), "wechat: ") {
			t.Errorf("rule: a caller that gives up gets its own error at once: %v after %v", err, time.Since(began))
		}
		if failed := <-rest; failed > 0 {
			t.Errorf("rule: a caller that gives up fails nobody else: %d", failed)
		}
		counts(t, "the fetch goes on without the one that began it", u, "stable")
		if got, err := token.Token(ctx); got != tokenOf(1) || err != nil {
			t.Errorf("rule: what is held is given to anybody: %q, %v", got, err)
		}
		cold := u.node(t, AccountTokenConfig{})
		if _, err := cold.Token(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("rule: who has given up begins no fetch: %v", err)
		}
		synctest.Wait()
		counts(t, "who has given up begins no fetch", u, "stable")
		short, end := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer end()
		if _, err := cold.Token(short); !errors.Is(err, context.DeadlineExceeded) || Classify(err) != ClassRetry {
			t.Errorf("rule: a caller's deadline is its own: %v", err)
		}
	})
}

func TestCloseEndsTheFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		token := u.node(t, AccountTokenConfig{})
		want(t, "the token is there", token, 1)
		u.set(func(u *upstream) { u.takes = 3 * time.Second })
		end := make(chan error)
		began := time.Now()
		go func() { _, err := token.Renew(context.Background(), tokenOf(1)); end <- err }()
		synctest.Wait()
		token.Close()
		if err := <-end; !errors.Is(err, errClosed) || errors.Is(err, context.Canceled) || time.Since(began) != 0 {
			t.Errorf("rule: Close ends a fetch under way, and that is not the caller's giving up: %v", err)
		}
		time.Sleep(failureLife)
		if _, err := token.Token(context.Background()); !errors.Is(err, errClosed) {
			t.Errorf("rule: after Close nothing is fetched: %v", err)
		}
		synctest.Wait()
		counts(t, "after Close nothing is fetched", u, "stable", "stable")

		other := u.node(t, AccountTokenConfig{})
		want(t, "the token is there", other, 2)
		other.Close()
		want(t, "what is held outlives Close", other, 2)
	})
}

func TestAPanicIsAnError(t *testing.T) {
	log := &records{}
	for rule, token := range map[string]*AccountToken{
		"a panic of a source": newUpstream().node(t, AccountTokenConfig{Logger: log.logger(),
			Source: func(context.Context, string) (string, time.Duration, error) { panic("with " + testSecret) }}),
		"a panic of a transport": func() *AccountToken {
			u := newUpstream()
			u.instead = func(string, *http.Request) (string, error) { panic("with " + testSecret) }
			return u.node(t, AccountTokenConfig{Logger: log.logger()})
		}(),
	} {
		if _, err := token.Token(context.Background()); !errors.Is(err, errAborted) {
			t.Errorf("rule: %s ends a fetch and not the process: %v", rule, err)
		}
	}
	if text := log.String(); strings.Count(text, "TestAPanicIsAnError") < 2 || strings.Contains(text, testSecret) {
		t.Errorf("rule: the log says where, and not with what: %s", text)
	}
}
