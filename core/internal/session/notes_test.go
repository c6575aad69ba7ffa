package session

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

// notesIn are the entries of a store that are no session of a token.
func notesIn(store *Memory) map[string][]byte {
	all, _ := store.All()
	for key := range all {
		if IsToken(key) {
			delete(all, key)
		}
	}
	return all
}

func TestANoteShowsNothingAndIsNobodysSession(t *testing.T) {
	for name, codec := range map[string]scs.Codec{"scs's codec": scs.GobCodec{}, "our codec": Codec{}} {
		for _, hashed := range []bool{false, true} {
			store := NewMemory()
			m := managerOn(store)
			m.Codec, m.HashTokenInStore = codec, hashed
			s := sessionsOf(t, m)
			was := loggedIn(t, s, "record")
			now := renewedBy(t, s, was, "record")
			notes := notesIn(store)
			if len(notes) != 3 {
				t.Fatalf("rule: a renewal writes three notes: %s: %d", name, len(notes))
			}
			for key, b := range notes {
				for _, secret := range []string{was.Token, now.Token, s.storeKey(was.Token), s.storeKey(now.Token)} {
					if strings.Contains(key, secret) || bytes.Contains(b, []byte(secret)) {
						t.Errorf("rule: a note shows neither token (%s, hashed %v)", name, hashed)
					}
				}
				if len(key) != tokenDigits {
					t.Errorf("rule: a key has a token's length, which is the longest that some stores take: %d", len(key))
				}
				if _, values, err := m.Codec.Decode(b); err != nil || len(values) != 1 || values[recordPrefix+testAppID] != nil {
					t.Errorf("rule: an app may iterate over its store, and finds no user in a note: %v %v", values, err)
				}
				if read(t, s, key) != "" {
					t.Error("rule: a note is never read as a session")
				}
			}
			// Whoever knows the token can ask for nothing by it: the name needs the secret.
			other := sessionsOf(t, m)
			other.notes = testSeal(t, "another secret")
			in := slot{s.storeKey(was.Token), 0}.name()
			for seal, is := range map[*Sessions]bool{s: true, other: false} {
				if _, found, err := seal.note(context.Background(), renewedAs, in); found != is || err != nil {
					t.Errorf("rule: a note is found with the app secret only: %v %v", found, err)
				}
			}
		}
	}
}

func TestANoteThatCannotBeReadIsNone(t *testing.T) {
	store := NewMemory()
	m := managerOn(store)
	s := sessionsOf(t, m)
	ctx := context.Background()
	key := strings.Repeat("k", tokenDigits)
	name := s.notes.Names(string(loggedOut), key)[0]
	encoded := func(values map[string]any) []byte {
		b, err := m.Codec.Encode(time.Now().Add(time.Hour), values)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	elsewhere := s.notes.Close("another place", nil)
	for rule, b := range map[string][]byte{
		"what no codec decodes":         []byte("garbage"),
		"nothing":                       {},
		"a session without a note":      encoded(map[string]any{"cart": "full"}),
		"a note in the clear":           encoded(map[string]any{string(loggedOut): "1"}),
		"a note that nobody sealed":     encoded(map[string]any{string(loggedOut): []byte("0123456789abcdef0123456789abcdef")}),
		"a note sealed for elsewhere":   encoded(map[string]any{string(loggedOut): elsewhere}),
		"a note of another kind":        encoded(map[string]any{string(renewedAs): s.notes.Close(name, nil)}),
		"a note cut short":              encoded(map[string]any{string(loggedOut): s.notes.Close(name, nil)[:12]}),
		"a note under another secret":   encoded(map[string]any{string(loggedOut): testSeal(t, "another").Close(name, nil)}),
		"a session that holds a record": encoded(map[string]any{recordPrefix + testAppID: []byte("record")}),
	} {
		store.Commit(name, b, time.Now().Add(time.Hour))
		if _, found, err := s.note(ctx, loggedOut, key); found || err != nil {
			t.Errorf("rule: %s counts as no note: %v %v", rule, found, err)
		}
	}
	if err := s.putNote(ctx, loggedOut, key, ""); err != nil {
		t.Fatal(err)
	}
	if _, found, err := s.note(ctx, loggedOut, key); !found || err != nil {
		t.Errorf("a note that was put is found: %v %v", found, err)
	}
}

func TestALogoutEndsRenewalsOfBothSecrets(t *testing.T) {
	store := NewMemory()
	m := managerOn(store)
	before, after := sessionsOf(t, m), sessionsOf(t, m)
	before.notes = testSeal(t, "former")
	after.notes = testSeal(t, "now", "former")
	was := loggedIn(t, before, "record")
	stale, _, _ := store.Find(was.Token)
	renewedBy(t, after, was, "record")
	store.Commit(was.Token, stale, time.Now().Add(time.Hour))
	renewedBy(t, before, was, "record")
	if n := withUser(t, m, store); n != 2 {
		t.Fatalf("two nodes renewed the token: %d sessions", n)
	}
	logout(t, after, was)
	if n := withUser(t, m, store); n != 0 {
		t.Errorf("rule: a logout ends what nodes with a former secret made of its token: %d are left", n)
	}
}

func TestANoteOfAFormerSecretStillCounts(t *testing.T) {
	store := NewMemory()
	m := managerOn(store)
	before, after := sessionsOf(t, m), sessionsOf(t, m)
	before.notes = testSeal(t, "former")
	after.notes = testSeal(t, "now", "former")
	was := loggedIn(t, before, "record")
	stale, _, _ := store.Find(was.Token)
	logout(t, before, was)
	store.Commit(was.Token, stale, time.Now().Add(time.Hour))
	if w, err := after.Rewrite(context.Background(), was, []byte("record"), true); err != nil || !w.Gone {
		t.Errorf("rule: a logout at a node with a former secret counts at the others: %+v %v", w, err)
	}
}
