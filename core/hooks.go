package core

import (
	"context"
	"fmt"
	"net/http"
)

// recovered runs a hook of the app and turns a panic into an error. In a fiber handler,
// or in a goroutine of this library, a panic would end the process. The error holds
// only the panic's type, because its value may hold a secret.
func recovered(hook string, run func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: panic of type %T", hook, p)
		}
	}()
	run()
	return nil
}

// skipped calls every Skip. A Skip that panics does not skip. A path that routers
// interpret differently is never skipped.
func (g *Gate) skipped(ctx context.Context, r Request) (yes bool) {
	if r.isAmbiguous() {
		return false
	}
	for _, skip := range g.skip {
		if err := recovered("Skip", func() { yes = skip(&r) }); err != nil {
			g.auth.watch.hookFailed(ctx, "skip", err)
			yes = false
		}
		if yes {
			return true
		}
	}
	return false
}

// appsOwn returns the answer of the app's OnError, or nil. An answer without a status
// is ignored, because it would let the request through. The answer is copied, because
// the app may return the same value for many requests.
func (v *visit) appsOwn(err error) *Outcome {
	if v.gate.onError == nil || err == nil {
		return nil
	}
	var own *Outcome
	if failed := recovered("OnError", func() { own = v.gate.onError(v.ctx, v.request, err) }); failed != nil {
		v.auth.watch.hookFailed(v.ctx, "on_error", failed)
		return nil
	}
	if own == nil {
		return nil
	}
	if own.Status < 200 || own.Status > 999 {
		v.auth.watch.hookFailed(v.ctx, "on_error", fmt.Errorf("OnError returned an outcome without a status (%d), so the built-in answer is used", own.Status))
		return nil
	}
	out := &Outcome{Context: own.Context, Header: own.Header.Clone(), Status: own.Status, Body: own.Body, Err: own.Err, own: true}
	if out.Context == nil {
		out.Context = v.ctx
	}
	if out.Header == nil {
		out.Header = http.Header{}
	}
	// The address may hold a code.
	if out.Header.Get("Cache-Control") == "" {
		out.Header.Set("Cache-Control", "no-store")
	}
	if out.Header.Get("Referrer-Policy") == "" {
		out.Header.Set("Referrer-Policy", "no-referrer")
	}
	return out
}
