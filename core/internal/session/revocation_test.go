package session

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"
)

// between runs something once, just before a session is written: the moment in which
// another request of the same visitor may log out.
type between struct {
	*Memory
	run func()
}

func (b *between) Commit(token string, value []byte, expires time.Time) error {
	if run := b.run; run != nil && IsToken(token) {
		b.run = nil
		run()
	}
	return b.Memory.Commit(token, value, expires)
}

// withUser counts the sessions in a store that hold a record.
func withUser(t *testing.T, m *scs.SessionManager, store *Memory) (n int) {
	t.Helper()
	all, _ := store.All()
	for _, b := range all {
		if _, values, err := m.Codec.Decode(b); err == nil && values[recordPrefix+testAppID] != nil {
			n++
		}
	}
	return n
}

func TestALogoutWinsOverARequestThatIsWriting(t *testing.T) {
	for _, codec := range []scs.Codec{scs.GobCodec{}, Codec{}} {
		for rule, write := range map[string]func(*Sessions, Stored) (Written, error){
			"a login that renews the token": func(s *Sessions, was Stored) (Written, error) {
				return s.Login(context.Background(), was, []byte("raised"), false, http.Header{}, true)
			},
			"a rewrite": func(s *Sessions, was Stored) (Written, error) {
				return s.Rewrite(context.Background(), was, []byte("touched"), true)
			},
		} {
			store := &between{Memory: NewMemory()}
			m := managerOn(store)
			m.Codec = codec
			s := sessionsOf(t, m)
			was := loggedIn(t, s, "record")
			store.run = func() { logout(t, s, was) }
			w, err := write(s, was)
			if err != nil || !w.Gone || store.run != nil || withUser(t, m, store.Memory) != 0 {
				t.Errorf("rule: a logout wins over %s: %+v %v, %d sessions left", rule, w, err, withUser(t, m, store.Memory))
			}
		}
	}
}

func TestALogoutWithAnOldTokenEndsWhatCameOfIt(t *testing.T) {
	store := NewMemory()
	s := sessionsOf(t, managerOn(store))
	first := loggedIn(t, s, "record")
	last := first
	for range 8 {
		last = renewedBy(t, s, last, "record")
	}
	logout(t, s, first)
	if got := read(t, s, last.Token); got != "" {
		t.Errorf("rule: a logout with a token of before a renewal ends the session under its new token: %q", got)
	}
}

func TestALogoutIsRememberedForTenMinutes(t *testing.T) {
	store := NewMemory()
	m := managerOn(store) // outside: scs.New starts a goroutine
	synctest.Test(t, func(t *testing.T) {
		s := sessionsOf(t, m)
		was := loggedIn(t, s, "record")
		stale, _, _ := store.Find(was.Token)
		logout(t, s, was)
		time.Sleep(9 * time.Minute)
		store.Commit(was.Token, stale, time.Now().Add(time.Hour)) // a request that loaded before and commits now
		if w, err := s.Rewrite(context.Background(), was, []byte("record"), true); err != nil || !w.Gone || read(t, s, was.Token) != "" {
			t.Errorf("rule: a request that runs for nine minutes brings no session back: %+v %v", w, err)
		}
		time.Sleep(time.Minute)
		store.Sweep(time.Now())
		if n := store.Held(); n != 0 {
			t.Errorf("rule: nothing is kept about a logout for longer than ten minutes: %d entries", n)
		}
	})
}

func TestARenewedSessionIsNotWrittenBack(t *testing.T) {
	store := NewMemory()
	s := sessionsOf(t, managerOn(store))
	was := loggedIn(t, s, "record")
	stale, _, _ := store.Find(was.Token)
	renewedBy(t, s, was, "raised")
	store.Commit(was.Token, stale, time.Now().Add(time.Hour)) // a touch that loaded before and commits after
	if w, err := s.Rewrite(context.Background(), was, []byte("record"), true); err != nil || !w.Gone {
		t.Errorf("rule: a session that has a new token is not written under the old one: %+v %v", w, err)
	}
	if read(t, s, was.Token) != "" {
		t.Error("rule: the old token stays dead")
	}
}

func TestAVanishedSessionIsNotWrittenBack(t *testing.T) {
	store := NewMemory()
	s := sessionsOf(t, managerOn(store))
	was := loggedIn(t, s, "record")
	store.Delete(was.Token) // by the app itself, without a note
	if w, err := s.Rewrite(context.Background(), was, []byte("record"), true); err != nil || !w.Gone || w.Header != nil || store.Held() != 0 {
		t.Errorf("rule: a session that the app deleted is not written back: %+v %v, %d entries", w, err, store.Held())
	}
}

