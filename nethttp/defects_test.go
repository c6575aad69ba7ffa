package nethttp_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
)

// defect is a mistake that is easily made in an adapter for net/http.
type defect string

const (
	none            defect = "none"
	bufferedWriter  defect = "a writer that waits for the handler"
	parsedBody      defect = "the form parsed before the handler"
	headersSet      defect = "Header().Set for headers"
	headersLate     defect = "headers behind WriteHeader"
	bodyLost        defect = "an answer without its body"
	statusFixed     defect = "every answer a 302"
	varyAlways      defect = "Vary on skipped requests"
	noWithContext   defect = "no WithContext"
	parsedTarget    defect = "target from r.URL"
	absoluteDropped defect = "absolute targets made local"
	nextAlways      defect = "next behind an answer"
	hostExpected    defect = "a panic without Host"
	scopeDropped    defect = "the route's scope dropped"
	requireForAll   defect = "one mode for all"
	shortMessages   defect = "messages cut after 4 KiB"
)

// The suite must find every one of them, or it proves nothing about the adapter.
// Listed are the cases whose rule is broken; others may fail for want of a login.
func TestTheSuiteFindsDefects(t *testing.T) {
	for d, want := range map[defect][]string{
		bufferedWriter:  {"streaming"},
		parsedBody:      {"untouched requests"},
		headersSet:      {"headers of an answer are added", "own answer"},
		headersLate:     {"headers of an answer are added", "own answer"},
		bodyLost:        {"own answer", "scripts get 401", "must follow"},
		statusFixed:     {"own answer", "scripts get 401", "logout", "must follow"},
		varyAlways:      {"skip"},
		noWithContext:   {"user in three places", "optional", "mounts", "loaded user"},
		parsedTarget:    {"silent login", "double slash"},
		absoluteDropped: {"absolute request lines"},
		nextAlways:      {"no handler behind an answer", "own answer"},
		hostExpected:    {"odd requests"},
		scopeDropped:    {"prompt behind silent"},
		requireForAll:   {"optional", "logout", "login goes to local pages"},
		shortMessages:   {"messages", "raw messages"},
	} {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel() // one of them is found by waiting
			var got []string
			for _, f := range adaptertest.Check(d.adapter().app) {
				got = append(got, f.Case)
			}
			t.Logf("found by: %s", strings.Join(got, ", "))
			for _, name := range want {
				if !slices.Contains(got, name) {
					t.Errorf("not found by %q", name)
				}
			}
		})
	}
}

// What the defects are put into is sound, so it is they that are found.
func TestTheSuiteFindsNothingElse(t *testing.T) {
	for _, f := range adaptertest.Check(none.adapter().app) {
		t.Error(f)
	}
}

func (d defect) adapter() adapter {
	mount := func(mode core.Mode) func(...core.Option) middleware {
		if d == requireForAll {
			mode = core.ModeRequire
		}
		return func(options ...core.Option) middleware {
			if d == scopeDropped {
				options = append(options, core.Silent)
			}
			gate := core.NewGate(mode, options...)
			return func(next http.Handler) http.Handler { return d.guard(gate, next) }
		}
	}
	handle := func(mode core.Mode) func(...core.Option) http.Handler {
		return func(options ...core.Option) http.Handler { return mount(mode)(options...)(http.NotFoundHandler()) }
	}
	return adapter{mount(core.ModeRequire), mount(core.ModeOptional), handle(core.ModeLogin), handle(core.ModeLogout), d.wrap}
}

func (d defect) wrap(h http.Handler) http.Handler {
	if d != shortMessages {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = io.NopCloser(io.LimitReader(r.Body, 4<<10))
		h.ServeHTTP(w, r)
	})
}

// guard is the adapter's, with one thing wrong.
func (d defect) guard(gate *core.Gate, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case d == parsedBody:
			_ = r.ParseForm()
		case d == varyAlways:
			w.Header().Add("Vary", "Cookie")
		case d == hostExpected && r.Host == "":
			panic(http.ErrAbortHandler)
		}
		out := gate.Handle(r.Context(), d.request(r))
		if d == headersLate && out.Status != 0 {
			w.WriteHeader(out.Status)
		}
		for name, values := range out.Header {
			for _, value := range values {
				if d == headersSet {
					w.Header().Set(name, value)
				} else {
					w.Header().Add(name, value)
				}
			}
		}
		if out.Status == 0 {
			d.proceed(next, w, r, out)
			return
		}
		d.answer(w, out)
		if d == nextAlways {
			d.proceed(next, w, r, out)
		}
	})
}

func (d defect) request(r *http.Request) *core.Request {
	target := r.RequestURI
	switch {
	case d == parsedTarget:
		target = r.URL.String()
	case d == absoluteDropped && r.URL.IsAbs():
		target = r.URL.RequestURI()
	}
	return &core.Request{Method: r.Method, Target: target, Host: r.Host, TLS: r.TLS != nil, Header: r.Header}
}

func (d defect) answer(w http.ResponseWriter, out *core.Outcome) {
	switch d {
	case statusFixed:
		w.WriteHeader(http.StatusFound)
	case headersLate:
	default:
		w.WriteHeader(out.Status)
	}
	if d != bodyLost {
		_, _ = w.Write(out.Body)
	}
}

func (d defect) proceed(next http.Handler, w http.ResponseWriter, r *http.Request, out *core.Outcome) {
	if d != noWithContext {
		r = r.WithContext(out.Context)
	}
	if d != bufferedWriter {
		next.ServeHTTP(w, r)
		return
	}
	waiting := httptest.NewRecorder()
	next.ServeHTTP(waiting, r)
	w.WriteHeader(waiting.Code)
	_, _ = w.Write(waiting.Body.Bytes())
}
