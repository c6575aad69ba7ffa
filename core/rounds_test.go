//go:build !race

package core

// rounds is how often a long test repeats itself.
func rounds(n int) int { return n }
