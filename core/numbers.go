package core

import "time"

const (
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
)
