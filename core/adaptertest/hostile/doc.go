// Package hostile decides how an app behind an adapter must answer the requests
// that go wrong or are made up: repeated and late callbacks, forged states, planted
// cookies, failures of WeChat and of the session store. It never judges by
// anything but the bytes that come back, the calls to WeChat, the session store and
// the log. Of this module it may import core, core/push, core/wxsim and
// core/adaptertest, and never an adapter.
//
// An adapter runs it beside the contract, with the same app:
//
//	func TestContract(t *testing.T) { adaptertest.Run(t, app) }
//	func TestHostile(t *testing.T)  { hostile.Run(t, app, twoAccounts) }
//
// [Record] and [Compare] show where two adapters answer the same table differently.
//
// # Adding a case
//
// The table is in the files rows_*.go, one file per subject. A row has the next
// free number, a rule that reads as a sentence, and steps. Each step is run on
// its own, by a browser that was sent to WeChat and has not come back yet:
//
//	{number: 107, rule: "a state of last year starts anew", steps: []step{
//		{target: "?x=1&code={C1}&state={S1old}", want: "RESTART -> LOGIN"},
//	}},
//
// Names in braces stand for values of this one case: {C1} is an unused code of
// this visitor, {S1} the state that WeChat was given, {K1} the binding cookie;
// values.go has them all. What is wanted is written in the words of [Run]. A row
// whose steps depend on each other, or that has to look at more than the answers,
// has a function run instead of steps. The row count in table_test.go grows with
// the table. Break the guard in core once and see the new row fail.
package hostile
