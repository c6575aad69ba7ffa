package main

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim"
)

func TestNodesThatAreKilledDuringLogins(t *testing.T) {
	n := many(1000, 150)
	pause := 2 * time.Second
	if !long() {
		pause = 300 * time.Millisecond
	}
	w := newWorld(t, options{people: n})
	done := make(chan struct{})
	kills := make(chan int)
	go func() {
		count := 0
		for {
			select {
			case <-done:
				kills <- count
				return
			case <-time.After(pause):
			}
			victim := w.nodes[count%3]
			victim.kill()
			if err := victim.launch(); err != nil || !victim.ready() {
				t.Error("the node does not start again: ", err, victim.log.String())
			}
			count++
		}
	}()
	began := time.Now()
	each(t, "nobody sees an error page, another person's page or another address while nodes are killed", w.visitors(t, n), 4,
		func(i int, v *visitor) error { return v.arrives(ownPage(i)) })
	close(done)
	count := <-kills
	t.Logf("%d logins in %v, %d nodes killed, %d exchanges", n, time.Since(began).Round(time.Millisecond), count, w.Calls(wxsim.PathAccessToken))
	if count == 0 {
		t.Error("rule: nodes are killed during the logins; it was too short for one")
	}
}

func TestNodesThatAreRestartedOneByOneUnderClicks(t *testing.T) {
	users, rounds := many(200, 40), many(10, 2)
	w := newWorld(t, options{people: users})
	var browsers atomic.Int64
	crowd := w.click(t, w.visitors(t, users), 12, func(v *visitor, click int) error {
		if click%10 == 0 { // so that logins are always under way
			if err := v.forget(); err != nil {
				return err
			}
			browsers.Add(1)
		}
		return v.arrives(clicked(click))
	})
	for range rounds {
		for _, n := range w.nodes {
			crowd.awaitClicks(t, users/2)
			n.stop()
			crowd.awaitClicks(t, 5)
			n.start(t)
			n.awaitReady(t)
		}
	}
	crowd.awaitClicks(t, users)
	crowd.report(t, "a rolling restart is not noticed")
	if got := w.Calls(wxsim.PathAuthorize); got != int(browsers.Load()) {
		t.Errorf("rule: no session and no login is lost; %d visits to WeChat for %d new browsers", got, browsers.Load())
	}
	t.Logf("%d restarts, %d clicks, %d logins", rounds*len(w.nodes), crowd.clicks.Load(), browsers.Load())
}

func TestOneNodeWithoutRedisThatIsRestartedDuringLogins(t *testing.T) {
	n := many(200, 60)
	w := newWorld(t, options{people: n, frameworks: []string{"gin"}, noRedis: true})
	var arrived atomic.Int64
	half := make(chan struct{})
	restarted := make(chan struct{})
	go func() {
		defer close(restarted)
		<-half
		w.nodes[0].stop()
		if err := w.nodes[0].launch(); err != nil || !w.nodes[0].ready() {
			t.Error("the node does not start again: ", err, w.nodes[0].log.String())
		}
	}()
	all := w.visitors(t, n)
	each(t, "a login over a restart of the only node comes to its end", all, 8, func(i int, v *visitor) error {
		err := v.persists(ownPage(i))
		if arrived.Add(1) == int64(n/2) {
			close(half)
		}
		return err
	})
	<-restarted
	each(t, "who was logged in before the restart is again, without a question", all, 8, func(i int, v *visitor) error {
		return v.persists(ownPage(i))
	})
}
