package core

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestAnOldCallbackBelongsToNoLogin(t *testing.T) {
	seen := &recorder{}
	r := newRig(t, observed(seen))
	b, g := r.browser(), r.gate(ModeRequire)
	back := b.consent(b.get(g, "/me"))
	b.login(g, "/me")
	r.advance(11 * time.Minute)
	seen.forget()
	b.get(g, back)
	repeats := seen.all(LoginRepeat)
	if len(repeats) != 1 || len(seen.all(LoginCovered)) != 0 || repeats[0].Flow != "" || repeats[0].Took != 0 || repeats[0].Result != "covered" {
		t.Errorf("rule: a callback that is older than 10 minutes ends no login, and is told as a repetition without flow and time: %v", seen.all())
	}
}

func TestNoTimeOfAnEventIsNegative(t *testing.T) {
	seen := &recorder{}
	r := newRig(t, observed(seen))
	ahead := NewGate(ModeRequire, r.instanceAt(time.Minute, observed(seen)))
	b, g := r.browser(), r.gate(ModeRequire)
	back := b.consent(b.get(ahead, "/me"))
	b.get(g, back)
	r.advance(-time.Second)
	b.get(g, back)
	if seen.all(LoginDone) == nil || seen.all(LoginRepeat) == nil {
		t.Fatalf("a login and its repetition: %v", seen.all())
	}
	for _, e := range seen.all() {
		if e.Took < 0 || e.Age < 0 {
			t.Errorf("rule: Took and Age are never negative, also where the login began on a node whose clock is ahead: %v", e)
		}
	}
}

func TestAnAnswerOfTheAppsIsToldToTheObserverAlone(t *testing.T) {
	seen := &recorder{}
	r := newRig(t, observed(seen))
	b := r.browser()
	b.ua = "Mozilla/5.0 Firefox"
	b.get(r.gate(ModeRequire, OnError(func(context.Context, *Request, error) *Outcome { return &Outcome{Status: 418} })), "/me")
	if e := seen.all(LoginChallenge); len(e) != 1 || strings.Contains(r.log.String(), LoginChallenge) {
		t.Errorf("rule: the app has the error, so the log has no line and the observer its event: %v\n%s", e, r.log)
	}
}

func TestOnlyTheBeginningOfAUserAgentIsRead(t *testing.T) {
	if got := clientWord("Mozilla/5.0 " + strings.Repeat("a", maxUserAgent) + " MicroMessenger"); got != "browser" {
		t.Errorf("rule: what stands behind 1,024 bytes of a User-Agent is not read: %s", got)
	}
}
