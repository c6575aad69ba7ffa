package wxsim

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestNobodyFollowsAtFirst(t *testing.T) {
	g := newRig(t)
	for _, p := range DefaultPeople() {
		if g.Following(app, p.ID) {
			t.Errorf("rule: by default nobody follows; %s does", p.ID)
		}
	}
	g = newRig(t, func(c *Config) { c.People = []Person{{ID: "a", Follows: true}, {ID: "b"}} })
	if !g.Following(app, "a") || !g.Following(otherApp, "a") || g.Following(app, "b") {
		t.Error("rule: Person.Follows makes a follower of every account")
	}
}

func TestSetFollowing(t *testing.T) {
	g, v := pushRig(t, "")
	for _, follows := range []bool{true, true, false, false, true} {
		if err := g.SetFollowing(app, "mei", follows); err != nil || g.Following(app, "mei") != follows {
			t.Errorf("rule: SetFollowing sets it; got %v", err)
		}
	}
	if len(v.all()) != 0 {
		t.Errorf("rule: SetFollowing tells nobody; got %+v", v.all())
	}
	if g.Following(otherApp, "mei") || g.Following(app, "jun") || g.Following("wxunknown", "mei") || g.Following(app, "nobody") {
		t.Error("rule: it is one person and one account")
	}
}

func TestFollowAndStop(t *testing.T) {
	ctx := context.Background()
	g, v := pushRig(t, "")
	if err := g.Unfollow(ctx, app, "mei"); err == nil || len(v.all()) != 0 {
		t.Errorf("rule: who does not follow cannot stop; got %v", err)
	}
	during := false
	v.answer = func(http.ResponseWriter, *http.Request) { during = g.Following(app, "mei") }
	if err := g.Follow(ctx, app, "mei"); err != nil || !during {
		t.Errorf("rule: when the push arrives the state has changed; got %v, %v", during, err)
	}
	if err := g.Follow(ctx, app, "mei"); err == nil || len(v.all()) != 1 {
		t.Errorf("rule: who follows cannot begin to; got %v", err)
	}
	if err := g.Unfollow(ctx, app, "mei"); err != nil || during || g.Following(app, "mei") {
		t.Errorf("rule: when unsubscribe arrives the state has changed; got %v, %v", during, err)
	}
}

func TestFollowWantsKnownNames(t *testing.T) {
	g, v := pushRig(t, "")
	ctx := context.Background()
	for rule, names := range map[string][2]string{"account": {"wxunknown", "mei"}, "person": {app, "nobody"}} {
		for act, err := range map[string]error{
			"SetFollowing": g.SetFollowing(names[0], names[1], true),
			"Follow":       g.Follow(ctx, names[0], names[1]),
			"Unfollow":     g.Unfollow(ctx, names[0], names[1]),
			"Scan":         g.Scan(ctx, names[0], names[1], "1"),
			"SendText":     g.SendText(ctx, names[0], names[1], "x"),
		} {
			if err == nil || !strings.HasPrefix(err.Error(), "wxsim: no "+rule) {
				t.Errorf("rule: %s wants a known %s; got %v", act, rule, err)
			}
		}
	}
	if err := g.Push(ctx, "wxunknown", nil); err == nil {
		t.Error("rule: Push wants a known account")
	}
	for rule, scene := range map[string]string{
		"no scene": "", "65 characters": strings.Repeat("微", 65), "a control character": "a\nb", "broken UTF-8": "\xff",
	} {
		if err := g.Scan(ctx, app, "mei", scene); err == nil || g.Following(app, "mei") {
			t.Errorf("rule: a scene is 1 to 64 characters; %s got %v", rule, err)
		}
	}
	if len(v.all()) != 0 {
		t.Errorf("rule: what is refused is not pushed; got %+v", v.all())
	}
	if err := g.Scan(ctx, app, "mei", strings.Repeat("微", 64)); err != nil {
		t.Errorf("rule: 64 characters are fine; got %v", err)
	}
}

func TestManyFollowAtOnce(t *testing.T) {
	ctx := context.Background()
	g, v := pushRig(t, demoKey)
	var began, stable atomic.Int32
	var first sync.Map
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if g.Follow(ctx, app, "mei") == nil {
				began.Add(1)
			}
			g.Scan(ctx, app, "jun", "1")
			g.SetPush(otherApp, v.url, pushToken, "")
			g.SetFollowing(otherApp, "lin", i%2 == 0)
			if _, again := first.LoadOrStore(g.stableBody(false).AccessToken, true); !again {
				stable.Add(1)
			}
			g.use(g.coreText())
			g.ExpireTokens(otherApp)
			g.get("/")
			g.get(ProfilePath(app))
		}()
	}
	wg.Wait()
	if began.Load() != 1 || stable.Load() != 1 {
		t.Errorf("rule: of many at once one begins to follow, and all get one stable token; got %d and %d", began.Load(), stable.Load())
	}
	events := map[string]int{}
	for _, d := range v.all() {
		for _, name := range []string{"[subscribe]", "[SCAN]"} {
			if strings.Contains(d.plain, name) {
				events[name]++
			}
		}
	}
	if events["[subscribe]"] != 2 || events["[SCAN]"] != 19 {
		t.Errorf("rule: each change is told once; got %v", events)
	}
}

func TestFaultsOnTheNewPaths(t *testing.T) {
	for _, path := range []string{PathToken, PathStableToken, PathFollower, PathFollowers, PathTicket} {
		g := newRig(t)
		g.Fail(path, Fault{Code: 40001, Times: 1})
		got := g.api(path)
		if got.code() != 40001 || !strings.Contains(got.ErrMsg, "getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r rid: ") {
			t.Errorf("rule: a fault at %s is in the words of /cgi-bin; got %d %q", path, got.code(), got.ErrMsg)
		}
		if g.api(path).code() == 40001 || g.Calls(path) != 2 {
			t.Errorf("rule: it ends and is counted, %s; got %d calls", path, g.Calls(path))
		}
		g.ResetCalls()
		if g.Calls(path) != 0 {
			t.Errorf("rule: ResetCalls forgets %s", path)
		}
	}
	g := newRig(t)
	first := g.coreText()
	g.Fail(PathToken, Fault{Code: -1, Consume: true, Times: 1})
	g.api(PathToken + coreQuery)
	g.clock.advance(overlap)
	if got := g.use(first); got != 40001 {
		t.Errorf("rule: with Consume a token is minted and replaces the one before; got %d", got)
	}
	g.Fail(PathProfile, Fault{Code: 10004, Times: 1})
	if w := g.get(ProfilePath(app)); w.Header().Get("X-Wxsim-Error") != "10004" {
		t.Errorf("rule: a fault on the account's page is a page; got %v", w.Header())
	}
}
