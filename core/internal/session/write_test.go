package session

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestALoginRenewsTheTokenAndKeepsWhatTheAppPutThere(t *testing.T) {
	store := NewMemory()
	m := managerOn(store)
	s := sessionsOf(t, m)
	for rule, clear := range map[string]bool{"the same person's cart stays": false, "another person's cart does not": true} {
		was := loggedIn(t, s, "record")
		ctx, _ := m.Load(context.Background(), was.Token)
		m.Put(ctx, "cart", "full")
		if _, _, err := m.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		w, err := s.Login(context.Background(), was, []byte("raised"), clear, cookies(s, was.Token), true)
		if err != nil || w.Gone || w.Token == was.Token || read(t, s, was.Token) != "" || read(t, s, w.Token) != "raised" {
			t.Fatalf("rule: a login renews the token, and the old one is dead: %+v %v", w, err)
		}
		ctx, _ = m.Load(context.Background(), w.Token)
		if m.Exists(ctx, "cart") == clear {
			t.Errorf("rule: %s", rule)
		}
	}
}

func TestATokenFromOutsideIsNeverAdopted(t *testing.T) {
	for _, s := range []*Sessions{sessionsOf(t, nil), sessionsOf(t, managerOn(NewMemory()))} {
		planted := strings.Repeat("p", tokenDigits)
		found, err := s.Read(context.Background(), cookies(s, planted), true)
		if err != nil || found.Token != "" {
			t.Errorf("rule: an unknown token is no session: %+v %v", found, err)
		}
		// Nor is it where a session vanished between reading and writing.
		w, err := s.Login(context.Background(), Stored{Token: planted}, []byte("r"), false, cookies(s, planted), true)
		if err != nil || w.Token == planted || read(t, s, planted) != "" {
			t.Errorf("rule: a login never takes a token that a request brought: %+v %v", w, err)
		}
	}
}

func TestAVisitorWhoLeavesCutsNothingShort(t *testing.T) {
	m := managerOn(NewMemory())
	s := sessionsOf(t, m)
	loaded, _ := m.Load(context.Background(), "")
	for rule, ctx := range map[string]context.Context{"without LoadAndSave": context.Background(), "with LoadAndSave": loaded} {
		ctx, leave := context.WithCancel(ctx)
		leave()
		w, err := s.Login(ctx, Stored{Loaded: s.LoadedIn(ctx)}, []byte("record"), false, http.Header{}, true)
		if err != nil || read(t, s, w.Token) != "record" {
			t.Errorf("rule: a login is written although the visitor left, %s: %+v %v", rule, w, err)
		}
	}
	// A context-aware store is not told that the visitor left either.
	store := &strict{Memory: NewMemory()}
	m = managerOn(store)
	s = sessionsOf(t, m)
	ctx, _ := m.Load(context.Background(), "")
	ctx, leave := context.WithCancel(ctx)
	leave()
	if _, err := s.Login(ctx, Stored{Loaded: true}, []byte("record"), false, http.Header{}, true); err != nil || !store.limited {
		t.Errorf("rule: a loaded login has a time limit of its own, and goes on without its visitor: %v", err)
	}
}

// strict is a store that heeds its context, as those of databases do.
type strict struct {
	*Memory
	limited bool
}

func (s *strict) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	if ctx.Err() != nil {
		return nil, false, ctx.Err()
	}
	return s.Find(token)
}

func (s *strict) CommitCtx(ctx context.Context, token string, b []byte, expires time.Time) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	_, s.limited = ctx.Deadline()
	return s.Commit(token, b, expires)
}

func (s *strict) DeleteCtx(ctx context.Context, token string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.Delete(token)
}

func TestTheIdleTimeIsWrittenRarely(t *testing.T) {
	m := managerOn(NewMemory()) // outside: scs.New starts a goroutine
	synctest.Test(t, func(t *testing.T) {
		s := sessionsOf(t, m)
		start := time.Now().Unix()
		time.Sleep(time.Hour)
		if s.IdleIsDue(start) {
			t.Error("rule: without an idle time nothing is due")
		}
		for idle, every := range map[time.Duration]time.Duration{2 * time.Hour: 5 * time.Minute, 16 * time.Minute: time.Minute} {
			m.IdleTimeout = idle
			written := time.Now().Unix()
			time.Sleep(every - time.Second)
			if s.IdleIsDue(written) {
				t.Errorf("rule: an idle time of %v is written every %v at most", idle, every)
			}
			time.Sleep(time.Second)
			if !s.IdleIsDue(written) {
				t.Errorf("rule: an idle time of %v is written after %v", idle, every)
			}
			s.TouchFailed()
			if s.IdleIsDue(written) || s.TouchIsDue(Stored{Outdated: true}, written) {
				t.Error("rule: after a failure nothing is due for a while")
			}
			time.Sleep(5*time.Second - 1)
			if s.IdleIsDue(written) {
				t.Error("rule: which is 5 seconds")
			}
			time.Sleep(time.Nanosecond)
			if !s.IdleIsDue(written) || !s.TouchIsDue(Stored{Outdated: true}, time.Now().Unix()) {
				t.Error("rule: and then it is due again")
			}
		}
		m.IdleTimeout = 1
		if !s.IdleIsDue(time.Now().Unix()) {
			t.Error("rule: the shortest idle time is always due")
		}
		if now := time.Now().Unix(); !s.TouchIsDue(Stored{}, now) || !s.TouchIsDue(Stored{Outdated: true}, now) {
			t.Error("rule: a session is written again for its idle time, or for being outdated")
		}
		if m.IdleTimeout = 0; s.TouchIsDue(Stored{}, 0) || !s.TouchIsDue(Stored{Outdated: true}, 0) {
			t.Error("rule: without an idle time only an outdated one is")
		}
	})
}
