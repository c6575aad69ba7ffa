package setuptest

import (
	"testing"
)

// AllocRuns is how often [Allocations] calls its function.
const AllocRuns = 100

// Allocations is the smallest number of allocations that one call of f makes. It is
// the smallest and not the average, because the pools of frameworks are empty now
// and then, and more often under the race detector.
func Allocations(f func()) float64 {
	least := testing.AllocsPerRun(1, f) // calls f twice
	for range AllocRuns/2 - 1 {
		least = min(least, testing.AllocsPerRun(1, f))
	}
	return least
}
