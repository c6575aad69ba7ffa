package hostile

import (
	"fmt"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"
)

// goroutines counts the goroutines that work or wait. It leaves out the idle workers
// that fasthttp keeps for ten seconds, and the goroutines that clean them up, which end
// equally late. It also leaves out the connections to WeChat that wait for the next
// login, at most 8 for a minute: one goroutine watches each, and one of the simulator
// serves it.
func goroutines() int {
	var b strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		return runtime.NumGoroutine()
	}
	total := 0
	for group := range strings.SplitSeq(b.String(), "\n\n") {
		idle := strings.Contains(group, "workerPool).workerFunc") && !strings.Contains(group, ").serveConn")
		if idle || strings.Contains(group, "workerPool).Start.func") {
			continue
		}
		waiting := strings.Contains(group, "(*readyConn).watch")
		for line := range strings.SplitSeq(group, "\n") {
			if count, _, ok := strings.Cut(line, " @ "); ok {
				n, _ := strconv.Atoi(count)
				if waiting {
					n = -n // it is left out, and so is the simulator's
				}
				total += n
			}
		}
	}
	return total
}

// settle waits until no more goroutines run than before.
func settle(before int) error {
	var n int
	if eventually(time.Second, func() bool {
		if n = runtime.NumGoroutine(); n > before { // cheap, and enough most of the time
			n = goroutines()
		}
		return n <= before
	}) {
		return nil
	}
	return fmt.Errorf("%d goroutines a second later, and %d before", n, before)
}

// eventually repeats the question until the answer is yes or the time is up. It
// returns the last answer.
func eventually(limit time.Duration, so func() bool) bool {
	if so() {
		return true
	}
	end := time.NewTimer(limit)
	defer end.Stop()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-end.C:
			return so()
		case <-again.C:
			if so() {
				return true
			}
		}
	}
}
