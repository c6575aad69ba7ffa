package adaptertest

import (
	"fmt"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
)

var contextRules = []rule{
	{
		name: "the app's own context",
		text: "the gate and the handlers get the request's own context: a value that an outer middleware put into it is there, in handlers and in OnError",
		try:  ownContext,
	},
	{
		name: "context after the request",
		text: "a handler may give its context to a goroutine: it keeps the user and its values while the connection serves other requests",
		try:  contextAfterTheRequest,
	},
}

func ownContext(f *fixture) error {
	b, err := f.login("mei")
	if err != nil {
		return err
	}
	for _, path := range []string{"/engine/x", "/apart/group/x", "/apart/route", "/apart/twice", "/apart/optional"} {
		r, err := b.report(path)
		if err != nil {
			return err
		}
		if r.Outer == "" {
			return fmt.Errorf("%s: the handler's context lacks the value of the middleware outside", path)
		}
	}
	b.agent = "curl/8"
	b.jar = nil
	a, err := rawhttp.Once(rawhttp.Host(f.appURL), b.raw(f.appURL, "GET", "/engine/x", "", wantOwnAnswer+": 1"))
	if err != nil {
		return err
	}
	if a.Header.Get("X-Outer") == "" {
		return fmt.Errorf("OnError's context lacks the value of the middleware outside")
	}
	return nil
}

// contextAfterTheRequest reads kept contexts in a goroutine while the connection
// serves other requests, which the race detector watches, and again at the end.
func contextAfterTheRequest(f *fixture) error {
	mei, err := f.login("mei")
	if err != nil {
		return err
	}
	jun, err := f.login("jun")
	if err != nil {
		return err
	}
	f.harness.forget()
	w, err := rawhttp.Dial(rawhttp.Host(f.appURL))
	if err != nil {
		return err
	}
	defer w.Close()

	next, done := make(chan visit), make(chan error, 1)
	go func() {
		var first error
		for v := range next {
			if err := v.intact(); err != nil && first == nil {
				first = err
			}
		}
		done <- first
	}()
	const rounds = 8
	for i := range rounds {
		b := []*browser{mei, jun}[i%2]
		if _, err = w.Ask(b.raw(f.appURL, "GET", "/engine/x", "")); err != nil {
			break
		}
		for _, v := range f.harness.kept() {
			next <- v
		}
	}
	close(next)
	if first := <-done; err == nil {
		err = first
	}
	if err != nil {
		return err
	}
	if n := len(f.harness.kept()); n != rounds {
		return fmt.Errorf("%d of %d handlers had a context with the user and the value of the middleware outside", n, rounds)
	}
	return nil
}

func (h *Harness) kept() []visit {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.visits[:len(h.visits):len(h.visits)]
}

// forget drops the visits so far.
func (h *Harness) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.visits = nil
}

func (v visit) intact() error {
	if got := outerOf(v.ctx); got != v.outer {
		return fmt.Errorf("the context of %q is now that of %q", v.outer, got)
	}
	if u, _ := core.FromContext(v.ctx); u != v.user {
		return fmt.Errorf("the context of %v now holds %v", v.user, u)
	}
	// None of these may panic, whether the context has ended or not.
	_ = v.ctx.Err()
	_, _ = v.ctx.Deadline()
	select {
	case <-v.ctx.Done():
	default:
	}
	return nil
}
