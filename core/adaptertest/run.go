package adaptertest

import (
	"testing"
)

// Run tries every rule on an app of its own. A case that fails prints its rule:
//
//   - a login ends on the very page that was asked for, byte for byte, after
//     one visit to WeChat and one code;
//   - behind a gate the user is in the adapter's accessor, in the framework's
//     own store and in the request's context;
//   - Require on the whole app and Require(Prompt) on a route make one silent
//     and one prompted login, and end on the page with the nickname;
//   - Optional starts no login: the handler runs, with nobody or with the
//     user, and the accessor returns nil for nobody;
//   - Login ends on the page of this site that "to" names, and on / for
//     everything else;
//   - Logout ends the session on a POST from the same site, and on nothing
//     else;
//   - a login works from cold however the gate is mounted: whole app, group,
//     one route, twice in a chain; the handler runs once;
//   - a gate on the whole app also answers for pages the app does not have;
//   - a skipped request is untouched: no header of ours, no user, and the
//     accessor's panic names the fix;
//   - when the gate answers, no later handler runs and nothing of one is in
//     the body;
//   - scripts, forms and sockets get 401 application/problem+json with
//     login_url, and no Location;
//   - the gate's status, headers and body go out as they are, every value of a
//     header on a line of its own;
//   - the callback's answer sets session and login cookie, and everything the
//     app's own middleware set is still there: nothing replaced, nothing
//     joined by a comma;
//   - what the gate sends along when it lets a request through is added to the
//     response too: Vary, and the session cookie where it was written anew;
//   - all values of a request header reach the gate: the session is found in a
//     second Cookie line;
//   - host and scheme are the connection's: nothing a client sends in a
//     forwarded header reaches redirect_uri;
//   - the context handed to the gate and on to handlers is the request's own:
//     what a middleware outside put into it is there, in handlers and in
//     OnError;
//   - a handler may give its context to a goroutine: it keeps user and values
//     while the connection serves others;
//   - the target is the request line's own: one that is no path of this site
//     is answered 400, without a login;
//   - a target that begins with // or /\ never leads off the site;
//   - with a session, method, target and body of a request reach the handler
//     as they were sent;
//   - a handler behind a gate can flush: the response writer is not wrapped
//     and nothing is held back;
//   - no request, however odd, breaks the app: each gets an answer below 500;
//   - no string of a request may change after it has ended: a framework that
//     reuses its buffers copies them;
//   - sessions that alternate over keep-alive connections are each answered as
//     their own user, and no key in the store changes;
//   - requests at once, of several visitors over several connections, are each
//     answered as their own user;
//   - who does not follow gets MustFollow's page whole, 403 with its headers; a
//     script gets 403 application/problem+json without login_url; no handler runs;
//   - who follows gets in with the very next request, without a login, and who
//     leaves finds it shut again;
//   - what LoadUser made of the request's own context is what Loaded finds in a
//     handler's, and nothing where no LoadUser ran;
//   - the handler for WeChat's messages, mounted as the framework mounts one of
//     net/http, passes the check of its address and gets encrypted messages whole;
//   - it gets method, query and body of a request as they were sent, and its
//     answer goes out as it is.
func Run(t *testing.T, app App) {
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			if err := r.check(app); err != nil {
				t.Errorf("rule: %s\ngot: %v", r.text, err)
			}
		})
	}
}
