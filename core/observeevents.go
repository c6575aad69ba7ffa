package core

// The names of events. Each comment says when the event is told and lists the fields
// that it may have, beside Name, Time and Account. EVENTS.md has the same as a table.
// Ends of a login are marked as such: with a Flow, each is told at most once for a
// login. Without one (the state was lost, or is older than 10 minutes) it belongs to no
// login that can be told.
const (
	// LoginStart: the visitor is redirected to WeChat, or sees the page that asks first.
	//
	// Fields: Flow, Former, Attempt, Scope, Entry, Client.
	LoginStart = "login.start"

	// LoginChallenge: an anonymous visitor is not redirected. Kind is "script" (401),
	// "form" (401), "frame", "outside" or "screen" (a page; "screen" once for each code).
	//
	// Fields: Kind, Client.
	LoginChallenge = "login.challenge"

	// LoginCallback: the visitor is back from WeChat. Result is "exchanged",
	// "remembered" (a further delivery of a code), "covered" (the session has what the
	// login asked for), "no_code" (refused), "no_cookie", "bad_state" (another
	// browser's, or changed on the way), "expired", "code_used" (or otherwise no longer
	// known to WeChat), "less_granted", "snapshot", "denied" or "unavailable".
	//
	// Fields: Flow, Attempt, Scope, Age, Result.
	LoginCallback = "login.callback"

	// LoginDone: the session is written. An end. Took is the time since LoginStart, to
	// the second; where Remote is set, a phone has allowed a screen, and Took is the time
	// since the screen showed its code.
	//
	// Fields: Flow, Attempt, Scope, Took, NewSession, Raised, Remote, UserHash, OpenID.
	LoginDone = "login.done"

	// LoginCovered: the visitor came back after another login of the same browser had
	// been done; the code was not used. An end.
	//
	// Fields: Flow, Attempt, Scope, Took, UserHash, OpenID.
	LoginCovered = "login.covered"

	// LoginRepeat: a login that has ended came back once more (a second delivery, the
	// back button, a reload), or a callback is older than 10 minutes and needs no
	// login. Result is what this delivery came to, by the name of an end without
	// "login.". Took is the time since the end, if it was told by this process.
	//
	// Fields: Flow, Attempt, Scope, Result, Took.
	LoginRepeat = "login.repeat"

	// LoginRestart: the visitor came back and is redirected to WeChat once more; a
	// LoginStart with this Flow as its Former follows. Reason is "no_cookie",
	// "bad_state", "expired", "code_used", "superseded" (older than the session's login)
	// or "lost_state" (it cannot be read; without Flow). Not an end: whoever opens a copied address is restarted, too.
	//
	// Fields: Flow, Attempt, Scope, Reason, Errcode, RID.
	LoginRestart = "login.restart"

	// LoginRefused: the visitor came back without a code. An end.
	//
	// Fields: Flow, Attempt, Scope, Took.
	LoginRefused = "login.refused"

	// LoginDenied: OnLogin or LoadUser refused this person. An end.
	//
	// Fields: Flow, Attempt, Scope, Took.
	LoginDenied = "login.denied"

	// LoginSnapshot: WeChat sent the virtual visitor of a snapshot page. An end.
	//
	// Fields: Flow, Attempt, Scope, Took.
	LoginSnapshot = "login.snapshot"

	// LoginStuck: the attempts are spent. An end. Reason is the likely one, as the page
	// says it: "cookies", "domain", "scheme", "state" or "session".
	//
	// Fields: Flow, Attempt, Scope, Took, Reason, Ref.
	LoginStuck = "login.stuck"

	// LoginUnavailable: WeChat, a store or a hook failed, and the visitor sees 503. An
	// end. It comes without a Flow where no login was under way.
	//
	// Fields: Flow, Attempt, Scope, Took, Stage, Errcode, RID, Ref.
	LoginUnavailable = "login.unavailable"

	// LoginLeft: the visitor's request was cancelled while the code was exchanged. Not an
	// end: the exchange goes on, and the next delivery gets its result.
	//
	// Fields: Flow, Attempt, Scope, Ref.
	LoginLeft = "login.left"

	// LoginForged: a state in our shape that no key of ours signed.
	//
	// Fields: Client.
	LoginForged = "login.forged"

	// SessionRenew: a session was written without a login. Reason is "profile" (raised
	// by Config.Profile) or "refresh" (RefreshProfile).
	//
	// Fields: Reason, UserHash, OpenID.
	SessionRenew = "session.renew"

	// SessionEnd: a session ended before its time. Reason is "logout", "logout_all",
	// "log_in_again" (LoadUser), "other_person" (the login was another's) or "unreadable".
	//
	// Fields: Reason, UserHash, OpenID.
	SessionEnd = "session.end"

	// LogoutCrossSite: another site asked for a logout and was refused.
	//
	// Fields: none.
	LogoutCrossSite = "logout.crosssite"

	// FollowCheck: the account's memory did not know whether a person follows, so the
	// shared cache and WeChat were asked. Result is "yes", "no" or "unknown"; Source is
	// "api" or "cache".
	//
	// Fields: Result, Source, Took, Errcode, RID, UserHash, OpenID.
	FollowCheck = "follow.check"

	// FollowRefused: a logged-in visitor sees the page that asks to follow the account.
	//
	// Fields: UserHash, OpenID.
	FollowRefused = "follow.refused"

	// FollowChanged: a message says that a person follows ("yes") or not ("no").
	//
	// Fields: Result, Source, UserHash, OpenID.
	FollowChanged = "follow.changed"

	// APICall: a call to WeChat has ended.
	//
	// Fields: Flow, Endpoint, Errcode, RID, Took, Retry.
	APICall = "api.call"

	// TokenRefresh: the account's token, or its JS-SDK ticket, was renewed. Kind is
	// "access_token" or "jsapi_ticket". Reason is "first", "expiry" or "refused";
	// Source is "api" or, where another node had renewed it, "cache". Result is "ok" or
	// "failed".
	//
	// Fields: Kind, Reason, Source, Result, Errcode, RID, Took.
	TokenRefresh = "token.refresh"

	// PushReceived: a message from WeChat was accepted. Kind is "message" or the event:
	// "subscribe", "unsubscribe", "scan", "click", "view", "location" or "other".
	// Result is "ok" or "duplicate".
	//
	// Fields: Kind, Result, UserHash, OpenID.
	PushReceived = "push.received"

	// PushRejected: a request to the address for messages was refused. Reason is
	// "bad_signature", "wrong_mode", "stale", "reused", "not_a_message", "cut_off",
	// "too_big" or "busy".
	//
	// Fields: Reason.
	PushRejected = "push.rejected"

	// PushFailed: a hook failed for a message.
	//
	// Fields: Kind, UserHash, OpenID.
	PushFailed = "push.failed"

	// HookFailed: a hook of the app panicked, or answered what cannot be used. Kind is the
	// hook's name: "skip", "scopes" or "on_error".
	//
	// Fields: Kind.
	HookFailed = "hook.failed"

	// ConfigWarning: a setting works, but is unsafe or unusual; the log says which.
	// Reason is "any_browser", "address", "app_id", "port", "session_cookie", "http",
	// "path" or "follow_code".
	//
	// Fields: Reason.
	ConfigWarning = "config.warning"

	// ScreenScanned: a phone opened the QR code of a screen.
	//
	// Fields: Flow, UserHash, OpenID.
	ScreenScanned = "screen.scanned"

	// ScreenAllowed: the phone allowed the login. The end is the screen's LoginDone.
	//
	// Fields: Flow, UserHash, OpenID.
	ScreenAllowed = "screen.allowed"

	// ScreenDenied: the phone denied the login.
	//
	// Fields: Flow, UserHash, OpenID.
	ScreenDenied = "screen.denied"

	// ScreenExpired: the QR code or the answer was too old.
	//
	// Fields: Flow.
	ScreenExpired = "screen.expired"

	// ScreenConflict: a second phone, or a second answer, came for one QR code.
	//
	// Fields: Flow.
	ScreenConflict = "screen.conflict"

	// ScreenWrongNumber: the screen's visitor typed other digits than the phone shows.
	//
	// Fields: Flow.
	ScreenWrongNumber = "screen.wrong_number"
)
