package main

import (
	"log/slog"
	"os"
	"testing"
)

// The tests' binary is the children's as well.
func TestMain(m *testing.M) {
	if isChild() {
		return
	}
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

// BenchmarkRequest answers one request in this process. Names are mode/framework/
// contestant: go test -bench 'Request/seq/nethttp' -benchmem.
func BenchmarkRequest(b *testing.B) { benchmark(b, requestPart) }

// BenchmarkCount counts: Redis commands, store calls, bytes kept, cookies set.
func BenchmarkCount(b *testing.B) { benchmark(b, countPart) }

// BenchmarkServer loads whole servers in processes of their own.
func BenchmarkServer(b *testing.B) { benchmark(b, serverPart) }

// BenchmarkMemory holds 1,000,000 sessions in processes of their own.
func BenchmarkMemory(b *testing.B) { benchmark(b, memoryPart) }

// BenchmarkSoak watches heap and goroutines under a load, for 20 s; the program
// does it for longer.
func BenchmarkSoak(b *testing.B) { benchmark(b, soakPart) }

func benchmark(b *testing.B, p part) {
	w, err := newWorld()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(w.close)
	for _, m := range measures() {
		switch {
		case m.part != p:
		case m.run != nil:
			benchmarkOnce(b, w, m)
		default:
			benchmarkRequest(b, w, m)
		}
	}
}

// benchmarkRequest opens the entrant only if the benchmark is chosen, and only once
// however often it is tried with another N.
func benchmarkRequest(b *testing.B, w *world, m measure) {
	var e *entrant
	b.Run(m.name, func(b *testing.B) {
		if e == nil {
			var err error
			if e, err = m.ready(w); err != nil {
				b.Fatal(err)
			}
		}
		m.bench(e, b)
	})
	if e != nil {
		e.close()
	}
}

// benchmarkOnce reports what has no N: it is measured once.
func benchmarkOnce(b *testing.B, w *world, m measure) {
	var s sample
	b.Run(m.name, func(b *testing.B) {
		if s == nil {
			var err error
			s, err = m.once(w, defaults())
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(0, nsPerOp) // of no meaning here
		for unit, v := range s {
			b.ReportMetric(v, unit)
		}
	})
}
