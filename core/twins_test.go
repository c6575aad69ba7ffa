package core

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
)

// keysOnly is a platform that only answers Keys.
type keysOnly struct{ keys func() string }

func (k keysOnly) AppID() string                                          { return "wx00000000000000cc" }
func (k keysOnly) Keys(string) (key string, previous []string)            { return k.keys(), nil }
func (k keysOnly) ComponentToken(context.Context, string) (string, error) { return "", ErrWithdrawn }
func (k keysOnly) ActsFor(context.Context, string) bool                   { return false }
func (k keysOnly) Withdrawn(context.Context, string)                      {}
func (k keysOnly) AccountToken(context.Context, string, string) (token string, expiresIn time.Duration, err error) {
	return "", 0, ErrWithdrawn
}

// registered is how many instances of an account the process knows of. It counts an
// entry without an instance as one, because that is memory that nothing frees.
func registered(appID string) (n int) {
	twins.Lock()
	defer twins.Unlock()
	mine, kept := twins.sites[appID]
	for _, count := range mine {
		n += count
	}
	if kept {
		n = max(n, 1)
	}
	return n
}

func TestTheProcessForgetsAnInstanceThatEnds(t *testing.T) {
	platform := keysOnly{func() string { return "a-made-up-key" }}
	for rule, run := range map[string]func(Config){
		"closed": func(c Config) { made(t, c).Close() },
		"closed twice, once while another one is open": func(c Config) {
			first, second := made(t, c), made(t, c)
			first.Close()
			first.Close()
			if n := registered(c.AppID); n != 1 {
				t.Errorf("rule: Close takes one instance out, however often it is called: %d", n)
			}
			second.Close()
		},
		"not made, because its platform has no key": func(c Config) {
			c.AppSecret, c.Platform = "", keysOnly{func() string { return "" }}
			if _, err := New(c); err == nil {
				t.Error("rule: without a key there is no instance")
			}
		},
		"not made, because its platform panics": func(c Config) {
			c.AppSecret, c.Platform = "", keysOnly{func() string { panic("the app's own trouble") }}
			defer func() { _ = recover() }()
			New(c)
		},
		"refused, because its twin is there": func(c Config) {
			own := made(t, c)
			c.AppSecret, c.Platform = "", platform
			if _, err := New(c); err == nil {
				t.Error("rule: an account with a secret of its own has no twin through a platform on its site")
			}
			own.Close()
			made(t, c).Close()
		},
		"one of many that come and go at once": func(c Config) {
			var all sync.WaitGroup
			for i := range 16 {
				c := c
				c.PublicURL = fmt.Sprintf("https://%d.example.com", i%4)
				if i%4 > 1 {
					c.AppSecret, c.Platform = "", platform
				}
				all.Go(func() {
					if a, err := New(c); err != nil {
						t.Error(err)
					} else {
						a.Close()
					}
				})
			}
			all.Wait()
		},
	} {
		t.Run(rule, func(t *testing.T) {
			c := Config{AppID: "wx000000000000d00d", AppSecret: testSecret, PublicURL: "https://twins.example.com"}
			run(c)
			if kept := registered(c.AppID); kept != 0 {
				t.Errorf("rule: the process keeps nothing of an instance that was %s: %d", rule, kept)
			}
		})
	}
}

func made(t *testing.T, c Config) *Auth {
	t.Helper()
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
