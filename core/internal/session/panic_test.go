package session

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

// faulty is a store and a codec that panic where it says.
type faulty struct {
	*Memory
	codec scs.Codec
	at    string
}

func (f *faulty) fault(at string) {
	if f.at == at {
		panic("a secret of the app's")
	}
}

func (f *faulty) Find(token string) ([]byte, bool, error) {
	f.fault("Find")
	return f.Memory.Find(token)
}

func (f *faulty) Commit(token string, b []byte, expires time.Time) error {
	f.fault("Commit")
	return f.Memory.Commit(token, b, expires)
}

func (f *faulty) Delete(token string) error {
	f.fault("Delete")
	return f.Memory.Delete(token)
}

func (f *faulty) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	f.fault("Encode")
	return f.codec.Encode(deadline, values)
}

func (f *faulty) Decode(b []byte) (time.Time, map[string]any, error) {
	f.fault("Decode")
	return f.codec.Decode(b)
}

// withContext is a store that takes a context as well.
type withContext struct{ *faulty }

func (w withContext) FindCtx(_ context.Context, token string) ([]byte, bool, error) {
	return w.Find(token)
}
func (w withContext) CommitCtx(_ context.Context, token string, b []byte, expires time.Time) error {
	return w.Commit(token, b, expires)
}
func (w withContext) DeleteCtx(_ context.Context, token string) error { return w.Delete(token) }

func TestAStoreOrCodecThatPanicsIsOneThatFails(t *testing.T) {
	works := map[string]func(*Sessions, context.Context, Stored) error{
		"Read": func(s *Sessions, ctx context.Context, was Stored) error {
			_, err := s.Read(ctx, cookies(s, was.Token), true)
			return err
		},
		"RecordOf": func(s *Sessions, _ context.Context, was Stored) error {
			_, _, err := s.RecordOf(context.Background(), was.Token, true)
			return err
		},
		"a first Login": func(s *Sessions, _ context.Context, _ Stored) error {
			_, err := s.Login(context.Background(), Stored{}, []byte("r"), false, http.Header{}, true)
			return err
		},
		"Login": func(s *Sessions, ctx context.Context, was Stored) error {
			_, err := s.Login(ctx, was, []byte("r"), true, http.Header{}, true)
			return err
		},
		"Rewrite": func(s *Sessions, ctx context.Context, was Stored) error {
			_, err := s.Rewrite(ctx, was, []byte("r"), true)
			return err
		},
		"Logout": func(s *Sessions, ctx context.Context, was Stored) error {
			_, err := s.Logout(ctx, was, false, cookies(s, was.Token), true)
			return err
		},
	}
	// Where a panic is met; elsewhere the work is done without that call.
	met := map[string]string{
		"Find":   "Read, RecordOf, Login, Rewrite, Logout, loaded Login, loaded Rewrite, loaded Logout",
		"Decode": "Login, Rewrite, Logout",
		"Commit": "a first Login, Login, Rewrite, Logout, loaded Login, loaded Rewrite, loaded Logout",
		"Encode": "a first Login, Login, Rewrite, Logout, loaded Login, loaded Rewrite, loaded Logout",
		"Delete": "Login, Logout, loaded Login, loaded Logout",
	}
	for _, takesContext := range []bool{false, true} {
		for at, where := range met {
			for name, work := range works {
				for _, loaded := range []bool{false, true} {
					f := &faulty{Memory: NewMemory(), codec: scs.GobCodec{}}
					m := managerOn(f)
					m.Codec = f
					if takesContext {
						m.Store = withContext{f}
					}
					s := sessionsOf(t, m)
					was, ctx, name := loggedIn(t, s, "record"), context.Background(), name
					if loaded {
						ctx, _ = m.Load(ctx, was.Token)
						was.Loaded, name = true, "loaded "+name
					}
					f.at = at
					err := work(s, ctx, was)
					fails := strings.Contains(", "+where+", ", ", "+name+", ")
					if name == "loaded RecordOf" || name == "loaded a first Login" || name == "loaded Rewrite" && at == "Find" {
						continue // the same without a loaded session
					}
					if fails && (err == nil || strings.Contains(err.Error(), "secret")) || !fails && err != nil {
						t.Errorf("rule: a panic in %s is an error of %s, without the panic's text: %v", at, name, err)
					}
				}
			}
		}
	}
}

func TestACodecThatPanicsReadsNoSession(t *testing.T) {
	f := &faulty{Memory: NewMemory(), codec: scs.GobCodec{}}
	m := managerOn(f)
	m.Codec = f
	s := sessionsOf(t, m)
	was := loggedIn(t, s, "record")
	f.at = "Decode"
	if got := read(t, s, was.Token); got != "" {
		t.Errorf("rule: a session that the codec panics on is no session: %q", got)
	}
}
