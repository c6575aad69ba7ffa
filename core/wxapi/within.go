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
	errBusy    = errors.New("wechat: the fetch before this one has not come back")
	errAborted = errors.New("wechat: the fetch ended in a panic")
)

// within runs f, and leaves it alone when ctx ends: not everybody's store or
// RoundTripper heeds a context. While f has not come back no other is run, so
// at most one goroutine is left behind. A panic in f must not end the process,
// and as its value may hold anything only the stack is logged.
func within[T any](ctx context.Context, log *slog.Logger, busy *atomic.Bool, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	if !busy.CompareAndSwap(false, true) {
		return result{}.value, errBusy
	}
	done := make(chan result, 1)
	go func() {
		r := result{err: errAborted}
		defer func() {
			if recover() != nil {
				log.Error("wechat: panic in a fetch of the account's token", "stack", string(debug.Stack()))
			}
			busy.Store(false)
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
