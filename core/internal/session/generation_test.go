package session

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

// nodeOf is one node with generations, on an app's own manager.
func nodeOf(t *testing.T, m *scs.SessionManager, now func() time.Time) *Sessions {
	t.Helper()
	c := Config{Manager: m, AppID: testAppID, Cookie: "private", Notes: testSeal(t, "a secret"), Now: now, Generations: true}
	if codec, ok := m.Codec.(Codec); ok {
		c.Codec = &codec
	}
	return New(c)
}

func TestAGenerationLivesLongerThanAnySession(t *testing.T) {
	for _, codec := range []scs.Codec{scs.GobCodec{}, Codec{}} {
		store := NewMemory()
		m := managerOn(store)
		m.Codec, m.Lifetime = codec, 40*24*time.Hour
		s := nodeOf(t, m, time.Now)
		if err := s.EndEverywhere(context.Background(), "alice"); err != nil {
			t.Fatal(err)
		}
		loggedIn(t, s, "record")
		var session, generation int64
		for i := range store.shards {
			for key, it := range store.shards[i].items {
				if IsToken(key) {
					session = it.expires
				} else {
					generation = it.expires
				}
			}
		}
		if session == 0 || generation < session+int64(generationSlack/time.Second)-1 {
			t.Errorf("rule: a generation is kept longer than sessions: %d, sessions %d", generation, session)
		}
	}
}

func TestAGenerationIsRead(t *testing.T) {
	ctx := context.Background()
	for rule, c := range map[string]struct {
		spoil   func(store *Memory, name string, b []byte)
		current bool
		err     error
	}{
		"as it was written": {func(*Memory, string, []byte) {}, false, nil},
		"none counts as not ended, because it outlives all sessions": {func(m *Memory, name string, _ []byte) { m.Delete(name) }, true, nil},
		"another person's is an error": {func(m *Memory, name string, _ []byte) {
			b, _ := Codec{}.Encode(time.Now().Add(time.Hour), map[string]any{valueKey: []byte("." + name[1:len(name)-1] + "!12345678")})
			m.Commit(name, b, time.Now().Add(time.Hour))
		}, false, errForeignValue},
		"somebody's session is an error": {func(m *Memory, name string, _ []byte) {
			b, _ := Codec{}.Encode(time.Now().Add(time.Hour), map[string]any{recordPrefix + testAppID: []byte("record")})
			m.Commit(name, b, time.Now().Add(time.Hour))
		}, false, errForeignValue},
		"half of it is an error": {func(m *Memory, name string, b []byte) { m.Commit(name, b[:len(b)-12], time.Now().Add(time.Hour)) }, false, errForeignValue},
		"one without its value is an error": {func(m *Memory, name string, _ []byte) {
			b, _ := Codec{}.Encode(time.Now().Add(time.Hour), map[string]any{valueKey: []byte(name)})
			m.Commit(name, b, time.Now().Add(time.Hour))
		}, false, errForeignValue},
		"garbage is an error": {func(m *Memory, name string, _ []byte) { m.Commit(name, []byte("garbage"), time.Now().Add(time.Hour)) }, false, errForeignValue},
	} {
		store := NewMemory()
		m := managerOn(store)
		m.Codec = Codec{}
		if err := nodeOf(t, m, time.Now).EndEverywhere(ctx, "alice"); err != nil {
			t.Fatal(err)
		}
		s := nodeOf(t, m, time.Now)
		name := s.generationName("alice")
		b, _, _ := store.Find(name)
		c.spoil(store, name, b)
		if current, err := s.IsCurrent(ctx, "alice", ""); current != c.current || !errors.Is(err, c.err) {
			t.Errorf("rule: %s: %v %v", rule, current, err)
		}
	}
}

func TestWhatANodeKnowsOfPeopleIsBounded(t *testing.T) {
	now := time.Now()
	m := managerOn(NewMemory())
	s := nodeOf(t, m, func() time.Time { return now })
	const crowd = 3 * generationShards * maxPeoplePerShard
	for i := range crowd {
		if current, err := s.IsCurrent(context.Background(), fmt.Sprintf("person %d", i), ""); !current || err != nil {
			t.Fatal(current, err)
		}
	}
	if n := s.generations.len(); n > generationShards*maxPeoplePerShard || n < generationShards*maxPeoplePerShard/4 {
		t.Errorf("rule: a node knows at most 65,536 people: %d", n)
	}
	now = now.Add(GenerationLife)
	s.Sweep(now)
	if n := s.generations.len(); n != 0 {
		t.Errorf("rule: what is not believed any more is dropped: %d", n)
	}
}

func TestAGenerationOfAnotherCodecEndsOlderSessionsAndNoNewOnes(t *testing.T) {
	ctx, m := context.Background(), managerOn(NewMemory())
	m.Codec = Codec{}
	if err := nodeOf(t, m, time.Now).EndEverywhere(ctx, "alice"); err != nil {
		t.Fatal(err)
	}
	m.Codec = scs.GobCodec{}
	one, two := nodeOf(t, m, time.Now), nodeOf(t, m, time.Now)
	generation, err := one.Generation(ctx, "alice")
	if err != nil || generation == "" {
		t.Fatalf("rule: what cannot be read is no error for as long as it lives: %q %v", generation, err)
	}
	for g, want := range map[string]bool{"": false, "12345678": false, generation: true} {
		if current, err := two.IsCurrent(ctx, "alice", g); current != want || err != nil {
			t.Errorf("rule: only sessions from after the change count, on every node: %q %v %v", g, current, err)
		}
	}
}
