package session

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

// counting is a store that counts what it is asked for, and fails where it is told.
type counting struct {
	*Memory
	finds int
	err   error
	ended bool // a command came with a context that had ended
}

func (c *counting) FindCtx(ctx context.Context, key string) ([]byte, bool, error) {
	c.finds++
	c.ended = c.ended || ctx.Err() != nil
	if c.err != nil {
		return nil, true, c.err
	}
	return c.Memory.Find(key)
}

func (c *counting) CommitCtx(_ context.Context, key string, b []byte, expires time.Time) error {
	if c.err != nil {
		return c.err
	}
	return c.Memory.Commit(key, b, expires)
}

func (c *counting) DeleteCtx(_ context.Context, key string) error { return c.Memory.Delete(key) }

// twoNodes share a store and a clock, which goes on when it is told.
func twoNodes(t *testing.T) (one, two *Sessions, store *counting, goOn func(time.Duration)) {
	t.Helper()
	now := time.Unix(1_800_000_000, 0)
	store = &counting{Memory: NewMemory()}
	m := managerOn(store)
	clock := func() time.Time { return now }
	return nodeOf(t, m, clock), nodeOf(t, m, clock), store, func(d time.Duration) { now = now.Add(d) }
}

// isCurrent is whether a session counts; it must not be an error.
func isCurrent(t *testing.T, s *Sessions, person, generation string) bool {
	t.Helper()
	current, err := s.IsCurrent(context.Background(), person, generation)
	if err != nil {
		t.Fatal(err)
	}
	return current
}

func TestWithoutGenerationsEverySessionCounts(t *testing.T) {
	s := sessionsOf(t, managerOn(&counting{Memory: NewMemory(), err: errDown}))
	generation, err := s.Generation(context.Background(), "alice")
	if s.HasGenerations() || generation != "" || err != nil || !isCurrent(t, s, "alice", "any") {
		t.Errorf("rule: without generations the store is not asked, and every session counts: %q %v", generation, err)
	}
	if one, _, _, _ := twoNodes(t); !one.HasGenerations() {
		t.Error("rule: with them it is told so")
	}
}

func TestSessionsEndEverywhereWithinFiveSeconds(t *testing.T) {
	one, two, _, goOn := twoNodes(t)
	if GenerationLife != 5*time.Second || generationSlack != time.Hour {
		t.Error("rule: other nodes learn within 5 seconds, and clocks may differ by an hour")
	}
	for _, s := range []*Sessions{one, two} {
		if !isCurrent(t, s, "alice", "") {
			t.Error("rule: a session counts as long as nobody has ended it")
		}
	}
	if err := one.EndEverywhere(context.Background(), "alice"); err != nil {
		t.Fatal(err)
	}
	if isCurrent(t, one, "alice", "") {
		t.Error("rule: it ends at once where it was ended")
	}
	if !isCurrent(t, two, "alice", "") {
		t.Error("rule: another node may believe for a while what it has read")
	}
	goOn(GenerationLife - time.Nanosecond)
	if !isCurrent(t, two, "alice", "") {
		t.Error("rule: which is 5 seconds")
	}
	goOn(time.Nanosecond)
	if isCurrent(t, two, "alice", "") {
		t.Error("rule: and no longer")
	}
	if !isCurrent(t, one, "bob", "") || !isCurrent(t, two, "bob", "") {
		t.Error("rule: another person's sessions go on")
	}
}

func TestALoginAfterTheEndCounts(t *testing.T) {
	one, two, store, _ := twoNodes(t)
	ctx := context.Background()
	seen := map[string]bool{}
	for range 3 {
		if err := one.EndEverywhere(ctx, "alice"); err != nil {
			t.Fatal(err)
		}
		generation, err := one.Generation(ctx, "alice")
		if err != nil || len(generation) != 8 || seen[generation] {
			t.Errorf("rule: each end begins a new generation of 8 random bytes: %x %v", generation, err)
		}
		seen[generation] = true
		if !isCurrent(t, one, "alice", generation) || !isCurrent(t, two, "alice", generation) {
			t.Error("rule: a login after the end counts, also at a node that knows of a former end only")
		}
		for former := range seen {
			if former != generation && isCurrent(t, two, "alice", former) {
				t.Error("rule: one of before does not")
			}
		}
	}
	store.finds = 0
	generation, _ := one.Generation(ctx, "alice")
	if store.finds != 1 {
		t.Errorf("rule: a login reads its generation from the store: %d reads", store.finds)
	}
	for range 10 {
		isCurrent(t, one, "alice", generation)
	}
	if store.finds != 1 {
		t.Errorf("rule: a session that counts costs one read in 5 seconds: %d reads", store.finds)
	}
	isCurrent(t, one, "alice", "former")
	if store.finds != 2 {
		t.Errorf("rule: one that does not count is looked up once more: %d reads", store.finds)
	}
}

