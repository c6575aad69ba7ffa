package adaptertest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
)

// Harness connects the suite with the app under test: the app makes its gates with
// the harness's options, and its handlers report to it. It is safe for concurrent
// use.
type Harness struct {
	auth    *core.Auth
	runs    atomic.Int64 // number of handlers that ran
	outer   atomic.Int64 // number of contexts made
	release chan struct{}

	messages chan []byte // messages of WeChat, as OnMessage got them

	mu          sync.Mutex
	strings     []keptString
	visits      []visit
	pushRequest pushRequest
}

// visit is what a handler keeps after its request has ended.
type visit struct {
	ctx   context.Context
	user  *core.User
	outer string
}

type outerKey struct{}

const (
	skippedPath = "/apart/skipped"
	// wantOwnAnswer is a request header that makes OnError answer with ownAnswer.
	wantOwnAnswer = "X-Suite-Own-Answer"
)

func NewHarness(auth *core.Auth) *Harness {
	return &Harness{auth: auth, release: make(chan struct{}), messages: make(chan []byte, 1)}
}

// Options are the options of every gate, followed by more.
func (h *Harness) Options(more ...core.Option) []core.Option {
	return append([]core.Option{h.auth, core.Skip(h.look), core.OnError(h.ownAnswer)}, more...)
}

// MembersOptions are the options of the gate for followers. That gate also loads the
// app's own user.
func (h *Harness) MembersOptions() []core.Option {
	return h.Options(core.MustFollow, core.LoadUser(func(ctx context.Context, u *core.User) (report.Loaded, error) {
		return report.Loaded{OpenID: u.OpenID, Outer: outerOf(ctx)}, nil
	}))
}

// Context returns the context that the app's own middleware puts in the place of a
// request's context.
func (h *Harness) Context(ctx context.Context) context.Context {
	return outerContext{ctx, fmt.Sprint("request ", h.outer.Add(1)), nil}
}

// outerContext is of a type that cannot be compared: == panics for it.
type outerContext struct {
	context.Context
	value string
	_     []string
}

// Value implements context.Context.
func (o outerContext) Value(key any) any {
	if _, ok := key.(outerKey); ok {
		return o.value
	}
	return o.Context.Value(key)
}

// Header is what the app's own middleware adds to every response, each value on a
// line of its own.
func (h *Harness) Header() http.Header {
	return http.Header{
		"Set-Cookie":    {"app_a=1; Path=/", "app_b=2; Path=/"},
		"Cache-Control": {"max-age=60"},
		"Vary":          {"Accept-Encoding"},
		"X-App":         {"one", "two"},

		// Of these an answer of the gate's own keeps none: with them its page would have
		// no style, be shown as text, or be saved as a file.
		"Content-Security-Policy": {"default-src 'self'"},
		"Content-Type":            {"application/json"},
		"Content-Disposition":     {"attachment"},
	}
}

// Serve takes what a handler saw and returns the body of the handler's answer.
func (h *Harness) Serve(s Seen) []byte {
	h.runs.Add(1)
	r := report.Report{Method: s.Method, Target: []byte(s.Target), Body: s.Body, HasNative: s.Native != nil}
	r.Outer = outerOf(s.Context)
	user, known := core.FromContext(s.Context)
	r.Context = report.UserOf(user)
	r.Loaded, _ = core.Loaded[report.Loaded](s.Context)
	r.Panic = access(&r, s)
	for _, ctx := range s.Contexts {
		user, _ := core.FromContext(ctx)
		loaded, _ := core.Loaded[report.Loaded](ctx)
		r.Elsewhere = append(r.Elsewhere, report.Elsewhere{User: report.UserOf(user), Loaded: loaded})
	}
	s.obey()
	if known && r.Outer != "" {
		// Without the outer value this is another context, perhaps one that must not
		// be used after the request. The report shows that the value is missing.
		h.mu.Lock()
		h.visits = append(h.visits, visit{s.Context, user, r.Outer})
		h.mu.Unlock()
	}
	b, err := json.Marshal(r)
	if err != nil {
		return []byte(err.Error())
	}
	return b
}

// Stream writes two lines to w and flushes after each of them. It writes the second
// line only when the first one has arrived at the client.
func (h *Harness) Stream(w io.Writer, flush func() error) {
	h.runs.Add(1)
	for _, line := range []string{"first\n", "second\n"} {
		if _, err := io.WriteString(w, line); err != nil {
			return
		}
		if flush() != nil {
			return
		}
		select {
		case <-h.release:
		case <-time.After(rawhttp.Patience / 2):
			return
		}
	}
}

// access asks the accessor and the framework's store. An accessor that panics is
// reported and not left to the framework: some frameworks end the process.
func access(r *report.Report, s Seen) (panicked string) {
	defer func() {
		if p := recover(); p != nil {
			panicked = fmt.Sprint(p)
		}
	}()
	if s.Native != nil {
		user, _ := s.Native().(*core.User)
		r.Native = report.UserOf(user)
	}
	r.Accessor = report.UserOf(s.User())
	return ""
}

// look is the Skip of every gate. It keeps the strings of the request, which a hook
// is allowed to do.
func (h *Harness) look(r *core.Request) bool {
	kept := []keptString{keep("Method", r.Method), keep("Target", r.Target), keep("Host", r.Host)}
	for _, name := range []string{"Cookie", "User-Agent", "Accept", "X-Kept"} {
		kept = append(kept, keep(name+" by Get", r.Header.Get(name)))
		for _, value := range r.Header.Values(name) {
			kept = append(kept, keep(name+" by Values", value))
		}
	}
	h.mu.Lock()
	h.strings = append(h.strings, kept...)
	h.mu.Unlock()
	return strings.HasPrefix(r.Target, skippedPath)
}

// ownAnswer is the OnError of every gate.
func (h *Harness) ownAnswer(ctx context.Context, r *core.Request, err error) *core.Outcome {
	if r.Header.Get(wantOwnAnswer) == "" {
		return nil
	}
	return &core.Outcome{
		Context: ctx, Status: http.StatusTeapot, Err: err, Body: slices.Clone(ownBody),
		Header: http.Header{
			"Content-Type":  {"application/octet-stream"},
			"Link":          {"</a>; rel=preload", "</b>; rel=preload"},
			"Set-Cookie":    {"own_a=1; Path=/", "own_b=2; Path=/"},
			"Cache-Control": {"no-store"},
			"X-Outer":       {outerOf(ctx)},
		},
	}
}

// ownBody is not text, because an adapter must send every body unchanged.
var ownBody = []byte("\x00\xff\r\n own \xe4\xbd\xa0")

func outerOf(ctx context.Context) string {
	if ctx == nil {
		return ""
	}
	value, _ := ctx.Value(outerKey{}).(string)
	return value
}

// keptString is a string of a request, and a copy made when it was received.
type keptString struct{ what, given, was string }

func keep(what, given string) keptString { return keptString{what, given, strings.Clone(given)} }

func changed(kept []keptString) error {
	for _, s := range kept {
		if s.given != s.was {
			return fmt.Errorf("a string changed after its request: %s was %q and is now %q", s.what, s.was, s.given)
		}
	}
	return nil
}
