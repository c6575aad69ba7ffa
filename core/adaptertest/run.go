package adaptertest

import "testing"

// Run checks every rule on an app of its own. A case that fails prints its rule:
//
//   - a login ends on the page that the visitor asked for, byte for byte, after
//     one visit to WeChat and one code;
//   - behind a gate the user is in the adapter's accessor, in the framework's own
//     store and in the request's context;
//   - Require on the whole app and Require(Prompt) on a route cause one silent and
//     one prompted login, which end on the page with the nickname;
//   - Optional starts no login: the handler runs with or without a user, and the
//     accessor returns nil for an anonymous visitor;
//   - Login ends on the page of this site that "to" names, and on / for every
//     other value;
//   - Logout ends the session on a POST from the same site, and on no other
//     request;
//   - the address of a callback and the cookies of before a logout log nobody in
//     after it;
//   - a first login works however the gate is mounted: on the whole app, on a
//     group, on one route, twice in a chain; the handler runs once;
//   - a gate on the whole app also guards pages that the app does not have;
//   - a skipped request stays as it is: the gate adds no header and no user, and
//     the accessor returns nil; a path that routers read differently is not skipped;
//   - when the gate answers, no later handler runs, and the body holds no output
//     of a handler;
//   - requests that are not page navigations (scripts, forms, web sockets) get 401
//     and no Location: application/problem+json with login_url, or a page for a
//     browser's form;
//   - the gate's status, headers and body are sent unchanged, every value of a
//     header on a line of its own;
//   - names of request headers count without case: a logged-in visitor whose proxy
//     sends them in lower case is known;
//   - the callback's answer sets the session cookie and the binding cookie, and
//     keeps the app's own cookies, Vary and unknown headers: none is replaced, none
//     is joined by a comma;
//   - the headers that the gate returns when it lets a request through are added
//     to the response: Vary, and the session cookie when it was written again;
//   - all values of a request header reach the gate: a session in a second Cookie
//     line is found;
//   - host and scheme are those of the connection: no forwarded header of a client
//     reaches redirect_uri;
//   - a page of a logged-in visitor is private for caches, whatever Cache-Control
//     its handler has set; a page of an anonymous visitor behind Optional is left
//     alone;
//   - what a handler removes of the gate's headers, or throws away with the whole
//     response, is in the response all the same: Vary, and the session cookie when
//     it was written again;
//   - a response whose headers are sent in the middle of the handler is private as
//     well;
//   - FromContext and Loaded find the user in every context that a handler of the
//     framework can hold;
//   - the gate and the handlers get the request's own context: a value that an
//     outer middleware put into it is there, in handlers and in OnError;
//   - a handler may give its context to a goroutine: it keeps the user and its
//     values while the connection serves other requests;
//   - the target is that of the request line: of an absolute one, path and query
//     count and its host is the Host; one without a path gets 400, without a login;
//   - a target that begins with // or /\ never leads to another site;
//   - with a session, method, target and body of a request reach the handler as
//     they were sent;
//   - a handler behind a gate can flush, and no output is held back;
//   - every request, even a malformed one, gets an answer below 500;
//   - a request body that the gate's answer leaves unread never becomes the next
//     request on the connection;
//   - no string of a request changes after the request has ended: an adapter
//     copies strings out of buffers that the framework reuses;
//   - requests of two sessions that alternate over keep-alive connections each get
//     their own user, and no key in the session store changes;
//   - concurrent requests of several visitors over several connections each get
//     their own user;
//   - a visitor who does not follow the account gets the whole page of MustFollow,
//     403 with its headers; a script gets 403 application/problem+json without
//     login_url; no handler runs;
//   - a visitor who follows the account is let in with the next request, without a
//     login, and a visitor who unfollows it is refused again;
//   - Loaded returns in a handler what LoadUser made from the request's own
//     context, and nothing where no LoadUser ran;
//   - the handler for WeChat's messages, mounted the way the framework mounts a
//     handler of net/http, passes WeChat's check of its address and gets encrypted
//     messages whole;
//   - that handler gets method, query and body of a request as they were sent, and
//     its answer is sent unchanged;
//   - a screen logs in through a phone: the handler of Screens, mounted the way the
//     framework mounts a handler of net/http, gets codes, forms and cookies whole, and its
//     pages, redirects and cookies are sent as they are;
//   - that handler sees who sent a form: one of another site, one without proof and one of
//     another browser log no screen in.
func Run(t *testing.T, app App) { RunOver(t, ownAccount, app) }
