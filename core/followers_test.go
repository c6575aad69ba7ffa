package core

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed467724c4/wechat/core/internal/follow"
	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxapi"
	"github.com/seed467724c4/wechat/core/wxsim"
)

func TestAMessageChangesWhoFollowsAtOnce(t *testing.T) {
	r := newRig(t)
	p := r.poster(push.Config{})
	b, g := members(r)
	if b.user(g, "/members") != nil {
		t.Fatal("a stranger came in")
	}
	calls := r.sim.Calls(wxsim.PathFollower)
	at := r.now()
	for i, tt := range []struct {
		rule  string
		event string
		want  bool
	}{
		{"who follows comes in at once", "subscribe", true},
		{"who leaves is out at once", "unsubscribe", false},
		{"who comes back is in at once", "subscribe", true},
	} {
		p.post(event(b.openID(), tt.event, "", at.Add(time.Duration(i)*time.Second)))
		if in := b.user(g, "/members") != nil; in != tt.want {
			t.Errorf("rule: %s: %t", tt.rule, in)
		}
	}
	if n := r.sim.Calls(wxsim.PathFollower) - calls; n != 0 {
		t.Errorf("rule: after a follow message there is no look-up: %d calls", n)
	}
	p.post(event(b.openID(), "unsubscribe", "old", at.Add(-time.Minute)))
	if b.user(g, "/members") == nil {
		t.Error("rule: a message that arrives after a later one changes nothing")
	}
}

func TestAMessageWinsOverALookUpUnderWay(t *testing.T) {
	r := newRig(t)
	p := r.poster(push.Config{})
	b, g := members(r)
	b.follows(true)
	release := make(chan struct{})
	r.sim.Fail(wxsim.PathFollower, wxsim.Fault{Times: 1, Wait: release})
	passed := make(chan bool)
	tab := *b
	go func() { passed <- tab.user(g, "/members") != nil }()
	for r.sim.Calls(wxsim.PathFollower) == 0 {
		runtime.Gosched()
	}
	r.advance(time.Second)
	p.post(event(b.openID(), "unsubscribe", "", r.now()))
	close(release)
	if <-passed {
		t.Error("rule: who left while WeChat was asked is out, whatever WeChat said before")
	}
}

func TestAMessageToOneNodeWinsOverALookUpOfAnother(t *testing.T) {
	shared := session.NewMemory()
	r := newRig(t, func(c *Config) { c.Cache = shared })
	p := r.poster(push.Config{})
	other := r.instance(func(c *Config) { c.Cache = shared })
	b := r.browser()
	b.follows(true)
	release := make(chan struct{})
	r.sim.Fail(wxsim.PathFollower, wxsim.Fault{Times: 1, Wait: release})
	follows := make(chan bool)
	go func() {
		yes, _ := other.Follows(context.Background(), b.openID())
		follows <- yes
	}()
	for r.sim.Calls(wxsim.PathFollower) == 0 {
		runtime.Gosched()
	}
	r.advance(time.Second)
	p.post(event(b.openID(), "unsubscribe", "", r.now()))
	close(release)
	if <-follows {
		t.Error("rule: a message to one node counts for a look-up in progress on another")
	}
	if yes, _ := r.instance(func(c *Config) { c.Cache = shared }).Follows(context.Background(), b.openID()); yes {
		t.Error("rule: a look-up does not overwrite what a message said")
	}
}

func TestFollowersAreAskedAboutOnce(t *testing.T) {
	var people []wxsim.Person
	for i := range 20 {
		people = append(people, wxsim.Person{ID: "p" + strconv.Itoa(i), Follows: true})
	}
	r := newRigOf(t, people)
	g := r.gate(ModeRequire, MustFollow)
	var visits sync.WaitGroup
	for _, p := range people {
		b := r.browser()
		b.person = p.ID
		b.login(r.gate(ModeRequire), "/me")
		for range 10 {
			tab := *b
			visits.Go(func() {
				if out := tab.get(g, "/members"); out.Status != 0 {
					t.Errorf("rule: followers come in: %d %v", out.Status, out.Err)
				}
			})
		}
	}
	visits.Wait()
	tokens, infos := r.sim.Calls(wxsim.PathStableToken), r.sim.Calls(wxsim.PathFollower)
	if tokens != 1 || infos != 20 {
		t.Errorf("rule: 200 requests of 20 followers are 1 token call and 20 user/info calls: %d, %d", tokens, infos)
	}
	t.Logf("200 requests of 20 followers: %d token call, %d user/info calls", tokens, infos)
}

