package core

import (
	"context"
	"testing"
)

func TestWithUserIsFoundByFromContext(t *testing.T) {
	u := &User{OpenID: "o-mei"}
	ctx := WithUser(context.Background(), u)
	if got, ok := FromContext(ctx); got != u || !ok || MustFromContext(ctx) != u {
		t.Errorf("rule: a handler under test finds its user: %v %v", got, ok)
	}
	ctx = WithUser(context.Background(), nil)
	if got, ok := FromContext(ctx); got != nil || ok || MustFromContext(ctx) != nil {
		t.Errorf("rule: nil is an anonymous visitor, and no panic: %v %v", got, ok)
	}
	if got, ok := Loaded[string](WithLoaded(context.Background(), "member 7")); got != "member 7" || !ok {
		t.Errorf("rule: a handler under test finds what its app has loaded: %v %v", got, ok)
	}
}

// native is a framework's store seen as a context: it knows names and nothing else.
type native struct {
	context.Context
	values map[string]any
}

func (n native) Value(key any) any {
	name, _ := key.(string)
	return n.values[name]
}

func TestTheUserIsFoundThroughAFrameworksStore(t *testing.T) {
	mei, jun := &User{OpenID: "o-mei"}, &User{OpenID: "o-jun"}
	gate := WithLoaded(WithUser(context.Background(), mei), "member 7")
	for rule, c := range map[string]struct {
		values map[string]any
		want   *User
		loaded string
		ran    bool
	}{
		"the gate's context":                  {map[string]any{ContextKey: gate}, mei, "member 7", true},
		"the gate's context before the user":  {map[string]any{ContextKey: gate, UserKey: jun}, mei, "member 7", true},
		"the user alone, as a test may set":   {map[string]any{UserKey: jun}, jun, "", true},
		"an anonymous visitor":                {map[string]any{ContextKey: WithUser(context.Background(), nil), UserKey: nil}, nil, "", true},
		"values of the app's under our names": {map[string]any{ContextKey: 7, UserKey: "mei"}, nil, "", false},
		"nothing":                             {nil, nil, "", false},
	} {
		ctx := native{context.Background(), c.values}
		u, ran := visitorIn(ctx)
		loaded, _ := Loaded[string](ctx)
		if u != c.want || ran != c.ran || loaded != c.loaded {
			t.Errorf("rule: %s is found: %v %v %q", rule, u, ran, loaded)
		}
	}
}

func TestBehindASkipTheVisitorIsAnonymous(t *testing.T) {
	r := newRig(t)
	g := r.gate(ModeRequire, Skip(func(*Request) bool { return true }))
	skip := func(ctx context.Context) context.Context {
		return g.Handle(ctx, &Request{Method: "GET", Target: "/assets/x", Host: "app.example.com", TLS: true, Header: with()}).Context
	}
	if MustFromContext(skip(context.Background())) != nil {
		t.Error("rule: the accessor returns nil and does not panic")
	}
	mei := &User{OpenID: "o-mei"}
	if got, _ := FromContext(skip(WithUser(context.Background(), mei))); got != mei {
		t.Errorf("rule: what a gate outside has found stays known: %v", got)
	}
}
