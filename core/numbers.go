package core

import "time"

// Every default of the package, with its reason.
const (
	// A visitor who left the consent page open longer starts anew; WeChat's code
	// lives 5 minutes, and the page before it may take as long again.
	stateLife = 10 * time.Minute
	// Nodes' clocks may differ by this much before a state counts as issued in
	// the future.
	clockSkew = 2 * time.Minute
	// A browser that keeps no cookies makes this many rounds, then reads why.
	maxAttempts = 3
	// This many logins within loopWindow without a session ever coming back mean
	// that the session cookie is lost (Strict, Secure or another domain).
	maxBounces = 3
	loopWindow = time.Minute

	// A browser that logs in more often than this in a minute, by callbacks delivered
	// again and again, fills memory with sessions. Twice what one process exchanges at
	// once, so that only such a browser ever meets it.
	maxDeliveries = 2 * maxExchanges

	// How long the result of a code is remembered for the browser that brought
	// it: as long as WeChat keeps a code alive.
	rememberFor = 5 * time.Minute
	// WeChat says that a code was used: so long the result of another node, which
	// may still be exchanging it, is waited for.
	awaitNode = time.Second
	// A callback as a whole, with retries: longer and the visitor has left.
	callbackBudget = 10 * time.Second
	// Exchanges at once in one process. Beyond it the answer is 503 at once: a
	// queue would outlive the codes in it.
	maxExchanges = 256
	// The share of the 5 s that WeChat is given for one try; see wxapi.
	tryTimeout = 5 * time.Second

	// A private session: silent login makes a new one cost nothing, so a month.
	sessionLife = 30 * 24 * time.Hour
	// The idle time of a session is written at most this often, so that a busy
	// page does not turn every read into a write.
	touchEvery = 5 * time.Minute
	// How long a logout is remembered against requests that were still running.
	tombstoneLife = 10 * time.Minute
	// Expired sessions in memory and remembered results are swept this often.
	sweepEvery = time.Minute

	// A refresh token lives so long (snsRefreshToken).
	refreshLife = 30 * 24 * time.Hour

	// Whether somebody follows the account. A "no" is short, so that who has just
	// followed gets in; user/info may be called 500,000 times a day.
	followsFor    = 5 * time.Minute
	followsNotFor = 3 * time.Second
	followsHere   = 5 * time.Second // where other nodes may have heard otherwise
	followBudget  = 5 * time.Second
	maxLookUps    = 256 // at once in one process, as of exchanges

	// Messages from WeChat: how far their time may be away, how long one is known again
	// (WeChat repeats within 15 s), their size and depth, what the console's check may
	// bring, what may wait, and how long a hook may take.
	pushWindow     = 5 * time.Minute
	pushRemembered = 2 * pushWindow
	maxPush        = 64 << 10
	maxPushDepth   = 8
	maxEcho        = 512
	maxPushWork    = 1024
	pushBudget     = 10 * time.Second
	// One person's messages that may wait: a slow hook must not shut out the others.
	maxPushWorkEach = 32
	// An older message was on its way for long, or comes again: by now something else
	// may be true.
	pushFresh = 5 * time.Second

	// The binding cookie outlives any login in progress and a closed web view.
	bindingLife = 24 * time.Hour

	// No login starts on a longer address, with what travels beside it: the way back
	// adds code and state, and fiber refuses about 4,096 bytes of request headers.
	// Who is logged in may ask for any length the server takes.
	maxTarget = 2048
	// Cookies of one name that are tried: a sibling domain may have planted more.
	maxSameCookie = 4
	// A Retry-After for trouble that passes by itself, in seconds.
	retryAfter = "5"
)