func TestOtherNodesHearOfAFollowSoon(t *testing.T) {
	shared := session.NewMemory()
	r := newRig(t, func(c *Config) { c.Cache = shared; c.Sessions = manager(shared) })
	p := r.poster(push.Config{})
	b, g := members(r)
	other := NewGate(ModeRequire, r.instance(func(c *Config) { c.Cache = shared; c.Sessions = manager(shared) }), MustFollow)
	if b.user(g, "/members") != nil || b.user(other, "/members") != nil {
		t.Fatal("a stranger came in")
	}
	calls := r.sim.Calls(wxsim.PathFollower)
	p.post(event(b.openID(), "subscribe", "", r.now()))
	if b.user(g, "/members") == nil {
		t.Error("rule: the node that received the message knows at once")
	}
	r.advance(follow.LookAgain)
	if follow.LookAgain > 5*time.Second || b.user(other, "/members") == nil || r.sim.Calls(wxsim.PathFollower) != calls {
		t.Errorf("rule: the others know within 5 seconds, and do not ask WeChat: %d calls", r.sim.Calls(wxsim.PathFollower)-calls)
	}
	p.post(event(b.openID(), "unsubscribe", "", r.now().Add(time.Second)))
	r.advance(follow.LookAgain)
	if b.user(other, "/members") != nil {
		t.Error("rule: the others know within 5 seconds who has left")
	}
}

func TestAYesOfAnotherNodeHasItsTime(t *testing.T) {
	shared := session.NewMemory() // which goes by the real clock, and so keeps values too long
	r := newRig(t, func(c *Config) { c.Cache = shared })
	b := r.browser()
	b.follows(true)
	if yes, err := r.auth.Follows(context.Background(), b.openID()); !yes || err != nil {
		t.Fatal(yes, err)
	}
	b.follows(false)
	r.advance(follow.YesLife)
	if yes, _ := r.instance(func(c *Config) { c.Cache = shared }).Follows(context.Background(), b.openID()); yes {
		t.Error("rule: a yes that another node heard is remembered for 5 minutes, whatever the store keeps")
	}
}

func TestAuthTellsWhoFollows(t *testing.T) {
	r := newRig(t)
	b := r.browser()
	b.follows(true)
	ctx := context.Background()
	if yes, err := r.auth.Follows(ctx, b.openID()); !yes || err != nil {
		t.Errorf("rule: the app can ask too: %t %v", yes, err)
	}
	who, err := r.auth.Follower(ctx, b.openID())
	if err != nil || !who.Subscribed || who.UnionID == "" || who.SubscribedAt.IsZero() {
		t.Errorf("rule: Follower returns union id and time: %+v %v", who, err)
	}
	if _, err := r.auth.Follows(ctx, "oStranger_1"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("rule: an openid of another account is no answer: %v", err)
	}
	if token, err := r.auth.AccountToken().Token(ctx); token == "" || err != nil || r.sim.Calls(wxsim.PathStableToken) != 1 {
		t.Errorf("rule: the account's token is the app's to use, and fetched once: %v", err)
	}
	left, cancel := context.WithCancel(ctx)
	cancel()
	release := make(chan struct{})
	defer close(release)
	r.sim.Fail(wxsim.PathFollower, wxsim.Fault{Times: 1, Wait: release})
	if _, err := r.auth.Follows(left, r.sim.OpenID(testAppID, "jun")); !errors.Is(err, context.Canceled) {
		t.Errorf("rule: who leaves does not wait: %v", err)
	}
}

func TestWhatIsOldIsSwept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, err := newAuth(Config{AppID: testAppID, AppSecret: testSecret, KeepTokens: true, Logger: slog.New(slog.DiscardHandler)}, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		a.followers.Heard(t.Context(), "oAlice_1", true, time.Now())
		a.tokens.keep(t.Context(), testAppID, &wxapi.Token{OpenID: "oAlice_1", RefreshToken: "59_token"})
		a.sweeper.wake()
		time.Sleep(refreshTokenLife + 2*sweepEvery) // the clock of synctest: nobody waits
		synctest.Wait()
		kept := a.tokens.memory.Held()
		if n := a.followers.Len() + kept; n != 0 {
			t.Errorf("rule: messages, followers and tokens that are over are forgotten: %d left", n)
		}
	})
}
