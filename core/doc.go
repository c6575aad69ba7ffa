// Package core logs visitors in with WeChat's Official Account web login
// (公众号网页授权), for any web framework. Applications mount it through ginwechat,
// fiberwechat or nethttp; this package decides, they obey.
//
// A request meets a [Gate]:
//
//  1. The session is read. If it already satisfies the route, the request continues,
//     with the [User] in the context ([FromContext]).
//  2. Any other visitor who opens a page inside WeChat is redirected to WeChat, and
//     comes back to the same page. Nothing is kept on the server for it: the state
//     carries a signature that only fits the cookie this browser was given.
//  3. WeChat comes back to the page with a code. It is exchanged, once however
//     often it is delivered, the session gets a new token, and the visitor is
//     redirected to the address that was asked for, byte for byte.
//  4. Without a login, requests that are not page navigations (fetch, form POST, SSE,
//     WebSocket) get a 401 problem document instead of a redirect. Visitors outside
//     WeChat, in frames, without cookies, or who refuse, get a page.
//
// Because the callback lands in place, a gate works however it is mounted:
//
//	on the whole app          guards it, and finishes logins that any route began
//	on a group or one route   guards that; nothing else needs to be registered
//	inside another gate       asks for more (Prompt inside Silent), or less
//	Login as a handler        for a link; goes to the local page named by "to"
//	Logout as a handler       for a form; POST from this site only
//
// Beyond the login, [MustFollow] lets only followers of the account through,
// [LoadUser] hands over the app's own user, [Auth.PushHandler] receives what WeChat
// tells of follows and messages, [Auth.AccountToken] is the account's own token,
// [Auth.JSConfig] signs pages, and [Auth.RefreshProfile] renews a profile.
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
// Fill in a [Request], call [Gate.Handle], obey the [Outcome]; their comments list
// the rules, and package adaptertest checks them one by one.
//
// # What stays a risk
//
// WeChat offers no PKCE and no nonce: whoever gets hold of an unused code can log
// in as its owner for the minutes it lives. So codes are spent at once and never
// logged, answers are never stored and send no referrer, and the domain registered
// with WeChat must have no open redirect in any application on it. A shared phone
// logs in whoever its WeChat belongs to.
package core