func TestANodeBelievesWhatALoginHasRead(t *testing.T) {
	one, _, store, goOn := twoNodes(t)
	if _, err := one.Generation(context.Background(), "alice"); err != nil || store.finds != 1 {
		t.Fatal(err, store.finds)
	}
	goOn(GenerationLife - time.Nanosecond)
	if isCurrent(t, one, "alice", ""); store.finds != 1 {
		t.Errorf("rule: for 5 seconds it is not read again: %d reads", store.finds)
	}
	goOn(time.Nanosecond)
	if isCurrent(t, one, "alice", ""); store.finds != 2 {
		t.Errorf("rule: then it is: %d reads", store.finds)
	}
	if n := one.Held(); n != 1 {
		t.Errorf("rule: what is known of a person is held once: %d", n)
	}
	one.Sweep(time.Time{}) // goes by the clock of the node
	if n := one.Held(); n != 1 {
		t.Errorf("rule: a sweep leaves what is believed: %d", n)
	}
	goOn(GenerationLife)
	one.Sweep(time.Time{})
	if n := one.Held(); n != 0 {
		t.Errorf("rule: and drops what is not: %d", n)
	}
}

func TestAStoreThatFailsCannotTell(t *testing.T) {
	one, two, store, _ := twoNodes(t)
	ctx := context.Background()
	isCurrent(t, two, "alice", "")
	store.err = errDown
	if err := one.EndEverywhere(ctx, "alice"); !errors.Is(err, errDown) || one.Held() != 0 {
		t.Errorf("rule: what could not be written has ended nothing: %v, %d known", err, one.Held())
	}
	if generation, err := one.Generation(ctx, "alice"); generation != "" || !errors.Is(err, errDown) || one.Held() != 0 {
		t.Errorf("rule: what cannot be read is an error, and nothing is known by it: %q %v", generation, err)
	}
	if current, err := one.IsCurrent(ctx, "alice", ""); current || !errors.Is(err, errDown) {
		t.Errorf("rule: then a session neither counts nor does not: %v %v", current, err)
	}
	if current, err := two.IsCurrent(ctx, "alice", ""); !current || err != nil {
		t.Errorf("rule: a node that knows needs no store: %v %v", current, err)
	}
}

func TestAPersonWhoLeavesEndsNobodysLookUp(t *testing.T) {
	one, _, store, _ := twoNodes(t)
	ctx, leave := context.WithCancel(context.Background())
	leave()
	if current, err := one.IsCurrent(ctx, "alice", ""); !current || err != nil || store.ended || store.finds != 1 {
		t.Errorf("rule: a look-up that several wait for goes on without the one who began it: %v %v", current, err)
	}
}

func TestAPanicIsAnErrorOfEndingAndLookingUp(t *testing.T) {
	for _, at := range []string{"Encode", "Commit"} {
		f := &faulty{Memory: NewMemory(), codec: scs.GobCodec{}, at: at}
		m := managerOn(f)
		m.Codec = f
		if err := nodeOf(t, m, time.Now).EndEverywhere(context.Background(), "alice"); err == nil {
			t.Errorf("rule: a panic in %s is an error", at)
		}
	}
	f := &faulty{Memory: NewMemory(), codec: scs.GobCodec{}, at: "Find"}
	if _, err := nodeOf(t, managerOn(f), time.Now).Generation(context.Background(), "alice"); err == nil {
		t.Error("rule: a panic in Find is an error")
	}
}

func TestAGenerationsNameShowsNobody(t *testing.T) {
	m := managerOn(NewMemory())
	one, other := nodeOf(t, m, time.Now), New(Config{Manager: m, AppID: "wxother", Notes: testSeal(t, "a secret"), Now: time.Now, Generations: true})
	names := map[string]bool{}
	for _, name := range []string{one.generationName("alice"), one.generationName("bob"), other.generationName("alice")} {
		if names[name] || IsToken(name) || len(name) != tokenDigits {
			t.Errorf("rule: each person of each account has a name that no cookie can hold: %q", name)
		}
		names[name] = true
	}
}

func TestAFullShardMakesRoom(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	const most = maxPeoplePerShard
	for rule, c := range map[string]struct{ old, fresh, want int }{
		"one with room is left alone":                     {most - 1, 0, most},
		"a full one drops what is not believed any more":  {most, 0, 1},
		"one that is half old keeps the other half":       {most / 2, most / 2, most/2 + 1},
		"one of which less than half is old is emptied":   {most/2 - 1, most/2 + 1, 1},
		"a full one in which all is believed is emptied":  {0, most, 1},
		"one with room in which all is believed is whole": {0, most - 1, most},
	} {
		g := newGenerations()
		s := g.shard("alice")
		for i := range c.old {
			s.people["old "+strconv.Itoa(i)] = knownGeneration{"g", now}
		}
		for i := range c.fresh {
			s.people["fresh "+strconv.Itoa(i)] = knownGeneration{"g", now.Add(time.Nanosecond)}
		}
		g.put("alice", "of alice", now.Add(GenerationLife))
		if n := g.len(); n != c.want {
			t.Errorf("rule: %s: %d people, want %d", rule, n, c.want)
		}
		if generation, known := g.get("alice", now); generation != "of alice" || !known {
			t.Errorf("rule: who was put is known (%s): %q %v", rule, generation, known)
		}
	}
	if generationShards*most != 65_536 {
		t.Errorf("rule: a node knows 65,536 people: %d", generationShards*most)
	}
}
