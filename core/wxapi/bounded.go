package wxapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
)

var (
	errBusy    = errors.New("wechat: the previous fetch has not returned yet")
	errAborted = errors.New("wechat: the fetch ended in a panic")
)

// runBounded runs f and stops waiting for it when ctx ends: a store or a
// RoundTripper of the app may ignore its context. While f has not returned, no
// second one starts, so at most one goroutine is left behind. A panic in f must
// not end the process. Its value may hold a secret, so only the stack is logged.
func runBounded[T any](ctx context.Context, log *slog.Logger, running *atomic.Bool, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	if !running.CompareAndSwap(false, true) {
		return result{}.value, errBusy
	}
	done := make(chan result, 1)
	go func() {
		r := result{err: errAborted}
		defer func() {
			if recover() != nil {
				log.Error("wechat: panic in a fetch of the account's token", "stack", string(debug.Stack()))
			}
			running.Store(false)
			done <- r
		}()
		r.value, r.err = f()
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return result{}.value, fmt.Errorf("wechat: no answer in time: %w", ctx.Err())
	}
}
