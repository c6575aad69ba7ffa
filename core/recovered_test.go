package core

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/web"
)

func TestHooksThatFailOpenNothing(t *testing.T) {
	var r *rig
	answer := func(out *Outcome) Option {
		return OnError(func(context.Context, *Request, error) *Outcome { return out })
	}
	for rule, option := range map[string]Option{
		"an outcome without a status": answer(&Outcome{Context: context.Background(), Body: []byte("x")}),
		"an empty outcome":            answer(&Outcome{}),
		"a panic in OnError":          OnError(func(context.Context, *Request, error) *Outcome { panic("boom") }),
		"a panic in Skip":             Skip(func(*Request) bool { panic("boom") }),
	} {
		r = newRig(t, func(c *Config) { c.Pages = func(Page) []byte { panic("boom") } })
		b := r.browser()
		b.ua = "x"
		if out := b.get(r.gate(ModeRequire, option), "/me"); out.Status != 403 || out.Context == nil || !strings.Contains(string(out.Body), `data-page="outside"`) {
			t.Errorf("%s keeps the gate closed, on the built-in page: %d %s", rule, out.Status, out.Body)
		}
	}
	if !strings.Contains(r.log.String(), "hook failed") && !strings.Contains(r.log.String(), "without a status") {
		t.Error("the log says so")
	}
	shared := &Outcome{Status: 403, Header: with("X", "1")}
	r = newRig(t)
	b := r.browser()
	b.ua = "x"
	g := r.gate(ModeRequire, answer(shared))
	one, two := b.get(g, "/"), b.get(g, "/")
	if one == shared || one == two || one.Context == nil || one.Header.Get("Cache-Control") != "no-store" || shared.Header.Get("Cache-Control") != "" {
		t.Errorf("an app's outcome is copied, and private as ours: %+v", one)
	}
}

type panicking struct{}

func (panicking) RoundTrip(*http.Request) (*http.Response, error) { panic("boom") }

func TestAPanicOnTheWayToWeChatEndsNoProcess(t *testing.T) {
	r := newRig(t, func(c *Config) { c.HTTPClient = &http.Client{Transport: panicking{}} })
	b, g := r.browser(), r.gate(ModeRequire)
	if out := b.get(g, b.consent(b.get(g, "/me"))); out.Status != 503 {
		t.Errorf("%d", out.Status)
	}
}

func TestOnLoginCannotChangeWhatWeChatGranted(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.OnLogin = func(_ context.Context, u *User) error {
			u.Scope, u.LoggedInAt, u.Nickname = "", time.Time{}, "tidied"
			return nil
		}
	})
	b, g := r.browser(), r.gate(ModeRequire, Prompt)
	b.login(g, "/")
	if u := b.user(g, "/"); u == nil || u.Scope != Prompt || u.LoggedInAt.IsZero() || u.Nickname != "tidied" {
		t.Errorf("%#v", u)
	}
}

// A profile that the app knows is found by a gate; the gates further in must find
// the same session.
func TestGatesInsideAGateThatRaises(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Profile = func(context.Context, string) (*User, error) { return &User{Nickname: "known"}, nil }
	})
	for name, inner := range map[string]*Gate{"Require": r.gate(ModeRequire), "Prompt": r.gate(ModeRequire, Prompt), "Optional": r.gate(ModeOptional)} {
		b, outer := r.browser(), r.gate(ModeRequire, Prompt)
		b.login(r.gate(ModeRequire), "/")
		cookies := with("User-Agent", inWeChat, "Accept", "text/html", "Cookie", "__Host-wechat_session_"+web.AccountTag(testAppID, "")+"="+b.sessionCookie())
		q := &Request{Method: "GET", Target: "/", Host: b.host, TLS: true, Header: cookies}
		out := outer.Handle(context.Background(), q)
		if out.Status != 0 {
			t.Fatalf("%s: %d", name, out.Status)
		}
		out = inner.Handle(out.Context, q)
		if u, _ := FromContext(orEmpty(out)); u == nil || u.Nickname != "known" {
			t.Errorf("%s inside finds %v, status %d", name, u, out.Status)
		}
		// And so does another request that was under way with the same cookie.
		if out := outer.Handle(context.Background(), q); out.Status != 0 {
			t.Errorf("a request at the same time: %d", out.Status)
		}
	}
}

func TestAKnownProfileIsNotAskedForByASharedLink(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Profile = func(context.Context, string) (*User, error) { return &User{Nickname: "known"}, nil }
	})
	other := r.browser()
	shared := other.consent(other.get(NewGate(ModeRequire, r.instance(), Prompt), "/profile"))
	b := r.browser()
	b.login(r.gate(ModeRequire), "/")
	if got := b.arrives(b.get(r.gate(ModeRequire, Prompt), shared)); got != "/profile" || r.exchanges() != 1 {
		t.Errorf("%q, %d exchanges", got, r.exchanges())
	}
}

func TestAUserTooLargeForASessionIsTroubleAndNotALoop(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.OnLogin = func(_ context.Context, u *User) error { u.Avatar = "data:" + strings.Repeat("x", 1<<16); return nil }
	})
	b, g := r.browser(), r.gate(ModeRequire)
	if out := b.get(g, b.consent(b.get(g, "/"))); out.Status != 503 || !errors.Is(out.Err, ErrUnavailable) || !strings.Contains(r.log.String(), "too large") {
		t.Errorf("%d %v", out.Status, out.Err)
	}
}
