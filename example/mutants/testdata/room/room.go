// Package room is changed by the test of the tool. Its own test calls Tested and Sum.
package room

// Tested says whether n is within the limit.
func Tested(n int) bool { return n > 0 && n <= 3 }

// Untested is the same; no test calls it.
func Untested(n int) bool { return n > 0 && n <= 4 }

// Sum adds the numbers below n.
func Sum(n int) (sum int) {
	for i := 0; i < n; {
		sum += i
		i++
	}
	return sum
}
