package core

import "fmt"

// recovered runs code of the app's: a panic in a fiber handler, or in a goroutine
// of our own, would end the process. The panic's value may hold anything, so only
// its type is told.
func recovered(hook string, run func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: panic of type %T", hook, p)
		}
	}()
	run()
	return nil
}
