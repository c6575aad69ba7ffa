package core

import "time"

// Every default of the package, with its reason.
const (
	// A browser that keeps no cookies makes this many rounds, then reads why.
	maxAttempts = 3
	// A browser that logs in more often than this in a minute, by callbacks delivered
	// again and again, fills memory with sessions. Twice what one process exchanges at
	// once, so that only such a browser ever meets it.
	maxDeliveries = 2 * maxExchanges

	// A callback as a whole, with retries: longer and the visitor has left.
	callbackBudget = 10 * time.Second
	// Exchanges at once in one process. Beyond it the answer is 503 at once: a
	// queue would outlive the codes in it.
	maxExchanges = 256
	// The share of the 5 s that WeChat is given for one try; see wxapi.
	tryTimeout = 5 * time.Second

	// Expired sessions in memory and remembered results are swept this often.
	sweepEvery = time.Minute

	// A refresh token lives so long (snsRefreshToken).
	refreshLife = 30 * 24 * time.Hour

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
	// A Retry-After for trouble that passes by itself, in seconds.
	retryAfter = "5"
)
