package adaptertest

import (
	"context"

	"github.com/seed467724c4/wechat/core"
)

// App builds the app under test on a free port of 127.0.0.1 and returns its
// address, such as "http://127.0.0.1:4711", and what stops it. It is called once
// per case and decides nothing: every gate gets [Harness.Options], every handler
// passes on what it saw.
//
// Outermost, around everything, runs a middleware of the app's own. It replaces
// the request's context by [Harness.Context] of it, the way the framework's users do,
// and adds every value of [Harness.Header] to the response. Behind it:
//
//	/apart/route      GET, POST  Require on this one route
//	/apart/group/...  GET, POST  Require on a group
//	/apart/twice      GET, POST  Require twice in one chain
//	/apart/profile    GET        Require(Prompt) on this one route
//	/apart/optional   GET        Optional
//	/apart/skipped    GET        Require
//	/apart/members    GET        Require made with [Harness.MembersOptions], on this one route
//	/apart/stream     GET        Require; answers with [Harness.Stream]
//	/push             all        [Harness.PushHandler], mounted as a handler of net/http is; no gate
//	/login            all        Login
//	/logout           all        Logout
//	everything else   all        Require, as the framework mounts it on a whole app
//	  /engine/...     all        behind it
//	  /profile        GET        behind it, and behind Require(Prompt) on the route
//
// All handlers but the stream's answer 200 with the bytes of [Harness.Serve].
type App func(*Harness) (baseURL string, stop func(), err error)

// Seen is what a handler saw of one request, told in its framework's own words.
// Nothing in it may change later: a framework that reuses its buffers copies.
type Seen struct {
	// Context is the request's context, as handlers of this framework get it.
	Context context.Context

	// User calls the adapter's accessor, such as ginwechat.User(c).
	User func() *core.User

	// Native is what the framework's own store, such as gin's c.Get, holds under
	// the adapter's key. nil where the framework has no such store.
	Native func() any

	// Method, Target and Body are the request's. Target is raw.
	Method, Target string
	Body           []byte
}
