//go:build !race

package wxapi

// crowd is how many goroutines ask at once.
const crowd = 10_000
