package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// results hold what was measured, by benchmark, one sample for each round.
type results map[string][]sample

// A part that takes long and differs little is measured less often.
func (p part) rounds(o options) int {
	switch p {
	case countPart, soakPart:
		return 1
	case memoryPart:
		return min(o.rounds, 3)
	}
	return o.rounds
}

// rounds measures everything that was asked for, part after part and in each part
// round after round.
func rounds(w *world, o options, progress io.Writer) (results, error) {
	r := results{}
	for _, p := range []part{requestPart, countPart, serverPart, memoryPart, soakPart} {
		if !o.parts[p] {
			continue
		}
		var chosen []measure
		for _, m := range measures() {
			if m.part == p && o.only.MatchString(m.name) {
				chosen = append(chosen, m)
			}
		}
		for i := range p.rounds(o) {
			began := time.Now()
			for _, m := range chosen {
				s, err := m.once(w, o)
				if err != nil {
					return nil, err
				}
				r[m.benchmark()] = append(r[m.benchmark()], s)
			}
			fmt.Fprintf(progress, "%s: round %d of %d took %s\n", p, i+1, p.rounds(o), time.Since(began).Round(time.Second))
		}
	}
	return r, nil
}

// values are a unit of a benchmark, round by round.
func (r results) values(benchmark, unit string) []float64 {
	var v []float64
	for _, s := range r[benchmark] {
		v = append(v, s[unit])
	}
	return v
}

// of is a target's value; false where something it needs was not measured.
func (r results) of(t target) (float64, bool) {
	n := 0
	for i, name := range t.needs {
		if i == 0 || len(r[name]) < n {
			n = len(r[name])
		}
	}
	if n == 0 {
		return 0, false
	}
	if t.best {
		var best []sample
		for _, name := range t.needs {
			best = append(best, bestOf(r[name]))
		}
		return t.value(best), true
	}
	var v []float64
	for i := range n {
		var round []sample
		for _, name := range t.needs {
			round = append(round, r[name][i])
		}
		v = append(v, t.value(round))
	}
	return median(v), true
}

// bestOf takes the best value of each unit: the least, but of a speed the most.
func bestOf(rounds []sample) sample {
	best := sample{}
	for unit := range rounds[0] {
		var v []float64
		for _, s := range rounds {
			v = append(v, s[unit])
		}
		if unit == requestsPerS {
			best[unit] = slices.Max(v)
		} else {
			best[unit] = slices.Min(v)
		}
	}
	return best
}
