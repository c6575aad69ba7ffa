// Package core logs visitors in with WeChat's Official Account web login (公众号网页授权),
// for any web framework. Applications use it through an adapter: ginwechat, fiberwechat
// or nethttp. Core decides every request, and the adapter carries the decision out.
//
// # One request
//
// An adapter passes every request to a [Gate]:
//
//  1. The gate reads the session. If the session satisfies the route, the request
//     continues with the [User] in its context ([FromContext]).
//  2. Otherwise, a visitor who opens a page inside WeChat is redirected to WeChat. The
//     redirect URI is this very page. The server stores nothing for a login in progress:
//     the state parameter is signed and fits only the cookie of this browser.
//  3. WeChat redirects back to the page with a code. The gate exchanges the code for the
//     user, once even if the callback is delivered several times. It renews the session
//     token and redirects to the address that was asked for, byte for byte.
//  4. Without a login, requests that are not page navigations (fetch, form POST, SSE,
//     WebSocket) get a 401 instead of a redirect. Visitors outside WeChat, in a frame or
//     without cookies, and visitors who refuse the login, get a page that explains it.
//
// The callback needs no route of its own, so a gate works wherever it is mounted:
//
//	on the whole app        guards every route and completes every login
//	on a group or a route   guards that group or route
//	inside another gate     asks for more (Prompt inside Silent) or less
//	Login as a handler      is a link to log in; it ends on the local page in "to"
//	Logout as a handler     is the target of a form; it takes a POST from this site only
//
// # Beyond the login
//
// [MustFollow] lets only followers of the account through. [LoadUser] loads the app's own
// user. [Auth.PushHandler] receives messages and events from WeChat. [Auth.AccountToken]
// is the account's own access token, [Auth.JSConfig] signs pages for the JS-SDK, and
// [Auth.RefreshProfile] renews a visitor's profile. [Config] has the settings of the
// account, and [Option] those of one gate.
//
// # A site without a framework
//
//	auth, err := core.New(core.Config{AppID: id, AppSecret: secret, PublicURL: "https://app.example.com"})
//	if err != nil {
//		log.Fatal(err)
//	}
//	defer auth.Close()
//	mux := http.NewServeMux()
//	mux.HandleFunc("GET /me", func(w http.ResponseWriter, r *http.Request) {
//		user, _ := core.FromContext(r.Context())
//		fmt.Fprintln(w, user.OpenID)
//	})
//	http.ListenAndServe(":8080", nethttp.Require(auth)(mux))
//
// # Writing an adapter
//
// Fill in a [Request], call [Gate.Handle] and apply the [Outcome]. Their comments list
// the rules, and package adaptertest checks each rule.
//
// # Reading the code
//
// A request goes through these files in this order: request.go (what an adapter passes
// in), fastpath.go (a logged-in visitor), gate.go (the order of all steps), visit.go (the
// facts about the request), decide.go (facts to a step, without I/O), and then the file
// of the step: start.go (redirect to WeChat), callback.go and login.go (exchange the
// code), problem.go (the 401), pages.go (pages), answer.go (continue or redirect).
// outcome.go is what the adapter gets back.
//
// Each folder below decides one thing and imports only what walls_test.go allows:
// internal/web reads requests, internal/proof signs states, internal/session keeps
// sessions, internal/once exchanges each code once, internal/follow knows who follows,
// internal/page renders pages, internal/vault seals stored values, push receives
// messages, and wxapi calls WeChat. Core may import all of them. It never signs, seals,
// writes a store or calls WeChat's HTTP API itself.
//
// # Checking the rules
//
// decide_test.go tries every combination of facts. model_test.go tries every sequence of
// 13 events between two browsers in WeChat, a screen and two people, against real gates:
// 3,053 conversations of four events with go test, and 271,902 of six events, which take
// some minutes, with
//
//	WECHAT_MODEL_DEPTH=6 go test ./core -run TestEveryConversation -v -timeout 0
//
// Whatever reads bytes from outside has a fuzz target. go test -list "^Fuzz" ./... names
// them, and .ci/run runs each for ten seconds:
//
//	go test ./core -run '^$' -fuzz FuzzCallback -fuzztime 10m
//
// # Remaining risks
//
// WeChat offers no PKCE and no nonce. Whoever gets hold of an unused code can log in as
// its owner for the minutes that the code is valid. So a code is used at once and never
// logged, and answers are not stored and send no referrer. No application on the domain
// that is registered with WeChat may have an open redirect. On a shared phone, the login
// is that of the WeChat account on the phone.
package core
