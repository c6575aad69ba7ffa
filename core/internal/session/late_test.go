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

// told is a store that notes its commands about sessions, in their order.
type told struct {
	*Memory
	commands []string
}

func (s *told) Find(key string) ([]byte, bool, error) {
	s.commands = append(s.commands, "find "+key)
	return s.Memory.Find(key)
}

func (s *told) Commit(key string, b []byte, expires time.Time) error {
	s.commands = append(s.commands, "commit "+key)
	return s.Memory.Commit(key, b, expires)
}

func (s *told) Delete(key string) error {
	s.commands = append(s.commands, "delete "+key)
	return s.Memory.Delete(key)
}

func TestARenewalDeletesTheOldSessionLast(t *testing.T) {
	store := &told{Memory: NewMemory()}
	s := sessionsOf(t, managerOn(store))
	was := loggedIn(t, s, "record")
	store.commands = nil
	now := renewedBy(t, s, was, "record")
	made, ended := slices.Index(store.commands, "commit "+now.Token), slices.Index(store.commands, "delete "+was.Token)
	if made < 0 || ended < made || strings.Count(strings.Join(store.commands, " "), "delete ") != 1 {
		t.Errorf("rule: a logout at any moment finds the old session or the new one: made by command %d, ended by %d of %d", made, ended, len(store.commands))
	}
}

func TestASessionWithoutAnOwnerCostsOneRead(t *testing.T) {
	store := &told{Memory: NewMemory()}
	m := managerOn(store)
	s := sessionsOf(t, m)
	ctx, _ := m.Load(context.Background(), "")
	m.Put(ctx, s.key, []byte("record"))
	token, _, err := m.Commit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	store.commands = nil
	if got := read(t, s, token); got != "record" || !slices.Equal(store.commands, []string{"find " + token}) {
		t.Errorf("rule: a session of an older release is read by one command: %q %q", got, store.commands)
	}
}

func TestALateLoginFailsWithItsStore(t *testing.T) {
	for rule, end := range map[string]func(*Sessions, Stored){
		"after a logout":  func(s *Sessions, was Stored) { logout(t, s, was) },
		"after a renewal": func(s *Sessions, was Stored) { renewedBy(t, s, was, "record") },
		"after nothing":   func(*Sessions, Stored) {},
	} {
		for number := 1; ; number++ {
			f := &failing{Memory: NewMemory(), codec: scs.GobCodec{}}
			m := managerOn(f)
			m.Codec = f
			s := sessionsOf(t, m)
			was := loggedIn(t, s, "record")
			end(s, was)
			f.number, f.met = number, false
			w, err := s.Login(context.Background(), Stored{}, []byte("late"), false, cookies(s, was.Token), true)
			if !f.met {
				if err != nil || number == 1 {
					t.Errorf("rule: without a failure a late login has its answer: %s: %v", rule, err)
				}
				break
			}
			if !errors.Is(err, errDown) || w.Gone || w.Token != "" || len(w.Header) > 0 {
				t.Errorf("rule: a command that fails is the error of a late login: %s, command %d: %+v %v", rule, number, w, err)
			}
		}
	}
}

func TestALateLoginUnderLoadAndSaveDestroysItsSession(t *testing.T) {
	m := managerOn(NewMemory())
	s := sessionsOf(t, m)
	was := loggedIn(t, s, "record")
	logout(t, s, was)
	ctx, _ := m.Load(context.Background(), was.Token) // finds nothing under this token
	w, err := s.Login(ctx, Stored{Loaded: true}, []byte("late"), false, cookies(s, was.Token), true)
	if err != nil || !w.Gone || w.Header == nil || len(w.Header) != 0 || m.Status(ctx) != scs.Destroyed {
		t.Errorf("rule: LoadAndSave removes the cookie of a session that was logged out: %+v %v, status %v", w, err, m.Status(ctx))
	}
}

func TestALogoutOfOneAccountEndsEverySessionThatTheBrowserSentOrFails(t *testing.T) {
	for number := 1; ; number++ {
		f := &failing{Memory: NewMemory(), codec: scs.GobCodec{}}
		m := managerOn(f)
		m.Codec = f
		a, b := neighbours(t, m)
		both, second := renewedBy(t, b, loggedIn(t, a, "of a"), "of b"), loggedIn(t, a, "a second one")
		f.number, f.met = number, false
		h, err := a.Logout(context.Background(), both, false, cookies(a, both.Token, second.Token), true)
		if !f.met {
			f.number = 0
			if token := cookieIn(t, h); err != nil || read(t, a, second.Token) != "" || read(t, b, token) != "of b" {
				t.Errorf("rule: a logout of one account ends the browser's other sessions, and keeps the other account: %v %v", h, err)
			}
			break
		}
		if !errors.Is(err, errDown) || len(h) > 0 {
			t.Errorf("rule: a command that fails is the error of the logout: command %d: %v %v", number, h, err)
		}
	}
}

// interrupted runs something once, just before a value is written whose key fits.
type interrupted struct {
	*Memory
	before func(key string) bool
	run    func()
}

func (s *interrupted) Commit(key string, b []byte, expires time.Time) error {
	if run := s.run; run != nil && s.before(key) {
		s.run = nil
		run()
	}
	return s.Memory.Commit(key, b, expires)
}

