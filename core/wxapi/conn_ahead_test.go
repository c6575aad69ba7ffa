package wxapi

import (
	"context"
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// silentLogin and promptLogin are what a callback does.
func silentLogin(c *Client) error {
	_, err := c.Exchange(context.Background(), testCode)
	return err
}

func promptLogin(c *Client) error {
	c.KeepReady(2)
	token, err := c.Exchange(context.Background(), testCode)
	if err == nil {
		_, err = c.UserInfo(context.Background(), token.AccessToken, token.OpenID, "")
	}
	return err
}

func TestRoundTripsOfALogin(t *testing.T) {
	certificate, roots := newCertificate(t, "api.example.com")
	const away = 200 * time.Millisecond // what the visitor is at WeChat at least
	tests := []struct {
		rule   string
		before func(c *Client) // ends with the callback
		login  func(c *Client) error
		trips  int // with TLS
	}{
		{"a silent login without a start here: connect, handshake, exchange", func(*Client) {}, silentLogin, 3},
		{"a silent login", func(c *Client) { c.DialAhead(1); time.Sleep(away) }, silentLogin, 1},
		{"a silent login in a process that has slept for an hour", func(c *Client) {
			c.DialAhead(1)
			time.Sleep(time.Hour)
			c.DialAhead(1)
			time.Sleep(away)
		}, silentLogin, 1},
		{"the second silent login", func(c *Client) {
			c.DialAhead(1)
			time.Sleep(away)
			_ = silentLogin(c)
			c.DialAhead(1)
			time.Sleep(away)
		}, silentLogin, 1},
		{"a visitor who is back at once waits for the rest of the handshakes", func(c *Client) { c.DialAhead(1); time.Sleep(roundTripTime) }, silentLogin, 2},
		{"a visitor who read the consent page for 59 s", func(c *Client) { c.DialAhead(2); time.Sleep(59 * time.Second) }, promptLogin, 2},
		{"a visitor who read it for longer: the profile's connection opens during the exchange", func(c *Client) { c.DialAhead(2); time.Sleep(61 * time.Second) }, promptLogin, 4},
		{"a prompted login without a start here", func(*Client) {}, promptLogin, 4},
		{"a prompted login", func(c *Client) { c.DialAhead(2); time.Sleep(away) }, promptLogin, 2},
		{"the second prompted login", func(c *Client) {
			c.DialAhead(2)
			time.Sleep(away)
			_ = promptLogin(c)
			c.DialAhead(2)
			time.Sleep(away)
		}, promptLogin, 2},
		{"a silent login whose start was on another node, after one that was here", func(c *Client) {
			_ = silentLogin(c)
			time.Sleep(50 * time.Second)
		}, silentLogin, 1},
		{"the same once more: one is kept ready while logins happen", func(c *Client) {
			for range 5 {
				_ = silentLogin(c)
				time.Sleep(20 * time.Second)
			}
		}, silentLogin, 1},
		{"a prompted login whose start was on another node, after one that was here", func(c *Client) {
			_ = silentLogin(c)
			time.Sleep(away)
		}, promptLogin, 3},
		{"after Close a login dials as it needs", func(c *Client) { c.DialAhead(2); time.Sleep(away); c.Close(); c.DialAhead(1); time.Sleep(away) }, silentLogin, 3},
	}
	for _, tt := range tests {
		for _, secure := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				l, trips := newLink(t, certificate), tt.trips
				c := l.client(roots)
				if !secure {
					l = newLink(t, nil)
					c = l.client(nil)
				}
				tt.before(c)
				begun := time.Now()
				err := tt.login(c)
				waited := time.Since(begun)
				if secure && (err != nil || waited != time.Duration(trips)*roundTripTime) {
					t.Errorf("rule: %s waits for %d round trips: %.2f, %v", tt.rule, trips, float64(waited)/float64(roundTripTime), err)
				}
				if !secure && (err != nil || waited > time.Duration(trips)*roundTripTime) {
					t.Errorf("rule: %s waits for no more without TLS: %.2f, %v", tt.rule, float64(waited)/float64(roundTripTime), err)
				}
			})
		}
	}
}

