package core

import "context"

const (
	// UserKey is where an adapter puts the *User into its framework's own store, such as
	// gin's c.Set; nil for an anonymous visitor.
	UserKey = "github.com/seed467724c4/wechat"
	// ContextKey is where an adapter puts [Outcome.Context] into its framework's own
	// store. Many frameworks hand out contexts that hold what is in that store and not
	// what is in the request's context: a *gin.Context, its Copy, fiber's c.Context().
	// [FromContext] and [Loaded] find the gate through this key there.
	ContextKey = "github.com/seed467724c4/wechat/core.Context"
)

// visitorKey finds the visitor in a context: a *User, nil where a gate ran and the
// visitor is anonymous.
type visitorKey struct{}

// loadedKey finds the app's own user in a context.
type loadedKey[T any] struct{}

// FromContext returns the logged-in user; false for an anonymous visitor, and where no
// gate ran. Where gates are mounted inside each other it is what the innermost found. The
// user is shared: do not change it. ctx may be any context that a handler can hold, or
// one made of it:
//
//   - net/http: r.Context();
//   - gin: c, c.Request.Context() and c.Copy(), with and without ContextWithFallback,
//     behind a gate of ginwechat. Where none ran (a test with [WithUser], a gate of nethttp
//     around the engine) gin's c needs ContextWithFallback, and c.Request.Context() does not;
//   - fiber: c.UserContext() and c.Context(), the latter only until the handler returns;
//     and r.Context() in a handler that fiber's adaptor has mounted.
func FromContext(ctx context.Context) (*User, bool) {
	u, _ := visitorIn(ctx)
	return u, u != nil
}

// FromContextFor returns the user that a gate of one instance found, where gates of
// several accounts are mounted inside each other; false where no gate of auth ran, and
// for a visitor who is anonymous there. It takes the same contexts as [FromContext].
func FromContextFor(ctx context.Context, auth *Auth) (*User, bool) {
	u, _ := valueIn(ctx, accountKey{auth}).(*User)
	return u, u != nil
}

// accountKey finds the user of one instance in a context.
type accountKey struct{ auth *Auth }

// MustFromContext is what the adapters' User functions call: the logged-in user, nil for
// an anonymous visitor (behind Optional, [AllowOutside] or [Skip]). It panics, naming the
// fix, where no gate ran.
func MustFromContext(ctx context.Context) *User {
	u, ok := visitorIn(ctx)
	if !ok {
		panic("wechat: no Require or Optional ran before this handler: mount one on the route, its group or the whole app; in a test of the handler alone, use core.WithUser")
	}
	return u
}

// visitorIn returns false where no gate ran.
func visitorIn(ctx context.Context) (u *User, ran bool) {
	if u, ran = valueIn(ctx, visitorKey{}).(*User); ran {
		return u, true
	}
	u, ran = ctx.Value(UserKey).(*User)
	return u, ran
}

// valueIn looks a key up in a context, and in the gate's context where a framework's own
// store has it.
func valueIn(ctx context.Context, key any) any {
	if value := ctx.Value(key); value != nil {
		return value
	}
	if gate, ok := ctx.Value(ContextKey).(context.Context); ok {
		return gate.Value(key)
	}
	return nil
}

// Loaded returns the app's own user that [LoadUser] found for this request; false
// where no gate with a LoadUser of this very type ran, or the visitor is anonymous. It
// takes the same contexts as [FromContext].
func Loaded[T any](ctx context.Context) (T, bool) {
	own, ok := valueIn(ctx, loadedKey[T]{}).(T)
	return own, ok
}

// WithUser is for tests of handlers: a context in which [FromContext] and the adapters'
// User functions find u; nil is an anonymous visitor. It opens no gate: a gate behind it
// asks for the session as ever. To test an app with its gates, log in with
// core/wxsim. In fiber, whose app.Test hands over no context, a middleware in front
// calls c.SetUserContext(core.WithUser(c.UserContext(), u)). In gin, ginwechat.User(c) and
// FromContext(c.Request.Context()) find u; FromContext(c) does so with ContextWithFallback.
//
//	r := httptest.NewRequest("GET", "/me", nil)
//	r = r.WithContext(core.WithUser(r.Context(), &core.User{OpenID: "o-mei"}))
func WithUser(ctx context.Context, u *User) context.Context {
	return context.WithValue(ctx, visitorKey{}, u)
}

// WithLoaded is for tests of handlers: a context in which [Loaded] finds own, as if a
// [LoadUser] had returned it.
func WithLoaded[T any](ctx context.Context, own T) context.Context {
	return context.WithValue(ctx, loadedKey[T]{}, own)
}

// skippedContext says that a gate ran and skipped the request. What a gate outside has
// found stays known.
type skippedContext struct{ context.Context }

// Value implements context.Context.
func (s skippedContext) Value(key any) any {
	value := s.Context.Value(key)
	if _, asked := key.(visitorKey); asked && value == nil {
		return (*User)(nil)
	}
	return value
}
