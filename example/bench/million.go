package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

// million is what many sessions cost in memory, and how long the sweep of expired
// ones holds up a reader. Each is measured in a process of its own.
func million() []measure {
	var all []measure
	add := func(name string, task ...string) {
		all = append(all, measure{part: memoryPart, name: name, run: func(_ *world, o options) (sample, error) {
			return onceInChild(-1, append(task, strconv.Itoa(o.sessions))...)
		}})
	}
	add("heap/wechat", "heap", "wechat")
	add("heap/scs", "heap", "scs")
	add("sweep/wechat", "sweep", "wechat")
	add("sweep/memstore", "sweep", "memstore")
	for i, m := range all {
		if _, err := ourStore(); err != nil && m.name == "sweep/wechat" {
			all[i].run = func(*world, options) (sample, error) { return nil, err }
		}
	}
	return all
}

// heapTask makes sessions with the whole profile and weighs the heap. Ours are
// made by the callback, all of them.
func heapTask(args []string, out *json.Encoder) error {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	w, err := newWorld()
	if err != nil {
		return err
	}
	var fill func(n int) error
	switch args[0] {
	case "wechat":
		auth, err := w.auth(nil)
		if err != nil {
			return err
		}
		defer auth.Close()
		fill = func(n int) error { return w.logins(auth, n, func(int, string) {}) }
	case "scs":
		m := newManager(scs.GobCodec{})
		defer runtime.KeepAlive(m)
		fill = func(n int) error {
			for range n {
				if _, err := putVisitor(m, w.openID()); err != nil {
					return err
				}
			}
			return nil
		}
	default:
		return fmt.Errorf("no sessions are called %q", args[0])
	}
	if err := fill(1); err != nil { // what is made once is not the sessions'
		return err
	}
	before := heap()
	if err := fill(n); err != nil {
		return err
	}
	return out.Encode(sample{heapPer: float64(heap()-before) / float64(n)})
}

// sweepable is a store whose sweep can be told to begin.
type sweepable interface {
	scs.Store
	// sweepNow returns when the expired sessions are gone.
	sweepNow()
}

// sweepTask fills a store, nine tenths of it with expired sessions, and lets one
// goroutine read while they are swept.
func sweepTask(args []string, out *json.Encoder) error {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	var store sweepable
	switch args[0] {
	case "wechat":
		store, err = ourStore()
	case "memstore":
		store = newTicking(n)
	default:
		err = fmt.Errorf("no store is called %q", args[0])
	}
	if err != nil {
		return err
	}
	now := time.Now()
	var alive []string
	for i := range n {
		token, expires := newToken(), now.Add(-time.Minute)
		if i%10 == 0 {
			alive, expires = append(alive, token), now.Add(time.Hour)
		}
		if err := store.Commit(token, make([]byte, 340), expires); err != nil {
			return err
		}
	}
	if t, ok := store.(*ticking); ok && time.Now().After(t.ticks) {
		return errors.New("the store swept while it was filled: the machine is too slow")
	}
	// A collection would hold the reader up as well, and is not what is asked.
	runtime.GC()
	debug.SetGCPercent(-1)
	s, err := readWhile(store, alive, store.sweepNow)
	if err != nil {
		return err
	}
	return out.Encode(s)
}

// readWhile reads live sessions until the work is done, and returns the worst wait
// in milliseconds.
func readWhile(store scs.Store, alive []string, work func()) (sample, error) {
	var began, ended atomic.Bool
	go func() {
		for !began.Load() {
			runtime.Gosched()
		}
		work()
		ended.Store(true)
	}()
	worst := time.Duration(0)
	for i := 0; !ended.Load(); i++ {
		at := time.Now()
		_, found, err := store.Find(alive[i%len(alive)])
		took := time.Since(at)
		if err != nil || !found {
			return nil, errors.Join(errors.New("a live session was swept"), err)
		}
		// The first reads warm up; the work begins after them.
		if i == 10000 {
			began.Store(true)
		} else if i > 10000 {
			worst = max(worst, took)
		}
	}
	return sample{worstFind: float64(worst) / float64(time.Millisecond)}, nil
}

// ticking is scs's memstore, which sweeps by its own ticker.
type ticking struct {
	*memstore.MemStore
	ticks time.Time
}

// newTicking makes a store whose first tick comes after it was filled.
func newTicking(n int) *ticking {
	tick := 2*time.Second + time.Duration(n)*8*time.Microsecond
	return &ticking{memstore.NewWithCleanupInterval(tick), time.Now().Add(tick)}
}

// sweepNow waits for the tick and then until an exclusive lock is to be had again.
func (t *ticking) sweepNow() {
	time.Sleep(time.Until(t.ticks.Add(100 * time.Millisecond)))
	t.MemStore.Delete("nobody")
	t.MemStore.StopCleanup()
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
