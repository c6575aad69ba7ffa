package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strconv"

	"github.com/alexedwards/scs/v2"
)

// million is what many sessions cost in memory, and how long the sweep of expired
// ones holds up a reader. Each is measured in a process of its own, one at a time.
func million() []measure {
	var all []measure
	for _, who := range []string{"wechat", "scs"} {
		all = append(all, measure{part: memoryPart, name: "heap/" + who, run: func(_ *world, o options) (sample, error) {
			return onceInChild(-1, "heap", who, strconv.Itoa(o.sessions))
		}})
	}
	for _, who := range []string{"wechat", "memstore"} {
		all = append(all, measure{part: memoryPart, name: "sweep/" + who, run: func(_ *world, o options) (sample, error) {
			return sweepOnce(who, o.sessions)
		}})
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

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
