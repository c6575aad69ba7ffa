package session

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

// mixedUp answers every question for one key with the value of another.
func mixedUp(memory *Memory, asked, answered string) *odd {
	o := &odd{Memory: memory}
	o.find = func(key string) ([]byte, bool, error) {
		if key == asked {
			key = answered
		}
		return memory.Find(key)
	}
	return o
}

func TestAStoreThatMixesUpItsAnswersLogsNobodyIn(t *testing.T) {
	for name, codec := range map[string]scs.Codec{"scs's codec": scs.GobCodec{}, "our codec": Codec{}, "our codec, which writes gob": Codec{WriteGob: true}} {
		for _, hashed := range []bool{false, true} {
			memory := NewMemory()
			m := managerOn(memory)
			m.Codec, m.HashTokenInStore = codec, hashed
			s := sessionsOf(t, m)
			alice, bob := loggedIn(t, s, "alice"), loggedIn(t, s, "bob")
			m.Store = mixedUp(memory, s.storeKey(bob.Token), s.storeKey(alice.Token))
			if found, err := s.Read(context.Background(), cookies(s, bob.Token), true); !errors.Is(err, errForeignValue) || found != (Stored{}) {
				t.Errorf("rule: another visitor's session is an error (%s, hashed %t): %+v %v", name, hashed, found, err)
			}
			if record, found, err := s.RecordOf(context.Background(), bob.Token, false); record != "" || found || err != nil {
				t.Errorf("rule: nor is it found in place (%s, hashed %t): %q %v %v", name, hashed, record, found, err)
			}
			ctx, err := m.Load(context.Background(), bob.Token)
			if err != nil {
				t.Fatal(err)
			}
			if found, err := s.Read(ctx, http.Header{}, true); !errors.Is(err, errForeignValue) || found != (Stored{}) {
				t.Errorf("rule: nor where LoadAndSave has loaded it (%s, hashed %t): %+v %v", name, hashed, found, err)
			}
		}
	}
}

func TestASessionThatTheAppHasRenewedIsItsVisitors(t *testing.T) {
	for name, codec := range map[string]scs.Codec{"scs's codec": scs.GobCodec{}, "our codec": Codec{}} {
		m := managerOn(NewMemory())
		m.Codec = codec
		s := sessionsOf(t, m)
		was := loggedIn(t, s, "record")
		ctx, _ := m.Load(context.Background(), was.Token)
		if err := m.RenewToken(ctx); err != nil {
			t.Fatal(err)
		}
		token, _, err := m.Commit(ctx)
		if err != nil || token == was.Token {
			t.Fatal(token, err)
		}
		if got := read(t, s, token); got != "record" {
			t.Errorf("rule: a session that the app itself gave a new token stays a login (%s): %q", name, got)
		}
		loaded, _ := m.Load(context.Background(), token)
		if found, err := s.Read(loaded, http.Header{}, true); err != nil || found != (Stored{Token: token, Record: "record", Loaded: true}) {
			t.Errorf("rule: also where LoadAndSave has loaded it (%s): %+v %v", name, found, err)
		}
	}
}

func TestASessionOfBeforeOwnersIsBelieved(t *testing.T) {
	for name, codec := range map[string]scs.Codec{"scs's codec": scs.GobCodec{}, "our codec": Codec{}} {
		m := managerOn(NewMemory())
		m.Codec = codec
		s := sessionsOf(t, m)
		ctx, _ := m.Load(context.Background(), "")
		m.Put(ctx, s.key, []byte("record"))
		token, _, err := m.Commit(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if got := read(t, s, token); got != "record" {
			t.Errorf("rule: a session of an older release has no owner, and is believed (%s): %q", name, got)
		}
		if record, found, err := s.RecordOf(context.Background(), token, false); record != "record" || !found || err != nil {
			t.Errorf("rule: in place, too (%s): %q %v %v", name, record, found, err)
		}
	}
}

func TestAnOwnerThatCannotBeAskedForIsAnError(t *testing.T) {
	memory := NewMemory()
	m := managerOn(memory)
	s := sessionsOf(t, m)
	alice, bob := loggedIn(t, s, "alice"), loggedIn(t, s, "bob")
	o := mixedUp(memory, bob.Token, alice.Token)
	mix := o.find
	o.find = func(key string) ([]byte, bool, error) {
		if key == alice.Token {
			return nil, false, errDown
		}
		return mix(key)
	}
	m.Store = o
	if found, err := s.Read(context.Background(), cookies(s, bob.Token), true); !errors.Is(err, errDown) || found != (Stored{}) {
		t.Errorf("rule: without an answer about the owner the store cannot tell whose session it is: %+v %v", found, err)
	}
}

func TestALoginLivesAsLongAsItIsTold(t *testing.T) {
	for rule, c := range map[string]struct{ life, want time.Duration }{
		"a shorter life than the manager's":  {time.Minute, time.Minute},
		"the manager's own life":             {time.Hour, time.Hour},
		"a longer one is cut to the manager": {2 * time.Hour, time.Hour},
	} {
		for _, renews := range []bool{false, true} {
			m := managerOn(NewMemory())
			m.Lifetime = time.Hour
			s := sessionsOf(t, m)
			var was Stored
			if renews {
				was = loggedIn(t, s, "record")
			}
			w, err := s.LoginFor(context.Background(), c.life, was, []byte("record"), false, cookies(s, was.Token), true)
			if err != nil || w.Gone {
				t.Fatal(w, err)
			}
			ctx, _ := m.Load(context.Background(), w.Token)
			if lives := time.Until(m.Deadline(ctx)); lives > c.want || lives < c.want-30*time.Second {
				t.Errorf("rule: a session lives as long as it is told: %s (renewed %t): %v", rule, renews, lives)
			}
		}
	}
}
