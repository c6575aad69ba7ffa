package adaptertest

import (
	"context"

	"github.com/seed467724c4/wechat/core"
)

// App builds the app under test on a free port of 127.0.0.1 and returns its
// address, such as "http://127.0.0.1:4711", and what stops it. It is called once
// per case and decides nothing: every gate gets [Harness.Options], and every handler
// reports what it saw.
//
// A middleware of the app's own runs before everything else. It replaces the
// request's context with the result of [Harness.Context], the way the framework's
// users do, and adds every value of [Harness.Header] to the response. The routes:
//
//	/apart/route      GET, POST  Require on this one route
//	/apart/group/...  GET, POST  Require on a group
//	/apart/twice      GET, POST  Require twice in one chain
//	/apart/profile    GET        Require(Prompt) on this one route
//	/apart/optional   GET        Optional
//	/apart/skipped    GET        Require
//	/apart/members    GET        Require made with [Harness.MembersOptions], on this one route
//	/apart/stream     GET        Require; answers with [Harness.Stream]
//	/push             all        [Harness.PushHandler], mounted like any handler of net/http; no gate
//	/wechat/screen    all        [Harness.ScreensHandler], mounted in the same way; no gate
//	/login            all        Login
//	/logout           all        Logout
//	everything else   all        Require, as the framework mounts it on a whole app
//	  /engine/...     all        behind it
//	  /profile        GET        behind it, and behind Require(Prompt) on the route
//
// Every handler except the stream's answers 200 with the bytes of [Harness.Serve].
type App func(*Harness) (baseURL string, stop func(), err error)

// Seen is what a handler saw of one request, read with its framework's own functions.
// Its values must not change later: where a framework reuses its buffers, the handler
// copies them.
type Seen struct {
	// Context is the request's context, as handlers of this framework get it.
	Context context.Context

	// User calls the adapter's accessor, such as ginwechat.User(c).
	User func() *core.User

	// Native is what the framework's own store, such as gin's c.Get, holds under
	// the adapter's key. It is nil if the framework has no such store.
	Native func() any

	// Contexts are the other contexts that a handler of this framework can hold, such as
	// a *gin.Context and its copy. Only what the handler does itself is done with them.
	Contexts []context.Context

	// Header is the response's headers, which the suite changes as handlers do.
	Header core.ResponseHeader

	// Reset throws the whole response away. nil where the framework has no such thing.
	Reset func()

	// Method, Target and Body are those of the request. Target is raw.
	Method, Target string
	Body           []byte
}