func TestALogoutWhereLoadAndSaveHasLoadedTheSession(t *testing.T) {
	store := NewMemory()
	m := managerOn(store)
	s := sessionsOf(t, m)
	was := loggedIn(t, s, "record")
	stale, _, _ := store.Find(was.Token)
	ctx, err := m.Load(context.Background(), was.Token)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := s.Read(ctx, http.Header{}, true)
	if err != nil || !loaded.Loaded || loaded.Record != "record" {
		t.Fatalf("%+v %v", loaded, err)
	}
	h, err := s.Logout(ctx, loaded, false, cookies(s, was.Token), true)
	if err != nil || len(h) != 0 || m.Status(ctx) != scs.Destroyed || read(t, s, was.Token) != "" {
		t.Errorf("rule: the session is destroyed, and LoadAndSave removes the cookie: %v %v", h, err)
	}
	store.Commit(was.Token, stale, time.Now().Add(time.Hour)) // a fiber handler that loaded before commits now
	if w, err := s.Rewrite(context.Background(), was, []byte("record"), true); err != nil || !w.Gone {
		t.Errorf("rule: a logout under LoadAndSave wins over other requests as well: %+v %v", w, err)
	}
}

func TestALogoutEndsEverySessionThatTheBrowserSent(t *testing.T) {
	s := sessionsOf(t, managerOn(NewMemory()))
	one, two := loggedIn(t, s, "one"), loggedIn(t, s, "two")
	h, err := s.Logout(context.Background(), one, false, cookies(s, one.Token, two.Token), true)
	if err != nil || len(h.Values("Set-Cookie")) != 1 || read(t, s, one.Token, two.Token) != "" {
		t.Errorf("rule: a logout ends every session that the browser sent: %v %v", h, err)
	}
}

func TestALogoutOfNobodyDoesNothing(t *testing.T) {
	for _, m := range []*scs.SessionManager{nil, managerOn(NewMemory())} {
		s := sessionsOf(t, m)
		store := s.memory
		if m != nil {
			store = m.Store.(*Memory)
		}
		for rule, h := range map[string]http.Header{"without a cookie": {}, "with a cookie that cannot be a token": cookies(s, "x"), "with an empty cookie": cookies(s, "")} {
			if answer, err := s.Logout(context.Background(), Stored{}, false, h, true); err != nil || len(answer) != 0 {
				t.Errorf("rule: a logout sets a cookie only where the browser sent a token (%s): %v %v", rule, answer, err)
			}
		}
		unknown := cookies(s, strings.Repeat("u", tokenDigits))
		answer, err := s.Logout(context.Background(), Stored{}, false, unknown, true)
		if err != nil || len(answer.Values("Set-Cookie")) != 1 || store.Held() != 0 {
			t.Errorf("rule: an unknown token is removed from the browser and leaves nothing in the store: %v %v, %d entries", answer, err, store.Held())
		}
	}
}

func TestALogoutEndsAllThatCameOfOneToken(t *testing.T) {
	store := NewMemory()
	m := managerOn(store)
	one, two := sessionsOf(t, m), sessionsOf(t, m)
	was := loggedIn(t, one, "record")
	// Both read the session before either has renewed it: a callback delivered twice.
	stale, _, _ := store.Find(was.Token)
	first := renewedBy(t, one, was, "first")
	store.Commit(was.Token, stale, time.Now().Add(time.Hour))
	second := renewedBy(t, two, was, "second")
	// A third was on its way and finds the old session gone.
	third, err := two.Login(context.Background(), Stored{}, []byte("third"), false, cookies(two, was.Token), true)
	if err != nil || third.Gone {
		t.Fatal(third, err)
	}
	if n := withUser(t, m, store); n != 3 {
		t.Fatalf("three sessions came of one: %d", n)
	}
	logout(t, one, was)
	if n := withUser(t, m, store); n != 0 {
		t.Errorf("rule: a logout ends all that came of its token: %v, %v and %v; %d are left", first.Token, second.Token, third.Token, n)
	}
}

func TestALoginThatWasOnItsWayAtALogout(t *testing.T) {
	store := NewMemory()
	m := managerOn(store)
	s := sessionsOf(t, m)
	was := loggedIn(t, s, "record")
	logout(t, s, was)
	late, err := s.Login(context.Background(), Stored{}, []byte("late"), false, cookies(s, was.Token), true)
	if err != nil || !late.Gone || withUser(t, m, store) != 0 {
		t.Errorf("rule: the logout wins over a login whose request brought the old token: %+v %v", late, err)
	}
	if line := late.Header.Get("Set-Cookie"); !strings.Contains(line, "Max-Age=0") {
		t.Errorf("rule: the cookie is removed, so that the next login counts: %q", line)
	}
	next, err := s.Login(context.Background(), Stored{}, []byte("next"), false, http.Header{}, true)
	if err != nil || next.Gone || read(t, s, next.Token) != "next" {
		t.Errorf("rule: the next login counts: %+v %v", next, err)
	}
}

func TestATokenIsNotRenewedWithoutEnd(t *testing.T) {
	store := NewMemory()
	m := managerOn(store)
	s := sessionsOf(t, m)
	was := loggedIn(t, s, "record")
	renewedBy(t, s, was, "record")
	made := 1
	for range 2 * maxRenewals {
		w, err := s.Login(context.Background(), Stored{}, []byte("record"), false, cookies(s, was.Token), true)
		if err != nil {
			t.Fatal(err)
		}
		if !w.Gone {
			made++
		}
	}
	if n := withUser(t, m, store); made != maxRenewals || n != made {
		t.Errorf("rule: %d sessions come of one token while it is remembered: %d, %d in the store", maxRenewals, made, n)
	}
}
