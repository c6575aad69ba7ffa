//go:build race

package session

// maxStates bounds how many states a test of all orders goes through: under the race
// detector, which learns nothing from the order of the store's commands, only some.
const maxStates = 1000
