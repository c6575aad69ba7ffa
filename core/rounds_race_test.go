//go:build race

package core

// rounds is how often a long test repeats itself: a tenth under the race detector, which
// finds a race in the first of them and takes ten times as long.
func rounds(n int) int { return n / 10 }
