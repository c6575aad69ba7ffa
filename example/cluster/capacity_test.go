package main

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/example/cluster/capacity/plan"
)

// The plan's constants come from here:
//
//	CLUSTER_LONG=1 go test -C example/cluster -run TestWhatTheCapacityPlanCountsWith -v .
//
// Memory, commands and bytes are Redis's own numbers, and the CPU time is the kernel's,
// so that other programs on the machine change little.
func TestWhatTheCapacityPlanCountsWith(t *testing.T) {
	users, clicks := many(1000, 100), many(20, 5)
	w := newWorld(t, options{people: users})
	all := w.visitors(t, users)
	each(t, "everybody can open the front page", all[:10], 4, func(_ int, v *visitor) error { _, err := v.open("/"); return err })

	before, cpu := w.redis.numbers(t), w.cpu(t)
	each(t, "everybody can log in", all, 8, func(_ int, v *visitor) error { return v.arrives("/profile") })
	loggedIn, cpuLoggedIn := w.redis.numbers(t), w.cpu(t)
	// A login with consent at a site that does not know the profile is two logins.
	logins := float64(2 * users)
	sessions := w.redis.keys(t, "wechat:session:*")
	results := w.redis.keys(t, "wechat:cache:*")
	loginNetwork := (loggedIn["net"] - before["net"]) / logins
	loginCPU := (cpuLoggedIn - cpu) / logins

	before, cpu = w.redis.numbers(t), w.cpu(t)
	each(t, "everybody stays logged in", all, 8, func(_ int, v *visitor) error {
		for click := range clicks {
			if err := v.arrives(clicked(click)); err != nil {
				return err
			}
		}
		return nil
	})
	after, cpuAfter := w.redis.numbers(t), w.cpu(t)
	requests := float64(users * clicks)
	t.Logf("measured: session %.0f B, result %.0f B in Redis; a request %.2f commands, %.0f B, %.0f µs of CPU; a login %.0f B, %.0f µs of CPU",
		sessions, results, (after["commands"]-before["commands"])/requests, (after["net"]-before["net"])/requests, 1e6*(cpuAfter-cpu)/requests, loginNetwork, 1e6*loginCPU)
	for _, c := range []struct {
		what              string
		measured, counted float64
		atLeast, atMost   float64 // measured by counted
	}{
		{"a session's memory", sessions, plan.SessionBytes, 0.5, 1},
		{"a result's memory", results, plan.ResultBytes, 0.5, 1},
		{"commands of a logged-in request", (after["commands"] - before["commands"]) / requests, plan.ReadCommands, 0.99, 1.1},
		{"bytes of a logged-in request", (after["net"] - before["net"]) / requests, plan.ReadNetwork, 0.5, 1.1},
		{"bytes of a login", loginNetwork, plan.LoginNetwork, 0.4, 1.1},
	} {
		if share := c.measured / c.counted; share < c.atLeast || share > c.atMost {
			t.Errorf("rule: the plan counts with what is measured: %s is %.2f, the plan says %.2f", c.what, c.measured, c.counted)
		}
	}
}

// numbers are Redis's commands (of visitors) and bytes in both directions.
func (r *redisServer) numbers(t testing.TB) map[string]float64 {
	t.Helper()
	total := 0.0
	for _, n := range r.commands(t) {
		total += float64(n)
	}
	text, err := r.client.Info(context.Background(), "stats").Result()
	if err != nil {
		t.Fatal(err)
	}
	net := 0.0
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name == "total_net_input_bytes" || name == "total_net_output_bytes" {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			net += n
		}
	}
	return map[string]float64{"commands": total, "net": net}
}

// keys is the mean memory of the keys of a pattern, with what Redis keeps around each:
// an entry of the dictionary and one of expiries.
func (r *redisServer) keys(t testing.TB, pattern string) float64 {
	t.Helper()
	const expiry = 40
	ctx := context.Background()
	keys, err := r.client.Keys(ctx, pattern).Result()
	if err != nil || len(keys) == 0 {
		t.Fatal(len(keys), err)
	}
	sum := 0.0
	for _, key := range keys {
		n, err := r.client.MemoryUsage(ctx, key).Result()
		if err != nil {
			t.Fatal(err)
		}
		sum += float64(n + expiry)
	}
	return sum / float64(len(keys))
}

// cpu is how many seconds of CPU all nodes have used. The kernel counts in hundredths.
func (w *world) cpu(t testing.TB) (seconds float64) {
	t.Helper()
	for _, n := range w.nodes {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(n.command.Process.Pid) + "/stat")
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(b), ") ") // the name before may hold spaces
		fields := strings.Fields(after)
		for _, field := range fields[11:13] {
			ticks, err := strconv.ParseFloat(field, 64)
			if err != nil {
				t.Fatal(err)
			}
			seconds += ticks / 100
		}
	}
	return seconds
}