// A first visit to a page for followers needs the account's token and user/info.
func TestRoundTripsOfAFollowerCheck(t *testing.T) {
	certificate, roots := newCertificate(t, "api.example.com")
	tests := []struct {
		rule   string
		before func(c *Client, token *AccountToken)
		trips  int
	}{
		{"without preparation it is connect, handshake and request, twice", func(*Client, *AccountToken) {}, 6},
		{"with the token fetched and a connection opened while the visitor was away", func(c *Client, token *AccountToken) {
			token.Prefetch()
			c.DialAhead(1)
			time.Sleep(200 * time.Millisecond)
		}, 1},
		{"the same two hours later, when the token is due", func(c *Client, token *AccountToken) {
			_, _ = token.Token(context.Background())
			time.Sleep(2 * time.Hour)
			token.Prefetch()
			c.DialAhead(1)
			time.Sleep(200 * time.Millisecond)
		}, 1},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			c := newLink(t, certificate).client(roots)
			token, err := c.AccountToken(AccountTokenConfig{})
			if err != nil {
				t.Fatal(err)
			}
			defer token.Close()
			tt.before(c, token)
			begun := time.Now()
			_, err = c.Follower(context.Background(), token, testOpenID, "")
			if waited := time.Since(begun); err != nil || waited != time.Duration(tt.trips)*roundTripTime {
				t.Errorf("rule: a check of a follower, %s: %d round trips: %.2f, %v", tt.rule, tt.trips, float64(waited)/float64(roundTripTime), err)
			}
		})
	}
}

// With several nodes the callback may come to any of them, and each has what its own
// starts and the logins on it have opened.
func TestThreeNodes(t *testing.T) {
	certificate, roots := newCertificate(t, "api.example.com")
	for _, every := range []time.Duration{time.Second, 10 * time.Second} { // between logins
		synctest.Test(t, func(t *testing.T) {
			l := newLink(t, certificate)
			nodes := []*Client{l.client(roots), l.client(roots), l.client(roots)}
			const logins = 90
			slow := 0
			for n := range logins {
				nodes[n%3].DialAhead(1)
				time.Sleep(200 * time.Millisecond)
				begun := time.Now()
				// Never the node of the start, and the nodes in no regular order.
				if err := silentLogin(nodes[(n+1+n/3%2)%3]); err != nil {
					t.Fatal(err)
				}
				if time.Since(begun) != roundTripTime {
					slow++
				}
				time.Sleep(every)
			}
			if slow > len(nodes) {
				t.Errorf("rule: with a login every %v each node has a connection ready: %d of %d logins waited for one", every, slow, logins)
			}
			if dials, open, codes, _ := l.seen(); codes != logins || open > len(nodes)*aheadMax || dials > logins*3/2+len(nodes) {
				t.Errorf("rule: what is kept ready for other nodes costs little: %d dials for %d logins, %d open", dials, logins, open)
			}
		})
	}
}

func TestPrefetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		u.takes = 50 * time.Millisecond
		token := u.node(t, AccountTokenConfig{})
		for range 1000 {
			token.Prefetch()
		}
		synctest.Wait()
		time.Sleep(u.takes)
		synctest.Wait()
		counts(t, "a thousand starts fetch one token", u, "stable")
		token.Prefetch()
		time.Sleep(time.Second)
		counts(t, "a token that is there is not fetched", u, "stable")
		u.fails(errDown)
		time.Sleep(maxLife - renewBefore)
		for range 100 {
			token.Prefetch()
			time.Sleep(100 * time.Millisecond)
		}
		counts(t, "a fetch that failed counts for the starts after it, too", u, "stable", "stable")
		want(t, "and the old token stays in use", token, 1)
		token.Close()
		time.Sleep(failureLifeCalm)
		token.Prefetch()
		synctest.Wait()
		counts(t, "after Close nothing is fetched", u, "stable", "stable")
	})
}

