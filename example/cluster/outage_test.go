package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// outageTime is how long Redis is away.
func outageTime() time.Duration {
	if long() {
		return 20 * time.Second
	}
	return 1500 * time.Millisecond
}

// answerWithin is how long a visitor may wait for a clear answer while Redis is away: the
// library gives each command 500 ms, and a callback needs up to three. With go-redis's
// defaults a page would take 6 to 10 s.
const answerWithin = 2500 * time.Millisecond

// outage is a world whose visitors are logged in, and others who come while Redis is away.
type outage struct {
	*world
	known, strangers []*visitor
	away             atomic.Bool
	refused, served  atomic.Int64
}

func newOutage(t *testing.T, o options) *outage {
	t.Helper()
	users := many(60, 20)
	o.people = 2 * users
	w := newWorld(t, o)
	all := w.visitors(t, 2*users)
	out := &outage{world: w, known: all[:users], strangers: all[users:]}
	each(t, "everybody can log in", out.known, 8, func(_ int, v *visitor) error { return v.arrives("/me") })
	return out
}

// click is one click while Redis is or was away: the visitor's own page, or a clear 503
// without a protected byte, which leaves the cookies alone and leads nowhere.
func (o *outage) click(v *visitor, path string) error {
	cookies := len(v.client.Jar.Cookies(siteURL(o.world)))
	began := time.Now()
	p, err := v.open(path)
	took := time.Since(began)
	switch {
	case err != nil:
		return err
	case p.status == http.StatusOK:
		o.served.Add(1)
		return v.sees(p, path)
	case p.status != http.StatusServiceUnavailable:
		return fmt.Errorf("%d at %s", p.status, v.shown(p))
	case p.header.Get("Retry-After") == "":
		return errors.New("503 without Retry-After")
	case p.openID() != "" || strings.Contains(p.body, `data-page="me"`):
		return errors.New("a 503 with a protected page")
	case len(v.client.Jar.Cookies(siteURL(o.world))) < cookies:
		return errors.New("a 503 that takes cookies away")
	case o.away.Load() && took > answerWithin:
		return fmt.Errorf("a 503 after %v, more than the configured times allow", took.Round(time.Millisecond))
	}
	o.refused.Add(1)
	return nil
}

// during lets everybody click while Redis is away, and checks what must hold afterwards.
// logins says that people without a session come, too.
func (o *outage) during(t *testing.T, takeAway, bringBack func()) {
	t.Helper()
	o.ResetCalls()
	crowd := o.world.click(t, o.known, 8, func(v *visitor, click int) error { return o.click(v, clicked(click)) })
	crowd.awaitClicks(t, len(o.known))
	takeAway()
	o.away.Store(true)
	gone := time.Now()
	met := o.refused.Load() // of a click that was under way
	each(t, "who comes while Redis is away is told so, and is not sent around", o.strangers, 8, func(_ int, v *visitor) error {
		return o.click(v, "/me")
	})
	if went := o.Calls(wxsim.PathAuthorize); went > len(o.strangers) {
		t.Errorf("rule: nobody is sent to WeChat in a loop; %d visits of %d people", went, len(o.strangers))
	}
	await(func() bool { return time.Since(gone) > outageTime() }) // how long the outage is, not how long the test waits for something
	t.Logf("away for %v: %d pages refused, %d served", time.Since(gone).Round(time.Millisecond), o.refused.Load()-met, o.served.Load())
	o.away.Store(false)
	bringBack()
	// go-redis dials a Redis that was away once a second, each node for itself.
	for _, n := range o.nodes {
		if !await(func() bool { return o.known[0].seenAt(t, n, "/me") != "" }) {
			t.Fatal("rule: every node finds Redis again by itself; this one does not: ", n.framework)
		}
	}
	crowd.awaitClicks(t, len(o.known))
	crowd.report(t, "an outage of Redis shows as a clear 503 and nothing else")
	went := o.Calls(wxsim.PathAuthorize)
	each(t, "nobody is logged out by an outage", o.known, 8, func(_ int, v *visitor) error { return v.arrives("/me?after=1") })
	if more := o.Calls(wxsim.PathAuthorize) - went; more != 0 {
		t.Errorf("rule: nobody is logged out by an outage; %d had to log in again", more)
	}
	each(t, "who could not log in during the outage can afterwards", o.strangers, 8, func(_ int, v *visitor) error { return v.arrives("/me?after=2") })
}

func TestRedisIsKilled(t *testing.T) {
	o := newOutage(t, options{})
	o.during(t, o.redis.kill, func() { o.redis.start(t) })
	if o.refused.Load() == 0 {
		t.Error("rule: without Redis there are no pages")
	}
}

