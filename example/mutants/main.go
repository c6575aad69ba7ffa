// Command mutants measures how much the tests of a room notice. It changes the room's
// code in small ways, one change at a time, and runs the tests: a change that no test
// notices is a survivor, and names a promise that no test keeps.
//
//	go run ./example/mutants -room core/internal/proof -n 150 -seed 1
//
// All changes of a sample are compiled into one test binary, behind a switch that an
// environment variable sets, so that a change costs a run of the tests and no build. The
// sources are never touched: go build takes the changed files by -overlay.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	var s settings
	var write string
	var atLeast float64
	flag.StringVar(&s.room, "room", "core/internal/proof", "the package to change, from the module's root")
	flag.IntVar(&s.sample, "n", 150, "how many changes to try; all of them when there are fewer")
	flag.Uint64Var(&s.seed, "seed", 1, "which sample: the same seed takes the same changes of the same sources")
	flag.StringVar(&s.then, "then", "core nethttp", "packages whose tests run when those of the room notice nothing")
	flag.StringVar(&s.reasons, "reasons", "example/mutants/equivalent.txt", "why a survivor changes nothing that anybody sees")
	flag.DurationVar(&s.least, "timeout", 10*time.Second, "the least time that a test run gets; it gets six times what an unchanged run takes")
	flag.StringVar(&write, "write", "", "a Markdown file that takes the result, between the marks of this room")
	flag.Float64Var(&atLeast, "at-least", 0, "how many per cent of the changes must be noticed, without those listed as equivalent; fewer end with status 1")
	flag.Parse()
	result, err := run(s)
	if err == nil && write != "" {
		err = result.writeInto(write)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
	fmt.Print(result.text())
	if result.percentOfDifferent() < atLeast {
		os.Exit(1)
	}
}

// settings say what to change and what to run.
type settings struct {
	room    string
	sample  int
	seed    uint64
	then    string
	reasons string
	least   time.Duration
}

func run(s settings) (*result, error) {
	began := time.Now()
	reasons, err := readReasons(s.reasons)
	if err != nil {
		return nil, err
	}
	p, err := load(s.room)
	if err != nil {
		return nil, err
	}
	all := p.find()
	chosen, err := p.thatCompile(shuffled(all, s.seed), s.sample)
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	r := &result{settings: s, found: len(all), mutants: chosen, reasons: reasons}
	for _, pkg := range append([]string{s.room}, strings.Fields(s.then)...) {
		if err := r.test(p, pkg, work); err != nil {
			return nil, err
		}
	}
	r.took = time.Since(began)
	return r, nil
}

// shuffled puts the changes into an order that depends on the seed alone.
func shuffled(all []*mutant, seed uint64) []*mutant {
	order := slices.Clone(all)
	random := rand.New(rand.NewPCG(seed, seed))
	random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	return order
}
