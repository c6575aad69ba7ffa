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

// Harness is the suite's end of the app under test: what its gates are made with and
// what its handlers report to. Safe for concurrent use.
type Harness struct {
	auth    *core.Auth
	runs    atomic.Int64 // handlers that ran
	outer   atomic.Int64 // contexts made
	release chan struct{}

	messages chan []byte // from WeChat, as the hook got them

	mu          sync.Mutex
	strings     []keptString
	visits      []visit
	pushRequest pushRequest
}

// visit is what a handler keeps beyond its request.
type visit struct {
	ctx   context.Context
	user  *core.User
	outer string
}

type outerKey struct{}

const (
	skippedPath = "/apart/skipped"
	// wantOwnAnswer asks the suite's OnError for ownAnswer.
	wantOwnAnswer = "X-Suite-Own-Answer"
)

func NewHarness(auth *core.Auth) *Harness {
	return &Harness{auth: auth, release: make(chan struct{}), messages: make(chan []byte, 1)}
}

// Options are what every gate is made with, and more.
func (h *Harness) Options(more ...core.Option) []core.Option {
	return append([]core.Option{h.auth, core.Skip(h.look), core.OnError(h.ownAnswer)}, more...)
}

// MembersOptions are what the gate for followers is made with. It hands over the app's own
// user as well.
func (h *Harness) MembersOptions() []core.Option {
	return h.Options(core.MustFollow, core.LoadUser(func(ctx context.Context, u *core.User) (report.Loaded, error) {
		return report.Loaded{OpenID: u.OpenID, Outer: outerOf(ctx)}, nil
	}))
}

// Context is what the app's own middleware makes of a request's context.
func (h *Harness) Context(ctx context.Context) context.Context {
	return context.WithValue(ctx, outerKey{}, fmt.Sprint("request ", h.outer.Add(1)))
}

// Header is what the app's own middleware adds to every response, value by value.
func (h *Harness) Header() http.Header {
	return http.Header{
		"Set-Cookie":    {"app_a=1; Path=/", "app_b=2; Path=/"},
		"Cache-Control": {"private"},
		"Vary":          {"Accept-Encoding"},
		"X-App":         {"one", "two"},
	}
}

// Serve takes what a handler saw and returns its answer.
func (h *Harness) Serve(s Seen) []byte {
	h.runs.Add(1)
	r := report.Report{Method: s.Method, Target: []byte(s.Target), Body: s.Body, HasNative: s.Native != nil}
	r.Outer = outerOf(s.Context)
	user, known := core.FromContext(s.Context)
	r.Context = report.UserOf(user)
	r.Loaded, _ = core.Loaded[report.Loaded](s.Context)
	r.Panic = access(&r, s)
	if known && r.Outer != "" {
		// Without the outer value it is some other context, perhaps one that must
		// not be touched after the request; that it is missing is reported anyway.
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

// Stream writes two lines through w and flushes after each. Between them it waits
// until the first one has arrived at the client.
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

// look is every gate's Skip. It keeps the strings of the request, as a hook may.
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

// ownAnswer is every gate's OnError.
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

// ownBody is no text: an answer's bytes are nobody's to touch.
var ownBody = []byte("\x00\xff\r\n own \xe4\xbd\xa0")

func outerOf(ctx context.Context) string {
	if ctx == nil {
		return ""
	}
	value, _ := ctx.Value(outerKey{}).(string)
	return value
}

// keptString is a string that somebody keeps, and what it was.
type keptString struct{ what, given, was string }

func keep(what, given string) keptString { return keptString{what, given, strings.Clone(given)} }

func changed(kept []keptString) error {
	for _, s := range kept {
		if s.given != s.was {
			return fmt.Errorf("a string that was kept changed: %s was %q and is now %q", s.what, s.was, s.given)
		}
	}
	return nil
}
