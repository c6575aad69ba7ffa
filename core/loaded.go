package core

import (
	"context"
	"fmt"
)

// LoadUser gives handlers behind a gate the app's own user, of the app's own type:
// load is called with everybody who is logged in, once per request that goes on,
// with the request's context, and [Loaded] returns what it returned. An error or a
// panic in it shows the "unavailable" page (503), so a user whom the app no longer
// knows is better told by a value (nil, or a field) than by an error. It is not
// called for nobody behind Optional. What it costs, every request pays. A gate may
// have several, of different types; in a load, the user is the argument and not yet
// in the context.
//
//	r.Use(ginwechat.Require(core.LoadUser(func(ctx context.Context, u *core.User) (*Member, error) {
//		return members.Find(ctx, u.AppUserID)
//	})))
func LoadUser[T any](load func(context.Context, *User) (T, error)) Option {
	if load == nil {
		panic("wechat: LoadUser without a function: leave it out")
	}
	return optionFunc(func(g *Gate) {
		before := g.load
		g.load = func(ctx context.Context, u *User) (context.Context, error) {
			if before != nil {
				var err error
				if ctx, err = before(ctx, u); err != nil {
					return nil, err
				}
			}
			var own T
			var failed error
			if err := recovered("LoadUser", func() { own, failed = load(ctx, u) }); err != nil {
				return nil, err
			}
			if failed != nil {
				return nil, fmt.Errorf("LoadUser: %w", failed)
			}
			return WithLoaded(ctx, own), nil
		}
	})
}
