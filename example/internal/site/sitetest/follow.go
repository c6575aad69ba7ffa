package sitetest

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/example/internal/site"
)

const (
	accountName = "茶与书"
	pushToken   = "MadeUpTokenOfTheWalk"
	pushKey     = "MadeUpKeyOfTheWalkMadeUpKeyOfTheWalkMadeUpA"
	pushPath    = "/wechat/push"
	// A follower of whom no message tells gets in within seconds; this is far more.
	patience = 15 * time.Second
)

// Follow lets somebody follow the account and leave it, in an example that hears of
// it from WeChat and in one that does not, and says which rule it breaks.
func Follow(t *testing.T, framework string, build site.Build) {
	t.Run("with messages", func(t *testing.T) { followWithMessages(t, framework, build) })
	t.Run("without messages", func(t *testing.T) { followWithoutMessages(t, framework, build) })
	t.Run("with a key that is none", func(t *testing.T) {
		environment(t)
		t.Setenv("WECHAT_PUSH_TOKEN", pushToken)
		t.Setenv("WECHAT_ENCODING_AES_KEY", pushKey[1:])
		t.Setenv("ADDR", "localhost:0")
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // so that it ends where it should not have started
		err := site.Run(ctx, framework, build, &Log{}, &Log{})
		if err == nil || !strings.Contains(err.Error(), "EncodingAESKey") || strings.Contains(err.Error(), pushKey[1:]) {
			t.Errorf("rule: the site does not start, and says why without the key; got %v", err)
		}
	})
}

func followWithMessages(t *testing.T, framework string, build site.Build) {
	sim, simURL := environment(t)
	t.Setenv("WECHAT_PUSH_TOKEN", pushToken)
	t.Setenv("WECHAT_ENCODING_AES_KEY", pushKey)
	base, log := Start(t, framework, build)
	v := newVisitor(t, base)

	rule := func(text string, check func(t *testing.T)) {
		if !t.Run(text, check) {
			t.FailNow() // the rest would only repeat it
		}
	}
	rule("the site passes the check of its address", func(t *testing.T) {
		if err := sim.SetPush(appID, base+pushPath, pushToken, pushKey); err != nil {
			t.Fatal(err)
		}
		if err := sim.VerifyPush(t.Context(), appID); err != nil {
			t.Error(err)
		}
	})
	rule("/members logs in and shows who does not follow how to", func(t *testing.T) {
		p := v.get(t, "/members")
		p.is(t, http.StatusForbidden, base+"/members", "follow")
		link := strings.ReplaceAll(simURL+wxsim.ProfilePath(appID), "&", "&amp;")
		p.has(t, accountName, `id="follow" href="`+link+`"`, `<img src="data:image/png;base64,`, `id="retry" href="`+base+`/members"`)
		if n := sim.Calls(wxsim.PathAccessToken); n != 1 {
			t.Errorf("it took %d codes, want 1", n)
		}
	})
	rule("a script that does not follow gets 403 and no address to log in at", func(t *testing.T) {
		p := v.script(t, "/members")
		var problem map[string]any
		err := json.Unmarshal([]byte(p.body), &problem)
		if p.status != http.StatusForbidden || p.header.Get("Content-Type") != "application/problem+json" || err != nil || problem["login_url"] != nil {
			t.Errorf("got %d %q %s", p.status, p.header.Get("Content-Type"), p.body)
		}
	})
	rule("a message that WeChat did not sign lets nobody in", func(t *testing.T) {
		stranger := newVisitor(t, base)
		if p := stranger.post(t, base+pushPath, nil); p.status != http.StatusForbidden {
			t.Errorf("it got %d, want 403", p.status)
		}
		v.get(t, "/members").is(t, http.StatusForbidden, base+"/members", "follow")
	})
	rule("who follows gets in with the very next request, without a login", func(t *testing.T) {
		sim.ResetCalls()
		if err := sim.Follow(t.Context(), appID, person); err != nil {
			t.Fatalf("the message is not taken: %v", err)
		}
		v.isMember(t)
		if logins, codes := sim.Calls(wxsim.PathAuthorize), sim.Calls(wxsim.PathAccessToken); logins+codes != 0 {
			t.Errorf("it took %d logins and %d codes", logins, codes)
		}
	})
	rule("who leaves finds the page shut with the very next request", func(t *testing.T) {
		if err := sim.Unfollow(t.Context(), appID, person); err != nil {
			t.Fatalf("the message is not taken: %v", err)
		}
		v.get(t, "/members").is(t, http.StatusForbidden, base+"/members", "follow")
	})
	rule("and is still logged in", func(t *testing.T) {
		v.get(t, "/me").is(t, http.StatusOK, base+"/me", "me")
		if n := sim.Calls(wxsim.PathAuthorize); n != 0 {
			t.Errorf("it took %d logins", n)
		}
	})
	rule("the log has nothing secret", func(t *testing.T) {
		all := log.String()
		if !strings.Contains(all, "method=POST path="+pushPath+" status=200") {
			t.Error("no line for the message")
		}
		for _, hidden := range []string{"signature", "?", secret, pushToken, pushKey, sim.OpenID(appID, person)} {
			if strings.Contains(all, hidden) {
				t.Errorf("the log has %q", hidden)
			}
		}
	})
}

func followWithoutMessages(t *testing.T, framework string, build site.Build) {
	sim, _ := environment(t)
	base, _ := Start(t, framework, build)
	v := newVisitor(t, base)

	if p := v.post(t, base+pushPath, nil); p.status != http.StatusNotFound {
		t.Errorf("rule: without WECHAT_PUSH_TOKEN nothing takes messages; got %d", p.status)
	}
	v.get(t, "/members").is(t, http.StatusForbidden, base+"/members", "follow")
	sim.ResetCalls()
	if err := sim.Follow(t.Context(), appID, person); err != nil { // there is nobody to tell
		t.Fatal(err)
	}
	// WeChat's "no" is remembered for some seconds, by a clock that is the process's.
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for began := time.Now(); v.get(t, "/members").status != http.StatusOK && time.Since(began) < patience; {
		<-again.C
	}
	v.isMember(t)
	if logins, codes := sim.Calls(wxsim.PathAuthorize), sim.Calls(wxsim.PathAccessToken); logins+codes != 0 {
		t.Errorf("rule: who follows gets in without a login; it took %d and %d codes", logins, codes)
	}
}

// isMember says whether the page for followers is open.
func (v *visitor) isMember(t *testing.T) {
	t.Helper()
	p := v.get(t, "/members")
	p.is(t, http.StatusOK, v.base+"/members", "members")
	p.has(t, "你已关注公众号")
}
