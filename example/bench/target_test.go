package main

import (
	"slices"
	"strings"
	"testing"
)

// promised is every promise, as it was made.
func promised() []string {
	return []string{
		"net/http, over bare, of scs + gob 1/40 1/50",
		"gin (own store and context set), over bare, of scs + gob 1/35 1/45",
		"fiber, over bare, of scs + gob by hand 1/40 1/55",
		"HashTokenInStore, of scs with it 1/30",
		"idle time, of scs with it 1/50",
		"of golang-jwt with the whole user 1/20",
		"64k cold sessions, nethttp, of scs + gob 1/15",
		"64k cold sessions, gin, of scs + gob 1/15",
		"64k cold sessions, fiber, of scs + gob 1/15",
		"parallel, nethttp, of scs + gob 1/25",
		"parallel, gin, of scs + gob 1/25",
		"parallel, fiber, of scs + gob 1/25",
		"against the floor (cookie scan, Find, WithValue, WithContext) 2.20 × 1.60 ×",
		"own manager with gob, of scs + gob itself 1.05 ×",
		"allocations, net/http 2",
		"allocations, gin (own store and context set) 4 3",
		"allocations, fiber 1 0",
		"allocations more with a hashed token 1",
		"allocations more when the handler reads the user, net/http 1",
		"allocations more when the handler reads the user, gin 1",
		"allocations more when the handler reads the user, fiber 1",
		"Redis commands, nethttp 1",
		"Redis commands with an idle time, nethttp 1",
		"Redis, parallel, of a go-redis GET, nethttp 1.15 ×",
		"Redis with an idle time, parallel, of a go-redis GET, nethttp 1.15 ×",
		"Redis commands, gin 1",
		"Redis commands with an idle time, gin 1",
		"Redis, parallel, of a go-redis GET, gin 1.15 ×",
		"Redis with an idle time, parallel, of a go-redis GET, gin 1.15 ×",
		"Redis commands, fiber 1",
		"Redis commands with an idle time, fiber 1",
		"Redis, parallel, of a go-redis GET, fiber 1.15 ×",
		"Redis with an idle time, parallel, of a go-redis GET, fiber 1.15 ×",
		"redirect to WeChat, of its unavoidable parts 4.00 ×",
		"redirect to WeChat, allocations 30",
		"script's 401, of a bare handler that answers the same 2.00 ×",
		"Optional without a cookie, allocations 2",
		"Optional without a cookie, Set-Cookie 0",
		"a cookie that cannot be a token, store calls 0",
		"bytes kept, redirect 0",
		"store calls, redirect 0",
		"bytes kept, script 0",
		"store calls, script 0",
		"bytes kept, optional 0",
		"store calls, optional 0",
		"server, CPU per request, of bare + Vary, nethttp 1.10 × 1.06 ×",
		"server, requests/s, of bare + Vary, nethttp 0.90 ×",
		"server, p99, of bare + Vary, nethttp 1.30 ×",
		"server, requests/s, of scs, nethttp 3.00 ×",
		"server, CPU per request, of bare + Vary, gin 1.10 × 1.06 ×",
		"server, requests/s, of bare + Vary, gin 0.90 ×",
		"server, p99, of bare + Vary, gin 1.30 ×",
		"server, requests/s, of scs, gin 3.00 ×",
		"server, CPU per request, of bare + Vary, fiber 1.10 × 1.06 ×",
		"server, requests/s, of bare + Vary, fiber 0.90 ×",
		"server, p99, of bare + Vary, fiber 1.30 ×",
		"server, requests/s, of scs, fiber 4.50 ×",
		"1,000,000 sessions, heap of each, of scs memstore + gob 0.58 × 0.46 ×",
		"worst Find while 900,000 expired are swept, of memstore 1/20 1/50",
		"soak, heap at the end of that at the beginning, nethttp 1.05 ×",
		"soak, goroutines more at the end, nethttp 0",
		"soak, heap at the end of that at the beginning, gin 1.05 ×",
		"soak, goroutines more at the end, gin 0",
		"soak, heap at the end of that at the beginning, fiber 1.05 ×",
		"soak, goroutines more at the end, fiber 0",
	}
}

func TestEveryPromiseHasARow(t *testing.T) {
	var rows []string
	for _, target := range targets() {
		row := target.name + " " + target.form.text(target.limit)
		if target.hasStretch {
			row += " " + target.form.text(target.stretch)
		}
		rows = append(rows, row)
	}
	for _, want := range promised() {
		if !slices.Contains(rows, want) {
			t.Errorf("no row for %q", want)
		}
	}
	for _, row := range rows {
		if !slices.Contains(promised(), row) {
			t.Errorf("nobody promised %q", row)
		}
	}
}

func TestEveryTargetIsMadeOfNamedBenchmarks(t *testing.T) {
	var names []string
	for _, m := range measures() {
		if slices.Contains(names, m.benchmark()) {
			t.Errorf("two benchmarks are called %s", m.benchmark())
		}
		names = append(names, m.benchmark())
	}
	for _, target := range targets() {
		if len(target.needs) == 0 {
			t.Errorf("%s needs nothing", target.name)
		}
		for _, need := range target.needs {
			if !slices.Contains(names, need) {
				t.Errorf("%s needs %s, which there is not", target.name, need)
			}
		}
	}
}

// A miss must be printed as one, and what was not measured not as met.
func TestMissesArePrinted(t *testing.T) {
	name := "BenchmarkCount/garbage-cookie"
	for calls, want := range map[float64]string{0: "| met |", 1: "| **missed** |"} {
		var out strings.Builder
		reportTargets(&out, results{name: {{storeCalls: calls}}})
		if !strings.Contains(out.String(), want) || strings.Count(out.String(), "\n| ") != 2 {
			t.Errorf("with %v calls the table is %s", calls, out.String())
		}
	}
}