func TestALogoutOfAllAccountsWinsOverOneOfOneAccount(t *testing.T) {
	for rule, before := range map[string]func(key string) bool{
		"before the new session is noted":   func(key string) bool { return !IsToken(key) },
		"before the new session is written": IsToken,
	} {
		store := &interrupted{Memory: NewMemory(), before: before}
		m := managerOn(store)
		a, b := neighbours(t, m)
		both := renewedBy(t, b, loggedIn(t, a, "of a"), "of b")
		store.run = func() {
			if _, err := b.Logout(context.Background(), both, true, cookies(b, both.Token), true); err != nil {
				t.Error(err)
			}
		}
		h, err := a.Logout(context.Background(), both, false, cookies(a, both.Token), true)
		if err != nil || store.run != nil || cookieIn(t, h) != "" {
			t.Errorf("rule: a logout of all accounts %s leaves no cookie: %v %v", rule, h, err)
		}
		if all, _ := a.All(context.Background()); len(all) != 0 {
			t.Errorf("rule: and no session: %s: %v", rule, all)
		}
		if all, _ := b.All(context.Background()); len(all) != 0 {
			t.Errorf("rule: of any account: %s: %v", rule, all)
		}
	}
}

func TestTheSessionThatALogoutOfOneAccountKeepsHasItsOwner(t *testing.T) {
	for name, codec := range map[string]scs.Codec{"scs's codec": scs.GobCodec{}, "our codec": Codec{}} {
		m := managerOn(NewMemory())
		m.Codec = codec
		a, b := neighbours(t, m)
		both := renewedBy(t, b, loggedIn(t, a, "of a"), "of b")
		h, err := a.Logout(context.Background(), both, false, cookies(a, both.Token), true)
		if err != nil {
			t.Fatal(err)
		}
		if record, found, err := b.RecordOf(context.Background(), cookieIn(t, h), false); record != "of b" || !found || err != nil {
			t.Errorf("rule: it is read by one command, as it names its own token (%s): %q %v %v", name, record, found, err)
		}
	}
}

func TestOneLogoutEndsThirtyTwoSessions(t *testing.T) {
	if maxEnded != 32 || maxRenewals != 16 {
		t.Errorf("rule: one logout ends 32 sessions, and one token is renewed 16 times: %d, %d", maxEnded, maxRenewals)
	}
	for renewals, ends := range map[int]bool{31: true, 32: false} {
		s := sessionsOf(t, managerOn(NewMemory()))
		first := loggedIn(t, s, "record")
		last := first
		for range renewals {
			last = renewedBy(t, s, last, "record")
		}
		if got := after(t, s, first.Token); (got == "record") != ends {
			t.Errorf("rule: an old token leads over 32 sessions at most: %d renewals: %q", renewals, got)
		}
		logout(t, s, first)
		if got := read(t, s, last.Token); (got == "") != ends {
			t.Errorf("rule: a logout ends 32 sessions at most: %d renewals: %q", renewals, got)
		}
	}
}

// besides is a codec that returns values beside an error.
type besides struct{ scs.GobCodec }

func (c besides) Decode(b []byte) (time.Time, map[string]any, error) {
	deadline, values, _ := c.GobCodec.Decode(b)
	return deadline, values, errDown
}

func TestWhatACodecSaysBesideAnErrorDoesNotCount(t *testing.T) {
	m := managerOn(NewMemory())
	m.Codec = besides{}
	s := sessionsOf(t, m)
	was := loggedIn(t, s, "record")
	if all, err := s.All(context.Background()); err != nil || len(all) != 0 {
		t.Errorf("rule: a session that cannot be decoded is not listed: %v %v", all, err)
	}
	if found, err := s.Read(context.Background(), cookies(s, was.Token), true); err != nil || found != (Stored{}) {
		t.Errorf("rule: nor is it read: %+v %v", found, err)
	}
	if value, found, err := s.Value(context.Background(), was.Token); value != nil || found || !errors.Is(err, errDown) {
		t.Errorf("rule: nor is it a value: %q %v %v", value, found, err)
	}
}

func TestAnOwnerIsWrittenOnce(t *testing.T) {
	values := map[string]any{ownerKey: []byte("owner"), recordPrefix + testAppID: []byte("record")}
	b, err := Codec{}.Encode(time.Unix(1, 0), values)
	if want := sessionHead + 4 + len(ownerKey) + len("owner") + 4 + len(recordPrefix+testAppID) + len("record"); err != nil || len(b) != want || b[sessionHead-1] != 2 {
		t.Errorf("rule: a session holds each record once: %d bytes, want %d, %d records %v", len(b), want, b[sessionHead-1], err)
	}
}

func TestALogoutByAnOldTokenFailsWithItsStore(t *testing.T) {
	for number := 1; ; number++ {
		f := &failing{Memory: NewMemory(), codec: scs.GobCodec{}}
		m := managerOn(f)
		m.Codec = f
		s := sessionsOf(t, m)
		first := loggedIn(t, s, "record")
		last := renewedBy(t, s, first, "record")
		f.number, f.met = number, false
		h, err := s.Logout(context.Background(), Stored{}, false, cookies(s, first.Token), true)
		met := f.met
		f.number = 0
		if !met {
			if err != nil || read(t, s, last.Token) != "" {
				t.Errorf("rule: a logout by an old token ends the session: %v %v", h, err)
			}
			break
		}
		if !errors.Is(err, errDown) || len(h) > 0 {
			t.Errorf("rule: a logout that cannot look for what came of a token has failed: command %d: %v %v", number, h, err)
		}
	}
}
