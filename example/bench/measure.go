package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// sample is what one measurement of one measure came to, by unit.
type sample map[string]float64

// The units, spelt as go test prints them.
const (
	nsPerOp       = "ns/op"
	bytesPerOp    = "B/op"
	allocsPerOp   = "allocs/op"
	commandsPerOp = "commands/op"
	storeCalls    = "store-calls/op"
	keptBytes     = "kept-B/op"
	setCookies    = "set-cookies/op"
	requestsPerS  = "req/s"
	cpuPerRequest = "cpu-µs/req"
	p50           = "p50-µs"
	p99           = "p99-µs"
	heapPer       = "heap-B/session"
	worstFind     = "worst-find-ms"
	heapGrowth    = "heap-growth"
	moreRoutines  = "more-goroutines"
)

// part is a group of measures that are made in the same way.
type part string

const (
	requestPart part = "Request" // one request in this process, in time and allocations
	countPart   part = "Count"   // what can be counted
	serverPart  part = "Server"  // a whole server in a process of its own
	memoryPart  part = "Memory"  // a million sessions in a process of their own
	soakPart    part = "Soak"    // a load that goes on
)

// measure is one thing to measure. Its benchmark is "Benchmark", its part, "/" and
// its name.
type measure struct {
	part part
	name string
	// A request is measured by open and bench, everything else by run.
	open  func(*world) (*entrant, error)
	bench func(*entrant, *testing.B)
	run   func(*world, options) (sample, error)
}

func (m measure) benchmark() string { return "Benchmark" + string(m.part) + "/" + m.name }

// cold is so many sessions that none is hot in the CPU's caches.
const cold = 1 << 16

// contestants are all who answer requests in this process. Those of one framework
// stand together: what is compared is measured within a short time.
func contestants() []contestant {
	all := slices.Concat(bare(), ours(), scsPeers(), sessionPeers(), jwtPeers(), parts(), anonymous())
	slices.SortStableFunc(all, func(a, b contestant) int { return cmp.Compare(place(a), place(b)) })
	return all
}

func place(c contestant) int {
	framework, _, _ := strings.Cut(c.name, "/")
	if i := slices.Index(frameworks(), framework); i >= 0 {
		return i
	}
	return len(frameworks())
}

func contestantNamed(name string) (contestant, error) {
	for _, c := range contestants() {
		if c.name == name {
			return c, nil
		}
	}
	return contestant{}, fmt.Errorf("no contestant is called %q", name)
}

// measures is everything there is.
func measures() []measure {
	var all []measure
	add := func(mode string, c contestant, sessions int, bench func(*entrant, *testing.B)) {
		all = append(all, measure{
			part: requestPart, name: mode + "/" + c.name, bench: bench,
			open: func(w *world) (*entrant, error) { return c.open(w, sessions) },
		})
	}
	for _, c := range contestants() {
		add("seq", c, 1, (*entrant).sequential)
	}
	for _, c := range contestants() {
		if endsIn(c.name, "/bare", "/wechat", "/scs", "/golang-jwt", "-redis", "-redis-idle", "redis-get") {
			add("par", c, 1, (*entrant).parallel)
		}
	}
	for _, c := range contestants() {
		if endsIn(c.name, "/bare", "/wechat", "/wechat-codec", "/scs", "/golang-jwt", "/wechat-redis") {
			add("cold", c, cold, (*entrant).sequential)
		}
	}
	return slices.Concat(all, counts(), servers(), million(), soaks())
}

func endsIn(name string, ends ...string) bool {
	return slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(name, end) })
}

// ready opens a request's entrant and makes sure it does what it is measured for.
func (m measure) ready(w *world) (*entrant, error) {
	e, err := m.open(w)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.name, err)
	}
	if err := e.check(); err != nil {
		e.close()
		return nil, fmt.Errorf("%s: %w", m.name, err)
	}
	return e, nil
}

// once measures once.
func (m measure) once(w *world, o options) (sample, error) {
	if m.run != nil {
		s, err := m.run(w, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		return s, nil
	}
	e, err := m.ready(w)
	if err != nil {
		return nil, err
	}
	defer e.close()
	r := testing.Benchmark(func(b *testing.B) { m.bench(e, b) })
	if r.N == 0 {
		return nil, errors.New(m.name + ": " + wrongAnswer)
	}
	return sample{
		nsPerOp:     float64(r.T.Nanoseconds()) / float64(r.N),
		bytesPerOp:  float64(r.AllocedBytesPerOp()),
		allocsPerOp: float64(r.AllocsPerOp()),
	}, nil
}
