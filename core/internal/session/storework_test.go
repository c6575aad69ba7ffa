package session

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"
)

// Slots are taken in their order, so a logout that finds one not taken looks no further.
func TestALogoutReadsOneSlotMoreThanWereTaken(t *testing.T) {
	commands := func(renewals int) int {
		f, s, ctx, was := sessionsOn(t, Codec{}, false)
		now := was
		for range renewals {
			now = renewedBy(t, s, now, "record")
		}
		f.contexts = nil
		if _, err := s.Logout(ctx, was, true, cookies(s, was.Token), true); err != nil {
			t.Fatal(err)
		}
		return len(f.contexts)
	}
	// Load and look for the session; note, delete and read one slot of each that has ended.
	if n := commands(0); n > 6 {
		t.Errorf("rule: a logout of a session that was never renewed takes 6 commands of the store at most: %d", n)
	}
	if n := commands(2); n > 18 {
		t.Errorf("rule: two renewals take 6 more each at most: %d", n)
	}
}

// yielding lets other goroutines run before each command.
type yielding struct{ *Memory }

func (y yielding) Find(key string) ([]byte, bool, error) {
	runtime.Gosched()
	return y.Memory.Find(key)
}

func (y yielding) Commit(key string, b []byte, expires time.Time) error {
	runtime.Gosched()
	return y.Memory.Commit(key, b, expires)
}

func TestAllRenewalsAtOnceInOneProcessGetASlot(t *testing.T) {
	s := sessionsOf(t, managerOn(yielding{NewMemory()}))
	was := loggedIn(t, s, "record")
	renewedBy(t, s, was, "record")
	var all sync.WaitGroup
	var made atomic.Int32
	for range maxRenewals - 1 {
		all.Go(func() {
			w, err := s.Login(context.Background(), Stored{}, []byte("record"), false, cookies(s, was.Token), true)
			if err == nil && !w.Gone {
				made.Add(1)
			}
		})
	}
	all.Wait()
	if n := made.Load(); n != maxRenewals-1 {
		t.Errorf("rule: renewals at once in one process use up one slot each: %d of %d got one", n, maxRenewals-1)
	}
}

func TestALogoutEverywhereKeepsNoSessionsBytes(t *testing.T) {
	g := newGenerations()
	session := "a long session with oAlice_1 in it"
	person := session[20:28]
	g.put(person, "", time.Now())
	for kept := range g.shard(person).people {
		if unsafe.StringData(kept) == unsafe.StringData(person) {
			t.Errorf("rule: what is known of a person keeps no bytes of the session that the name was read from")
		}
	}
}
