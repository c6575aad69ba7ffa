//go:build race

package wxapi

// The race detector ends a process with more than 8128 goroutines.
const crowd = 4_000