func TestRedisHangs(t *testing.T) {
	o := newOutage(t, options{})
	o.during(t, o.redis.hang, o.redis.resume)
	if o.refused.Load() == 0 {
		t.Error("rule: without Redis there are no pages")
	}
}

// A Redis that answers after the deadline must not hand one visitor's answer to another.
func TestRedisStuttersAndMixesUpNobody(t *testing.T) {
	o := newOutage(t, options{})
	crowd := o.world.click(t, o.known, 16, func(v *visitor, click int) error { return o.click(v, clicked(click)) })
	for range many(40, 3) {
		crowd.awaitClicks(t, len(o.known))
		refused := o.refused.Load()
		o.redis.hang()
		await(func() bool { return o.refused.Load() >= refused+8 })
		o.redis.resume()
	}
	crowd.awaitClicks(t, len(o.known))
	crowd.report(t, "late answers of Redis are nobody's")
	if o.refused.Load() == 0 {
		t.Error("rule: deadlines end commands of a Redis that hangs")
	}
}

func TestRedisIsFull(t *testing.T) {
	o := newOutage(t, options{})
	set := func(value string) func() {
		return func() {
			if err := o.redis.client.ConfigSet(context.Background(), "maxmemory", value).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	set("1")()
	refused := o.refused.Load()
	each(t, "who is logged in goes on while Redis is full", o.known, 8, func(_ int, v *visitor) error { return v.arrives("/me?full=1") })
	if o.refused.Load() != refused {
		t.Error("rule: a logged-in request writes nothing")
	}
	set("0")()
	o.during(t, set("1"), set("0"))
	if o.refused.Load() == 0 {
		t.Error("rule: without room in Redis nobody logs in")
	}
}

func TestRedisFailsOverToAReplica(t *testing.T) {
	master := startRedis(t)
	_, port, _ := strings.Cut(master.address, ":")
	replica := startRedis(t, "--replicaof", "127.0.0.1 "+port)
	sentinel := startSentinel(t, master)
	o := newOutage(t, options{redis: master, settings: map[string]string{
		"REDIS_URL": "redis://cluster/0", "REDIS_SENTINELS": sentinel.address,
	}})
	if err := master.client.Wait(context.Background(), 1, time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	o.during(t, master.kill, func() {
		if !await(func() bool { return replica.client.Do(context.Background(), "SET", "writable", "1").Err() == nil }) {
			t.Fatal("Sentinel does not promote the replica")
		}
	})
}

func TestRedisIsReplacedByAnEmptyOne(t *testing.T) {
	o := newOutage(t, options{})
	o.redis.kill()
	if err := os.RemoveAll(o.redis.folder + "/appendonlydir"); err != nil {
		t.Fatal(err)
	}
	o.redis.start(t)
	o.ResetCalls()
	each(t, "with an empty Redis everybody comes in again", o.known, 8, func(_ int, v *visitor) error { return v.persists("/me?empty=1") })
	if went := o.Calls(wxsim.PathAuthorize); went != len(o.known) {
		t.Errorf("rule: with an empty Redis each visitor logs in again once, without a question; %d visits of %d people", went, len(o.known))
	}
}

// What lies in Redis may be older, foreign or broken.
func TestARecordThatCannotBeReadIsNoSession(t *testing.T) {
	o := newOutage(t, options{})
	ctx := context.Background()
	keys, err := o.redis.client.Keys(ctx, "wechat:session:*").Result()
	if err != nil || len(keys) < len(o.known) {
		t.Fatal(len(keys), err)
	}
	for i, key := range keys {
		value, err := o.redis.client.Get(ctx, key).Result()
		if err != nil {
			t.Fatal(err)
		}
		// Only their own bytes are cut: another visitor's are 503, and never a login.
		broken := []string{"", "\x00", "x", "\x01", strings.Repeat("\xff", 300), `{"openid":"o"}`,
			value[:1], value[:2], value[:10], value[:len(value)/2], value[:len(value)-1]}
		if err := o.redis.client.Set(ctx, key, broken[i%len(broken)], time.Hour).Err(); err != nil {
			t.Fatal(err)
		}
	}
	o.ResetCalls()
	each(t, "a record that cannot be read is no session and no error page", o.known, 8, func(_ int, v *visitor) error { return v.arrives("/me?broken=1") })
	if went := o.Calls(wxsim.PathAuthorize); went != len(o.known) {
		t.Errorf("rule: each visitor whose record cannot be read logs in again once; %d visits of %d people", went, len(o.known))
	}
}
