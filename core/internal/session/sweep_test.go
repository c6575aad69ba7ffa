package session

import (
	"crypto/rand"
	"encoding/base64"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

// sweepSessions is the environment variable that says how many sessions
// BenchmarkSweep holds. Default 20,000; the benchmark program asks for a million.
const sweepSessions = "SWEEP_SESSIONS"

// BenchmarkSweep is how long a reader of a live session waits at worst while nine
// tenths of all sessions, which have expired, are swept: here and in scs's memstore.
//
//	SWEEP_SESSIONS=1000000 go test -run '^$' -bench Sweep -benchtime 1x ./core
func BenchmarkSweep(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv(sweepSessions))
	if err != nil {
		n = 20000
	}
	for _, c := range []struct {
		name string
		open func(n int) sweepable
	}{
		{"wechat", func(int) sweepable { return swept{NewMemory()} }},
		{"memstore", newTicking},
	} {
		b.Run(c.name, func(b *testing.B) {
			worst := time.Duration(0)
			for range b.N {
				worst = max(worst, worstFindWhileSwept(b, c.open(n), n))
			}
			b.ReportMetric(float64(worst)/float64(time.Millisecond), "worst-find-ms")
		})
	}
}

// sweepable is a store whose sweep can be told to begin.
type sweepable interface {
	scs.Store
	// late says whether it has swept by itself before it was told.
	late() bool
	// sweepNow returns when the expired sessions are gone.
	sweepNow()
}

// worstFindWhileSwept fills a store, and lets one goroutine read while it is swept.
func worstFindWhileSwept(b *testing.B, store sweepable, n int) time.Duration {
	now := time.Now()
	var alive []string
	for i := range n {
		token, expires := newToken(), now.Add(-time.Minute)
		if i%10 == 0 {
			alive, expires = append(alive, token), now.Add(time.Hour)
		}
		if err := store.Commit(token, make([]byte, 340), expires); err != nil {
			b.Fatal(err)
		}
	}
	if store.late() {
		b.Fatal("the store swept while it was filled: the machine is too slow")
	}
	// A collection would hold the reader up as well, and is not what is asked.
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	worst := worstFindDuring(b, store, alive, store.sweepNow)
	if _, found, _ := store.Find(alive[0]); !found {
		b.Fatal("a live session was swept")
	}
	return worst
}

// worstFindDuring reads live sessions until the work is done.
func worstFindDuring(b *testing.B, store scs.Store, alive []string, work func()) (worst time.Duration) {
	var began, ended atomic.Bool
	go func() {
		for !began.Load() {
			runtime.Gosched()
		}
		work()
		ended.Store(true)
	}()
	defer func() {
		for began.Store(true); !ended.Load(); {
			runtime.Gosched()
		}
	}()
	for i := 0; !ended.Load(); i++ {
		at := time.Now()
		_, found, err := store.Find(alive[i%len(alive)])
		took := time.Since(at)
		if err != nil || !found {
			b.Fatalf("a live session was not found: %v", err)
		}
		// The first reads warm up; the work begins after them.
		if i == 10000 {
			began.Store(true)
		} else if i > 10000 {
			worst = max(worst, took)
		}
	}
	return worst
}

func newToken() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// swept is our own store.
type swept struct{ *Memory }

func (swept) late() bool  { return false }
func (s swept) sweepNow() { s.Memory.Sweep(time.Now()) }

// ticking is scs's memstore, which sweeps by its own ticker.
type ticking struct {
	*memstore.MemStore
	ticks time.Time
}

// newTicking makes a store whose first tick comes after it was filled.
func newTicking(n int) sweepable {
	tick := 2*time.Second + time.Duration(n)*8*time.Microsecond
	return ticking{memstore.NewWithCleanupInterval(tick), time.Now().Add(tick)}
}

func (t ticking) late() bool { return time.Now().After(t.ticks) }

// sweepNow waits for the tick and then until an exclusive lock is to be had again.
func (t ticking) sweepNow() {
	time.Sleep(time.Until(t.ticks.Add(100 * time.Millisecond)))
	_ = t.MemStore.Delete("nobody")
	t.MemStore.StopCleanup()
}
