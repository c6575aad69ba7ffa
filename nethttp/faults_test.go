package nethttp_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
)

// fault is a mistake that is easily made in an adapter for net/http.
type fault string

const (
	headersAdded   fault = "an answer's headers only added"
	lateComplete   fault = "Complete only behind the handler"
	noComplete     fault = "no Complete"
	none           fault = "none"
	bufferedWriter fault = "a writer that waits for the handler"
	parsedBody     fault = "the form parsed before the handler"
	headersSet     fault = "Header().Set for headers"
	headersLate    fault = "headers after WriteHeader"
	bodyLost       fault = "an answer without its body"
	statusFixed    fault = "every answer a 302"
	varyAlways     fault = "Vary on skipped requests"
	noWithContext  fault = "no WithContext"
	parsedTarget   fault = "target from r.URL"
	nextAlways     fault = "next after an answer"
	hostExpected   fault = "a panic without Host"
	scopeDropped   fault = "the route's scope dropped"
	requireForAll  fault = "one mode for all"
	shortMessages  fault = "messages cut after 4 KiB"
)

// The suite has to find every fault; otherwise it proves nothing about the adapter.
func TestTheSuiteFindsDefects(t *testing.T) {
	setuptest.FindsFaults(t, func(f fault) adaptertest.App { return f.adapter().app }, map[fault][]string{
		headersAdded:   {"headers of an answer are added", "custom answer", "must follow"},
		lateComplete:   {"pages of one visitor are private", "removed headers come back", "streams are private"},
		noComplete:     {"pages of one visitor are private", "removed headers come back", "streams are private"},
		bufferedWriter: {"streaming"},
		parsedBody:     {"unchanged requests"},
		headersSet:     {"headers of an answer are added", "custom answer"},
		headersLate:    {"headers of an answer are added", "custom answer"},
		bodyLost:       {"custom answer", "scripts get 401", "must follow"},
		statusFixed:    {"custom answer", "scripts get 401", "logout", "must follow"},
		varyAlways:     {"skip"},
		noWithContext:  {"user in three places", "optional", "mounts", "loaded user"},
		parsedTarget:   {"silent login", "double slash"},
		nextAlways:     {"no handler after an answer", "custom answer"},
		hostExpected:   {"odd requests"},
		scopeDropped:   {"prompt behind silent"},
		requireForAll:  {"optional", "logout", "login goes to local pages"},
		shortMessages:  {"messages", "raw messages"},
	})
}

// Without a fault the test's adapter breaks no rule, so the suite finds the faults and
// nothing else.
func TestTheSuiteFindsNothingElse(t *testing.T) { setuptest.FindsNothing(t, none.adapter().app) }

func (f fault) adapter() adapter {
	mount := func(mode core.Mode, options []core.Option) middleware {
		if f == requireForAll {
			mode = core.ModeRequire
		}
		if f == scopeDropped {
			options = slices.DeleteFunc(slices.Clone(options), func(o core.Option) bool { return o == core.Prompt })
		}
		gate := core.NewGate(mode, options...)
		return func(next http.Handler) http.Handler { return f.guard(gate, next) }
	}
	handle := func(mode core.Mode, options []core.Option) http.Handler {
		return mount(mode, options)(http.NotFoundHandler())
	}
	return adapter{setuptest.Of(mount, handle), f.mountHTTP}
}

func (f fault) mountHTTP(h http.Handler) http.Handler {
	if f != shortMessages {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = io.NopCloser(io.LimitReader(r.Body, 4<<10))
		h.ServeHTTP(w, r)
	})
}

// guard is the adapter's guard with one fault.
func (f fault) guard(gate *core.Gate, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case f == parsedBody:
			_ = r.ParseForm()
		case f == varyAlways:
			w.Header().Add("Vary", "Cookie")
		case f == hostExpected && r.Host == "":
			panic(http.ErrAbortHandler)
		}
		out := gate.Handle(r.Context(), f.request(r))
		if f == headersLate && out.Status != 0 {
			w.WriteHeader(out.Status)
		}
		switch f {
		case headersSet:
			for name, values := range out.Header {
				for _, value := range values {
					w.Header().Set(name, value)
				}
			}
		case headersAdded:
			setuptest.AddHeader(out.Header, w.Header().Add)
		default:
			out.AddTo(w.Header())
		}
		if out.Status == 0 {
			f.proceed(next, w, r, out)
			return
		}
		f.answer(w, out)
		if f == nextAlways {
			f.proceed(next, w, r, out)
		}
	})
}

func (f fault) request(r *http.Request) *core.Request {
	target := r.RequestURI
	switch {
	case f == parsedTarget:
		target = r.URL.String()
	}
	return &core.Request{Method: r.Method, Target: target, Host: r.Host, TLS: r.TLS != nil, Header: r.Header}
}

func (f fault) answer(w http.ResponseWriter, out *core.Outcome) {
	switch f {
	case statusFixed:
		w.WriteHeader(http.StatusFound)
	case headersLate:
	default:
		w.WriteHeader(out.Status)
	}
	if f != bodyLost {
		_, _ = w.Write(out.Body)
	}
}

func (f fault) proceed(next http.Handler, w http.ResponseWriter, r *http.Request, out *core.Outcome) {
	if f != noWithContext {
		r = r.WithContext(out.Context)
	}
	switch f {
	case noComplete:
		next.ServeHTTP(w, r)
		return
	case lateComplete:
		next.ServeHTTP(w, r)
		out.Complete(w.Header())
		return
	case bufferedWriter:
	default:
		next.ServeHTTP(out.Writer(w), r)
		return
	}
	waiting := httptest.NewRecorder()
	next.ServeHTTP(waiting, r)
	w.WriteHeader(waiting.Code)
	_, _ = w.Write(waiting.Body.Bytes())
}
