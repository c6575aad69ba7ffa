// Package setuptest holds what the tests of every adapter set up in the same way:
// instances, an app on a listener, a handler that reports, the checks of an adapter's
// set-up, the search for deliberate faults and the count of allocations. It never
// decides what an adapter has to answer to a request; package adaptertest does. Of
// this module it may import core and core/adaptertest, and never an adapter.
//
// It serves the adapters of this module and those that others write.
package setuptest
