package session

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

// after is the record that a token leads to; it must not be an error.
func after(t *testing.T, s *Sessions, token string) string {
	t.Helper()
	record, err := s.RecordAfter(context.Background(), token)
	if err != nil {
		t.Fatal(err)
	}
	return record
}

func TestAnOldTokenLeadsToItsSession(t *testing.T) {
	for name, codec := range map[string]scs.Codec{"scs's codec": scs.GobCodec{}, "our codec": Codec{}} {
		store := NewMemory()
		m := managerOn(store)
		m.Codec = codec
		s := sessionsOf(t, m)
		if got := after(t, s, ""); got != "" {
			t.Errorf("rule: no token leads nowhere (%s): %q", name, got)
		}
		if got := after(t, s, strings.Repeat("u", tokenDigits)); got != "" {
			t.Errorf("rule: an unknown token leads nowhere (%s): %q", name, got)
		}
		first := loggedIn(t, s, "first")
		if got := after(t, s, first.Token); got != "first" {
			t.Errorf("rule: a token leads to its own session (%s): %q", name, got)
		}
		second := renewedBy(t, s, first, "second")
		third := renewedBy(t, s, second, "third")
		for _, token := range []string{first.Token, second.Token, third.Token} {
			if got := after(t, s, token); got != "third" {
				t.Errorf("rule: an old token leads to the session under its new token (%s): %q", name, got)
			}
		}
		logout(t, s, third)
		for _, token := range []string{first.Token, second.Token, third.Token} {
			if got := after(t, s, token); got != "" {
				t.Errorf("rule: after a logout no token leads anywhere (%s): %q", name, got)
			}
		}
	}
}

func TestAnOldTokenFindsASessionInAnyForm(t *testing.T) {
	m := managerOn(NewMemory())
	was := loggedIn(t, sessionsOf(t, m), "record") // written by scs's default codec
	m.Codec = Codec{}
	s := sessionsOf(t, m)
	if got := after(t, s, was.Token); got != "record" {
		t.Errorf("rule: a session that scs's codec wrote is read, too: %q", got)
	}
	m.Store.Commit(was.Token, []byte("garbage"), time.Now().Add(time.Hour))
	if got := after(t, s, was.Token); got != "" {
		t.Errorf("rule: what cannot be read holds no record: %q", got)
	}
}

func TestALogoutEndsWhereAnOldTokenLeads(t *testing.T) {
	store := NewMemory()
	s := sessionsOf(t, managerOn(store))
	was := loggedIn(t, s, "record")
	stale, _, _ := store.Find(was.Token)
	logout(t, s, was)
	store.Commit(was.Token, stale, time.Now().Add(time.Hour)) // a request that was still running
	if got := after(t, s, was.Token); got != "" {
		t.Errorf("rule: what a late request wrote behind a logout does not count: %q", got)
	}
}

func TestAStoreThatFailsLeadsNowhere(t *testing.T) {
	tried := 0
	for number := 1; ; number++ {
		f := &failing{Memory: NewMemory(), codec: scs.GobCodec{}}
		m := managerOn(f)
		m.Codec = f
		s := sessionsOf(t, m)
		first := loggedIn(t, s, "record")
		renewedBy(t, s, first, "record")
		f.number, f.met = number, false
		record, err := s.RecordAfter(context.Background(), first.Token)
		if !f.met {
			if record != "record" || err != nil {
				t.Errorf("rule: without a failure the session is found: %q %v", record, err)
			}
			break
		}
		tried++
		if record != "" || !errors.Is(err, errDown) {
			t.Errorf("rule: a command that fails is the error of the look-up: command %d: %q %v", number, record, err)
		}
	}
	if tried < 4 {
		t.Errorf("rule: the notes and the sessions are asked for: %d commands", tried)
	}
	f := &faulty{Memory: NewMemory(), codec: scs.GobCodec{}, at: "Find"}
	m := managerOn(f)
	m.Codec = f
	if record, err := sessionsOf(t, m).RecordAfter(context.Background(), strings.Repeat("u", tokenDigits)); record != "" || err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("rule: a store that panics is one that fails: %q %v", record, err)
	}
}
