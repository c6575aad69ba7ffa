package session

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

// listing is a store that lists with a context.
type listing struct {
	*Memory
	ctx context.Context
	err error
}

func (l *listing) FindCtx(_ context.Context, key string) ([]byte, bool, error) { return l.Find(key) }
func (l *listing) CommitCtx(_ context.Context, key string, b []byte, expires time.Time) error {
	return l.Commit(key, b, expires)
}
func (l *listing) DeleteCtx(_ context.Context, key string) error { return l.Delete(key) }

func (l *listing) AllCtx(ctx context.Context) (map[string][]byte, error) {
	l.ctx = ctx
	all, _ := l.Memory.All()
	return all, l.err
}

// All must not be asked where AllCtx is there.
func (l *listing) All() (map[string][]byte, error) { panic("without a context") }

// records are those of listed sessions, sorted.
func records(sessions []Listed) (records []string) {
	for _, l := range sessions {
		records = append(records, l.Record)
	}
	slices.Sort(records)
	return records
}

func TestTheSessionsOfAnAccountAreListed(t *testing.T) {
	ctx := context.Background()
	for name, codec := range map[string]scs.Codec{"scs's codec": scs.GobCodec{}, "our codec": Codec{}} {
		for _, withContext := range []bool{false, true} {
			memory := NewMemory()
			m := managerOn(memory)
			if withContext {
				m.Store = &listing{Memory: memory}
			}
			m.Codec, m.Lifetime = codec, time.Hour
			s, other := neighbours(t, m)
			loggedIn(t, s, "one")
			loggedIn(t, s, "two")
			loggedIn(t, other, "of another account")
			if err := s.PutValue(ctx, valueName, []byte("a value"), time.Hour); err != nil {
				t.Fatal(err)
			}
			record, _ := memory.All()
			for _, b := range record {
				memory.Commit(".a note that looks like a session", b, time.Now().Add(time.Hour))
			}
			memory.Commit(strings.Repeat("g", tokenDigits), []byte("garbage"), time.Now().Add(time.Hour))
			sessions, err := s.All(ctx)
			if err != nil || !slices.Equal(records(sessions), []string{"one", "two"}) {
				t.Errorf("rule: every session with a record of this account is listed, and nothing else (%s, with a context %t): %q %v", name, withContext, records(sessions), err)
			}
			for _, l := range sessions {
				if away := time.Until(l.Expires); away > time.Hour || away < time.Hour-time.Minute {
					t.Errorf("rule: it is told when a session ends (%s): in %v", name, away)
				}
			}
		}
	}
}

func TestPrivateSessionsAreListed(t *testing.T) {
	s := sessionsOf(t, nil)
	loggedIn(t, s, "record")
	if sessions, err := s.All(context.Background()); err != nil || !slices.Equal(records(sessions), []string{"record"}) {
		t.Errorf("rule: private sessions are listed: %q %v", records(sessions), err)
	}
}

func TestAStoreThatCannotListIsAnError(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(context.Background(), key{}, "of the caller")
	l := &listing{Memory: NewMemory(), err: errDown}
	for rule, c := range map[string]struct {
		store scs.Store
		want  error
	}{
		"one that has no list":                    {empty{}, ErrNotListed},
		"one that fails, and lists beside it":     {l, errDown},
		"one that fails and takes no context":     {unlisted{NewMemory()}, errDown},
		"what errors calls it, where it has none": {empty{}, errors.ErrUnsupported},
	} {
		s := sessionsOf(t, managerOn(c.store))
		loggedIn(t, s, "record")
		if sessions, err := s.All(ctx); !errors.Is(err, c.want) || sessions != nil {
			t.Errorf("rule: %s is an error: %v %v", rule, sessions, err)
		}
	}
	if l.ctx == nil || l.ctx.Value(key{}) == nil {
		t.Error("rule: a store that takes a context gets the caller's")
	}
	if sessions, err := sessionsOf(t, managerOn(panickingList{NewMemory()})).All(ctx); err == nil || sessions != nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("rule: a list that panics is one that fails: %v %v", sessions, err)
	}
}

type unlisted struct{ *Memory }

func (u unlisted) All() (map[string][]byte, error) { return nil, errDown }

type panickingList struct{ *Memory }

func (panickingList) All() (map[string][]byte, error) { panic("a secret of the app's") }

func TestACodecThatPanicsHidesItsSessionOnly(t *testing.T) {
	f := &faulty{Memory: NewMemory(), codec: scs.GobCodec{}}
	m := managerOn(f)
	m.Codec = f
	s := sessionsOf(t, m)
	loggedIn(t, s, "record")
	f.at = "Decode"
	if sessions, err := s.All(context.Background()); err != nil || len(sessions) != 0 {
		t.Errorf("rule: a session that the codec panics on is not listed, and no error: %v %v", sessions, err)
	}
}

func TestAListedSessionIsEndedLikeByALogout(t *testing.T) {
	for _, hashed := range []bool{false, true} {
		store := NewMemory()
		m := managerOn(store)
		m.HashTokenInStore = hashed
		s := sessionsOf(t, m)
		was, stays := loggedIn(t, s, "ends"), loggedIn(t, s, "stays")
		stale, _, _ := store.Find(s.storeKey(was.Token))
		sessions, err := s.All(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range sessions {
			if l.Record == "ends" {
				if err := s.End(context.Background(), l); err != nil {
					t.Fatal(err)
				}
			}
		}
		if read(t, s, was.Token) != "" || read(t, s, stays.Token) != "stays" {
			t.Errorf("rule: the session ends, and no other (hashed %t)", hashed)
		}
		store.Commit(s.storeKey(was.Token), stale, time.Now().Add(time.Hour)) // a request that still runs
		if w, err := s.Rewrite(context.Background(), was, []byte("ends"), true); err != nil || !w.Gone {
			t.Errorf("rule: it wins over requests that are still running (hashed %t): %+v %v", hashed, w, err)
		}
	}
	f := &faulty{Memory: NewMemory(), codec: scs.GobCodec{}, at: "Encode"}
	m := managerOn(f)
	m.Codec = f
	if err := sessionsOf(t, m).End(context.Background(), Listed{key: strings.Repeat("k", tokenDigits)}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("rule: a codec that panics is one that fails: %v", err)
	}
}
