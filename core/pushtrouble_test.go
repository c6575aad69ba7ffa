package core

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/follow"
	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxapi"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// badlyMade is a store, and a way to WeChat, that an app made badly.
type badlyMade struct{ scs.Store }

func (badlyMade) Find(string) ([]byte, bool, error)               { panic("secret of the app's") }
func (badlyMade) Commit(string, []byte, time.Time) error          { panic("secret of the app's") }
func (badlyMade) RoundTrip(*http.Request) (*http.Response, error) { panic("secret of the app's") }

func TestAPanicEndsNothing(t *testing.T) {
	r := newRig(t, func(c *Config) { c.HTTPClient = &http.Client{Transport: badlyMade{}} })
	if _, err := r.auth.Follows(context.Background(), "oAlice_1"); !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), "secret") {
		t.Errorf("rule: a panic on the way to WeChat is an error: %v", err)
	}
	r = newRig(t, keepTokens, func(c *Config) { c.Cache = badlyMade{} })
	if _, err := r.auth.RefreshProfile(context.Background(), &User{AppID: testAppID, OpenID: "oAlice_1"}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("rule: a panic in the cache is an error: %v", err)
	}
	if w := r.poster(push.Config{}).post(event("oAlice_1", "subscribe", "", r.now())); w.Code != 200 {
		t.Errorf("rule: a cache that panics is a cache that is down, and the message is taken: %d", w.Code)
	}
}

func TestWhoLeavesDoesNotOpenTheDoor(t *testing.T) {
	r := newRig(t)
	b, g := members(r, MustFollowUnlessDown)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	late, end := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer end()
	for i := range 20 {
		r.advance(follow.YesLife)
		out := g.Handle([]context.Context{gone, late}[i%2], &Request{Method: "POST", Target: "/members", Host: b.host, TLS: true, Header: with("User-Agent", b.ua, "Cookie", cookieLine(b))})
		if out.Status == 0 {
			t.Fatal("rule: a visitor who hangs up does not come in by it")
		}
	}
}

func TestOldNewsLetsNobodyIn(t *testing.T) {
	start := func(t *testing.T) (r *rig, p *poster, b *browser, g *Gate, made time.Time) {
		r = newRig(t)
		b, g = members(r)
		return r, r.poster(push.Config{}), b, g, r.now()
	}
	t.Run("a follow that comes after a later unfollow and a look-up", func(t *testing.T) {
		r, p, b, g, made := start(t)
		r.advance(2 * time.Second)
		p.post(event(b.openID(), "unsubscribe", "", r.now()))
		r.advance(follow.NoLife)
		if b.user(g, "/members") != nil {
			t.Fatal("a stranger came in")
		}
		r.advance(-3 * time.Second) // no time goes by for the message
		p.post(event(b.openID(), "subscribe", "", made))
		r.advance(4 * time.Second)
		if b.user(g, "/members") != nil {
			t.Error("rule: an earlier message that comes later lets nobody in")
		}
	})
	t.Run("a follow that comes late, without any other message", func(t *testing.T) {
		r, p, b, g, made := start(t)
		r.advance(follow.FreshMessage + time.Second)
		calls := r.sim.Calls(wxsim.PathFollower)
		p.post(event(b.openID(), "subscribe", "", made))
		if b.user(g, "/members") != nil || r.sim.Calls(wxsim.PathFollower) != calls+1 {
			t.Errorf("rule: an old message only has WeChat asked again: %d calls", r.sim.Calls(wxsim.PathFollower)-calls)
		}
	})
	t.Run("an unfollow that comes late", func(t *testing.T) {
		r, p, b, g, made := start(t)
		b.follows(true)
		r.advance(follow.NoLife)
		if b.user(g, "/members") == nil {
			t.Fatal("a follower stayed out")
		}
		b.follows(false)
		r.advance(follow.FreshMessage)
		p.post(event(b.openID(), "unsubscribe", "", made))
		if b.user(g, "/members") != nil {
			t.Error("rule: an old message has WeChat asked again")
		}
	})
	t.Run("a message that comes late, while WeChat is asked", func(t *testing.T) {
		r, p, b, _, made := start(t)
		b.follows(true)
		r.advance(follow.FreshMessage + time.Second)
		release, follows := make(chan struct{}), make(chan bool)
		r.sim.Fail(wxsim.PathFollower, wxsim.Fault{Times: 1, Wait: release})
		r.sim.ResetCalls()
		go func() {
			yes, _ := r.auth.Follows(context.Background(), b.openID())
			follows <- yes
		}()
		for r.sim.Calls(wxsim.PathFollower) == 0 {
			runtime.Gosched()
		}
		r.advance(time.Second)
		p.post(event(b.openID(), "unsubscribe", "", made))
		close(release)
		if !<-follows {
			t.Error("rule: an old message is no answer; what WeChat says meanwhile is")
		}
	})
	t.Run("for other nodes, too", func(t *testing.T) {
		shared := session.NewMemory()
		r := newRig(t, func(c *Config) { c.Cache = shared })
		b := r.browser()
		b.follows(true)
		ctx := context.Background()
		if yes, _ := r.auth.Follows(ctx, b.openID()); !yes {
			t.Fatal("a follower stayed out")
		}
		b.follows(false)
		made := r.now()
		r.advance(follow.FreshMessage + time.Second)
		r.poster(push.Config{}).post(event(b.openID(), "unsubscribe", "", made))
		if yes, _ := r.instance(func(c *Config) { c.Cache = shared }).Follows(ctx, b.openID()); yes {
			t.Error("rule: an old message has every node ask again")
		}
	})
}

func TestCloseHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &logBook{}
		r := &rig{t: t, time: time.Unix(1_800_000_000, 0)}
		var err error
		r.auth, err = newAuth(Config{AppID: testAppID, AppSecret: testSecret, Logger: slog.New(slog.NewTextHandler(log, nil))}, r.now)
		if err != nil {
			t.Fatal(err)
		}
		goOn := make(chan struct{})
		p := r.poster(push.Config{OnFollow: func(context.Context, push.FollowEvent) error {
			<-goOn // heeds no context
			return nil
		}})
		for i := range 3 {
			p.post(event("oAlice_1", "subscribe", "", r.now().Add(time.Duration(i)*time.Second)))
		}
		began := time.Now()
		r.auth.Close()
		if took := time.Since(began); took != closePatience || !strings.Contains(log.String(), "messages=2") {
			t.Errorf("rule: Close waits 10 s for hooks and logs how many messages reached none: %v, %s", took, log)
		}
		close(goOn)
	})
}

func TestOtherNodesDoNotWaitForHooks(t *testing.T) {
	shared := session.NewMemory()
	r := newRig(t, func(c *Config) { c.Cache = shared })
	goOn := make(chan struct{})
	p := r.poster(push.Config{OnMessage: func(context.Context, push.Message) error { <-goOn; return nil }})
	b := r.browser()
	p.post(event(b.openID(), "CLICK", "", r.now()))
	p.post(event(b.openID(), "subscribe", "", r.now()))
	other := r.instance(func(c *Config) { c.Cache = shared })
	if yes, err := other.Follows(context.Background(), b.openID()); !yes || err != nil || r.sim.Calls(wxsim.PathFollower) != 0 {
		t.Errorf("rule: the other nodes hear who follows, whatever hooks are busy with: %t %v", yes, err)
	}
	close(goOn)
}

func TestWhatCanBeNoOpenIDIsNoOutage(t *testing.T) {
	r := newRig(t)
	if _, err := r.auth.Follows(context.Background(), "o'; drop table"); !errors.Is(err, wxapi.ErrToken) || errors.Is(err, ErrUnavailable) {
		t.Errorf("rule: what can be no openid is no outage: %v", err)
	}
}

// repeating fails every call with its URL, as some proxies' clients do.
type repeating struct{}

func (repeating) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, errors.New("GET " + r.URL.String() + ": broken")
}

func TestNoWholeOpenIDIsLogged(t *testing.T) {
	const openID = "oAlice_1_whole_and_long"
	r := newRig(t, func(c *Config) {
		c.HTTPClient = &http.Client{Transport: repeating{}}
		c.AccountToken = func(context.Context, string) (string, time.Duration, error) {
			return "92_token-of-a-server-of-the-apps-own-1", time.Hour, nil
		}
	})
	_, err := r.auth.Follows(context.Background(), openID)
	_, err2 := r.auth.Followers(context.Background(), openID)
	if told := r.log.String() + err.Error() + err2.Error(); strings.Contains(told, openID) || !strings.Contains(told, "broken") {
		t.Errorf("rule: neither log nor error holds a whole openid: %s", told)
	}
	for range 5 {
		r.auth.Follows(context.Background(), openID)
	}
	if n := strings.Count(r.log.String(), "whether a visitor follows"); n != 1 {
		t.Errorf("rule: trouble is logged once per look-up, not per request: %d", n)
	}
}

func TestAuthFollowers(t *testing.T) {
	r := newRig(t)
	b := r.browser()
	b.follows(true)
	jun := r.sim.OpenID(testAppID, "jun")
	list, err := r.auth.Followers(context.Background(), jun, b.openID())
	if err != nil || len(list) != 2 || list[0].OpenID != jun || list[0].Subscribed || !list[1].Subscribed {
		t.Errorf("rule: many are asked about at once, in their order: %+v %v", list, err)
	}
	r.sim.Fail(wxsim.PathFollowers, wxsim.Fault{Code: 40003, Message: "no " + jun})
	if _, err := r.auth.Followers(context.Background(), jun); err == nil || strings.Contains(err.Error(), jun) {
		t.Errorf("rule: no error holds a whole openid: %v", err)
	}
}