func TestAFloodOfStartsDialsAFewASecond(t *testing.T) {
	certificate, roots := newCertificate(t, "api.example.com")
	tests := []struct {
		rule   string
		change func(*link)
		most   int
	}{
		{"100,000 starts in 10 s open what is kept ready", func(*link) {}, aheadMax},
		{"while every dial fails, no more than a few a second", func(l *link) { l.refuse = func(int) error { return errDown } }, aheadBurst + 10*aheadRate},
		{"while WeChat closes every connection at once, the same", func(l *link) {
			l.meddle = func(_ int, server net.Conn) bool { server.Close(); return true }
		}, aheadBurst + 10*aheadRate},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(t, certificate)
			tt.change(l)
			c := l.client(roots)
			for range 100_000 {
				c.DialAhead(2)
				time.Sleep(100 * time.Microsecond)
			}
			if dials, open, _, _ := l.seen(); dials > tt.most || dials < aheadBurst || open > aheadMax {
				t.Errorf("rule: %s: %d dials, at most %d; %d open", tt.rule, dials, tt.most, open)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, certificate)
		c := l.client(roots)
		for range 20 * 10 { // 20 logins a second for 10 s
			c.DialAhead(1)
			time.Sleep(50 * time.Millisecond)
		}
		if dials, open, _, _ := l.seen(); dials > aheadMax || open > aheadMax {
			t.Errorf("rule: starts without logins are a flood: %d dials", dials)
		}
		for range 100 {
			c.DialAhead(1)
			if err := silentLogin(c); err != nil {
				t.Error(err)
			}
		}
		if dials, _, codes, _ := l.seen(); codes != 100 || dials < 100 || dials > 100+2*aheadMax {
			t.Errorf("rule: logins that succeed pay for the dials of the next: %d dials for %d logins", dials, codes)
		}
	})
}

// A busy site logs more people in than a flood of starts may dial for.
func TestLoginsThatSucceedPayForTheNext(t *testing.T) {
	certificate, roots := newCertificate(t, "api.example.com")
	synctest.Test(t, func(t *testing.T) {
		c := newLink(t, certificate).client(roots)
		slow := 0
		for range 50 {
			c.DialAhead(2)
			time.Sleep(200 * time.Millisecond)
			begun := time.Now()
			if err := promptLogin(c); err != nil {
				t.Fatal(err)
			}
			if time.Since(begun) != 2*roundTripTime {
				slow++
			}
		}
		if slow > 0 {
			t.Errorf("rule: with 3 prompted logins a second each finds its connections: %d did not", slow)
		}
	})
}

func TestNothingIsLeftOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const logins = 10_000
		l := newLink(t, nil)
		c := l.client(nil)
		c.DialAhead(4)
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		goroutines := runtime.NumGoroutine() // with 4 connections, which is what a prompted login needs at most
		for n := range logins {
			login, calls := silentLogin, 1
			if n%10 == 0 {
				login, calls = promptLogin, 2
			}
			c.DialAhead(calls)
			time.Sleep(200 * time.Millisecond)
			if err := login(c); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if _, open, _, _ := l.seen(); open > aheadMax || runtime.NumGoroutine() > goroutines+20 {
				t.Fatalf("rule: connections and goroutines stay a handful: %d and %d after %d logins", open, runtime.NumGoroutine(), n)
			}
		}
		if dials, _, codes, other := l.seen(); codes != logins || other != logins/10 || dials > codes+other+2*aheadMax+60 {
			// One that is kept ready and not used is opened anew every minute.
			t.Errorf("rule: one connection, one call: %d dials for %d calls", dials, codes+other)
		}
		time.Sleep(aheadLife + time.Second)
		if _, open, _, _ := l.seen(); open != 0 {
			t.Errorf("rule: a minute later nothing is open: %d", open)
		}
		c.DialAhead(4)
		time.Sleep(time.Second)
		c.DialAhead(4) // these are opening while Close comes
		c.Close()
		synctest.Wait()
		if _, open, _, _ := l.seen(); open != 0 {
			t.Errorf("rule: after Close nothing is open: %d", open)
		}
		c.Close()
	})
}

func TestTLSSessionsAreResumed(t *testing.T) {
	certificate, roots := newCertificate(t, "api.example.com")
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, certificate)
		c := l.client(roots)
		for range 10 {
			c.DialAhead(1)
			time.Sleep(200 * time.Millisecond)
			if err := silentLogin(c); err != nil {
				t.Fatal(err)
			}
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.resumed < 9 {
			t.Errorf("rule: TLS sessions are resumed: %d of 10", l.resumed)
		}
	})
}
