package main

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// crowd are visitors who click on and on while something happens to the cluster.
type crowd struct {
	world    *world
	visitors []*visitor
	act      func(v *visitor, click int) error
	stop     chan struct{}
	clickers sync.WaitGroup
	clicks   atomic.Int64
	mu       sync.Mutex
	failures []error
}

// click starts a crowd, of which some click at once, each visitor one click at a time.
func (w *world) click(t testing.TB, all []*visitor, atOnce int, act func(v *visitor, click int) error) *crowd {
	t.Helper()
	c := &crowd{world: w, visitors: all, act: act, stop: make(chan struct{})}
	for part := range atOnce {
		c.clickers.Go(func() { c.clickUntilStopped(part, atOnce) })
	}
	t.Cleanup(c.end)
	return c
}

func (c *crowd) clickUntilStopped(part, of int) {
	for click := 0; ; click++ {
		for i := part; i < len(c.visitors); i += of {
			select {
			case <-c.stop:
				return
			default:
			}
			if err := c.act(c.visitors[i], click); err != nil {
				c.mu.Lock()
				c.failures = append(c.failures, fmt.Errorf("visitor %d, click %d: %w", i, click, err))
				c.mu.Unlock()
			}
			c.clicks.Add(1)
		}
	}
}

func (c *crowd) end() {
	select {
	case <-c.stop:
	default:
		close(c.stop)
	}
	c.clickers.Wait()
}

// awaitClicks waits for further clicks, so that every visitor has met the present state
// of things.
func (c *crowd) awaitClicks(t testing.TB, n int) {
	t.Helper()
	until := c.clicks.Load() + int64(n)
	if !await(func() bool { return c.clicks.Load() >= until }) {
		t.Fatal("the crowd does not click any more")
	}
}

// report ends the crowd and reports what it met.
func (c *crowd) report(t testing.TB, rule string) {
	t.Helper()
	c.end()
	for i, err := range c.failures {
		if i == 5 {
			t.Errorf("rule: %s; %d failures of %d clicks in all", rule, len(c.failures), c.clicks.Load())
			break
		}
		t.Errorf("rule: %s; %v", rule, err)
	}
}

// forget makes the visitor's browser a new one, which knows no site yet.
func (v *visitor) forget() error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	wechat, err := url.Parse(v.world.wechat)
	if err != nil {
		return err
	}
	jar.SetCookies(wechat, []*http.Cookie{{Name: "wxsim_person", Value: v.person, Path: "/"}})
	v.client.Jar = jar
	return nil
}

func clicked(click int) string { return "/me?click=" + strconv.Itoa(click) }
