package core

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// answering is a store whose answers to look-ups of sessions are another's.
type answering struct {
	scs.Store
	answer func(inner scs.Store, key string) ([]byte, bool, error)
}

func (a *answering) Find(key string) ([]byte, bool, error) {
	if a.answer == nil {
		return a.Store.Find(key)
	}
	return a.answer(a.Store, key)
}

// lateStore takes a context, and answers when that has ended.
type lateStore struct{ *answering }

func (s lateStore) FindCtx(ctx context.Context, key string) ([]byte, bool, error) {
	if s.answer == nil {
		return s.Store.Find(key)
	}
	<-ctx.Done()
	return nil, false, ctx.Err()
}
func (s lateStore) CommitCtx(_ context.Context, key string, b []byte, expires time.Time) error {
	return s.Store.Commit(key, b, expires)
}
func (s lateStore) DeleteCtx(_ context.Context, key string) error { return s.Store.Delete(key) }

func TestAStoreThatAnswersWrongly(t *testing.T) {
	for _, codec := range []scs.Codec{Codec{}, scs.GobCodec{}} {
		for rule, c := range map[string]struct {
			answer func(mine, others string) func(scs.Store, string) ([]byte, bool, error)
			slow   bool
			status int // 0 for: anonymous
		}{
			"with somebody else's session it is a 503": {func(_, others string) func(scs.Store, string) ([]byte, bool, error) {
				return func(inner scs.Store, _ string) ([]byte, bool, error) { return inner.Find(others) }
			}, false, 503},
			"with the answer to the look-up before it is a 503": {func(_, others string) func(scs.Store, string) ([]byte, bool, error) {
				before := others
				return func(inner scs.Store, key string) ([]byte, bool, error) {
					b, found, err := inner.Find(before)
					before = key
					return b, found, err
				}
			}, false, 503},
			"with garbage it is no session": {func(string, string) func(scs.Store, string) ([]byte, bool, error) {
				return func(scs.Store, string) ([]byte, bool, error) { return []byte("garbage"), true, nil }
			}, false, 0},
			"with nothing it is no session": {func(string, string) func(scs.Store, string) ([]byte, bool, error) {
				return func(scs.Store, string) ([]byte, bool, error) { return nil, true, nil }
			}, false, 0},
			"with half a session it is no session": {func(mine, _ string) func(scs.Store, string) ([]byte, bool, error) {
				return func(inner scs.Store, _ string) ([]byte, bool, error) {
					b, found, err := inner.Find(mine)
					return b[:min(len(b), 20)], found, err
				}
			}, false, 0},
			"with an error it is a 503": {func(string, string) func(scs.Store, string) ([]byte, bool, error) {
				return func(scs.Store, string) ([]byte, bool, error) { return nil, false, errors.New("store is down") }
			}, false, 503},
			"too late it is a 503": {func(string, string) func(scs.Store, string) ([]byte, bool, error) {
				return func(scs.Store, string) ([]byte, bool, error) { return nil, false, nil }
			}, true, 503},
		} {
			t.Run(rule, func(t *testing.T) {
				store := &answering{Store: session.NewMemory()}
				r := newRig(t, func(conf *Config) {
					conf.Sessions = manager(store)
					if c.slow {
						conf.Sessions.Store = lateStore{store}
					}
					conf.Sessions.Codec = codec
				})
				g, optional := r.gate(ModeRequire), r.gate(ModeOptional)
				mei, other := r.browser(), r.browser()
				other.person = wxsim.DefaultPeople()[1].ID
				mei.login(g, "/")
				other.login(g, "/")
				mine, others := mei.cookies["session"], other.cookies["session"]
				store.answer = c.answer(mine, others)
				for range 3 {
					if known := g.Known(t.Context(), "/", mei.cookieLine()); known != nil && known.Context != nil {
						if u, _ := FromContext(known.Context); u == nil || u.OpenID != mei.openID() {
							t.Fatalf("rule: never another user: %v", u)
						}
					}
					out := mei.ask(optional, "GET", "/")
					u, _ := FromContext(orEmpty(out))
					if u != nil && u.OpenID != mei.openID() {
						t.Fatalf("rule: never another user: %v", u)
					}
					if c.status == 503 && out.Status == 0 && u == nil || c.status == 0 && (out.Status != 0 || u != nil) {
						t.Errorf("rule: a store that answers %s: %d %v", rule, out.Status, u)
					}
				}
				store.answer = nil
				if mei.user(g, "/") == nil || mei.user(g, "/").OpenID != mei.openID() || other.user(g, "/") == nil {
					t.Error("rule: afterwards everybody goes on")
				}
			})
		}
	}
}

func TestAnAppThatRenewsTokensItselfLogsNobodyOut(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Sessions = manager(session.NewMemory()) })
	m := r.auth.config.Sessions
	b, g := r.browser(), r.gate(ModeRequire)
	b.login(g, "/")
	ctx, _ := m.Load(t.Context(), b.cookies["session"]) // as a fiber handler does
	if err := m.RenewToken(ctx); err != nil {
		t.Fatal(err)
	}
	token, _, err := m.Commit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	b.cookies["session"] = token
	if b.user(g, "/") == nil {
		t.Error("rule: a token that the app renewed itself is believed")
	}
}
