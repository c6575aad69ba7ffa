package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// Several processes on one port are as one, because all they know of visitors lies in
// Redis. The kernel decides which of them gets a connection.
func TestSeveralProcessesOnOnePort(t *testing.T) {
	for name, start := range map[string]func(*testing.T, *world) int{
		"fiber with Prefork":              preforked,
		"net/http with SO_REUSEPORT":      sharing("nethttp"),
		"gin and fiber, one port for all": sharing("gin", "fiber"),
	} {
		t.Run(name, func(t *testing.T) {
			n := many(300, 60)
			w := newWorld(t, options{people: n, frameworks: []string{"nethttp"}})
			// newWorld has waited for a node of its own, which now makes room.
			w.nodes[0].stop()
			if processes := start(t, w); processes < 2 {
				t.Fatalf("rule: there are several processes; %d", processes)
			}
			w.ResetCalls()
			each(t, "a login over several processes on one port", w.visitors(t, n), 8, func(i int, v *visitor) error { return v.arrives(ownPage(i)) })
			asked := 0
			for i := range n {
				if strings.HasPrefix(ownPage(i), "/profile") {
					asked++
				}
			}
			if went := w.Calls(wxsim.PathAuthorize); went != n+asked {
				t.Errorf("rule: no login starts anew because another process answers; %d visits to WeChat, want %d", went, n+asked)
			}
		})
	}
}

func preforked(t *testing.T, w *world) int {
	w.nodes[0].framework, w.nodes[0].arguments = "fiber", []string{"-prefork"}
	w.nodes[0].own = map[string]string{"GOMAXPROCS": "3"}
	w.nodes[0].start(t)
	w.nodes[0].awaitReady(t)
	count := 0
	await(func() bool { count = children(w.nodes[0].command.Process.Pid); return count == 3 })
	return count
}

func sharing(frameworks ...string) func(*testing.T, *world) int {
	return func(t *testing.T, w *world) int {
		for _, framework := range append(frameworks, frameworks...) {
			n := &process{world: w, framework: framework, address: w.nodes[0].address, arguments: []string{"-share-port"}}
			n.start(t)
			t.Cleanup(n.kill)
			if !await(func() bool { return strings.Contains(n.log.String(), "listening") }) {
				t.Fatal(n.log.String())
			}
			n.awaitReady(t)
		}
		return 2 * len(frameworks)
	}
}

// children is how many processes a process has started, by whichever thread.
func children(pid int) (n int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		b, err := os.ReadFile(list)
		if err == nil { // the thread may have ended
			n += len(strings.Fields(string(b)))
		}
	}
	return n
}
