package core

import (
	"context"
	"errors"
	"strings"
	"testing"
)

type member struct{ name string }

func TestLoadUser(t *testing.T) {
	r := newRig(t)
	calls := 0
	b := r.browser()
	g := r.gate(ModeRequire, LoadUser(func(_ context.Context, u *User) (*member, error) {
		calls++
		return &member{"member " + u.OpenID}, nil
	}))
	b.login(g, "/me")
	if calls != 0 {
		t.Errorf("rule: a request that does not continue calls no LoadUser: %d", calls)
	}
	out := b.get(g, "/me")
	own, ok := Loaded[*member](orEmpty(out))
	if u, _ := FromContext(orEmpty(out)); !ok || u == nil || own.name != "member "+u.OpenID || calls != 1 {
		t.Errorf("rule: a handler finds the app's own user beside WeChat's, loaded once: %v %v, %d calls", own, u, calls)
	}
	if _, ok := Loaded[member](out.Context); ok {
		t.Error("rule: another type is another user")
	}
	inner := b.rig.gate(ModeRequire)
	within := inner.Handle(out.Context, &Request{Method: "GET", Target: "/me", Host: b.host, TLS: true, Header: with("User-Agent", b.ua, "Cookie", cookieLine(b))})
	if own, ok := Loaded[*member](orEmpty(within)); !ok || own == nil {
		t.Error("rule: what an outer gate loaded is there behind an inner one")
	}
	if _, ok := Loaded[*member](context.Background()); ok {
		t.Error("rule: without a gate there is no user")
	}
	optional := r.gate(ModeOptional, LoadUser(func(context.Context, *User) (member, error) {
		t.Error("rule: LoadUser is not called for an anonymous visitor")
		return member{}, nil
	}))
	if _, ok := Loaded[member](orEmpty(r.browser().get(optional, "/"))); ok {
		t.Error("rule: an anonymous visitor has no user of the app")
	}
}

func cookieLine(b *browser) string {
	var pairs []string
	for name, value := range b.cookies {
		pairs = append(pairs, name+"="+value)
	}
	return strings.Join(pairs, "; ")
}

func TestSeveralAreLoaded(t *testing.T) {
	r := newRig(t)
	b := r.browser()
	g := r.gate(ModeRequire, LoadUser(func(context.Context, *User) (string, error) { return "text", nil }),
		LoadUser(func(ctx context.Context, _ *User) (int, error) {
			before, _ := Loaded[string](ctx)
			return len(before), nil
		}))
	b.login(g, "/me")
	ctx := orEmpty(b.get(g, "/me"))
	text, _ := Loaded[string](ctx)
	if n, _ := Loaded[int](ctx); text != "text" || n != 4 {
		t.Errorf("rule: a gate calls every LoadUser in order: %q %d", text, n)
	}
	failing := r.gate(ModeRequire, LoadUser(func(context.Context, *User) (string, error) { return "", errors.New("x") }), LoadUser(func(context.Context, *User) (int, error) { return 1, nil }))
	if out := b.get(failing, "/me"); out.Status != 503 {
		t.Errorf("rule: one that fails is enough: %d", out.Status)
	}
	defer func() {
		if recover() == nil {
			t.Error("rule: a LoadUser without a function is refused at set-up")
		}
	}()
	LoadUser[string](nil)
}

func TestAUserWhoCannotBeLoaded(t *testing.T) {
	r := newRig(t)
	b := r.browser()
	b.login(r.gate(ModeRequire), "/me")
	for rule, load := range map[string]func(context.Context, *User) (member, error){
		"an error shows the unavailable page": func(context.Context, *User) (member, error) { return member{}, errors.New("table is locked") },
		"a panic shows the unavailable page":  func(context.Context, *User) (member, error) { panic("secret of the app's") },
	} {
		out := b.get(r.gate(ModeRequire, LoadUser(load)), "/me")
		if out.Status != 503 || !errors.Is(out.Err, ErrUnavailable) || strings.Contains(out.Err.Error(), "secret") || strings.Contains(string(out.Body), "locked") {
			t.Errorf("rule: %s, and no handler runs: %d %v", rule, out.Status, out.Err)
		}
	}
}
