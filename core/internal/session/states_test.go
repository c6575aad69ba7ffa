//go:build !race

package session

import "math"

// maxStates bounds how many states a test of all orders goes through.
const maxStates = math.MaxInt
