// Package adaptertest decides whether an adapter keeps the contract of
// [core.Request] and [core.Outcome]: the three adapters of this module, and those
// that others write for echo, hertz or another framework. It never looks inside an
// adapter; it judges what travels over real sockets, byte by byte. Of this module it
// may import core, core/push and core/wxsim, and never an adapter.
//
// # Testing an adapter
//
// Write one function that builds the routes of [App] with the adapter and listens
// on a free port of 127.0.0.1, and a second one for two accounts. Then the whole
// suite is two tests:
//
//	func TestContract(t *testing.T) { adaptertest.Run(t, app) }
//	func TestHostile(t *testing.T)  { hostile.Run(t, app, twoAccounts) }
//
//	func app(h *adaptertest.Harness) (baseURL string, stop func(), err error)
//	func twoAccounts(outer, inner *adaptertest.Harness) (baseURL string, stop func(), err error)
//
// Copy app_test.go and hostile_test.go of ginwechat, fiberwechat or nethttp and
// replace the framework. Run everything with -race: some faults of an adapter are
// data races. Two packages stand below this one:
//
//   - hostile sends what attackers send, and what goes wrong on the way;
//   - setuptest checks an adapter's set-up (the panics without an instance, the
//     account in the environment), and proves with [Check] that the suite finds the
//     faults that you put into a copy of your adapter.
//
// # Adding a case
//
// A case is a rule in one of the files case_*.go: a name, the sentence that it
// prints when it fails, and a function that gets an app of its own and returns an
// error. Add the sentence to the list in the documentation of [Run], at the same
// place; a test compares the two. Then break an adapter so that only the new case
// fails, and add that fault to the adapter's defects_test.go.
package adaptertest
