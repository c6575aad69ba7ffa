package hertzwechat_test

import (
	"context"
	"testing"

	"github.com/cloudwego/hertz/pkg/app"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/example/frameworks/hertzwechat"
)

// fault is a mistake that is easily made in an adapter for hertz.
type fault string

const (
	none            fault = "none"
	noAbort         fault = "no ctx.Abort"
	oldContext      fault = "ctx.Next with the context that came in"
	noNativeStore   fault = "no ctx.Set"
	parsedTarget    fault = "target from ctx.URI"
	uncopiedStrings fault = "strings that lie in hertz's buffers"
	headersSet      fault = "Header.Set for headers"
	headersAdded    fault = "an answer's headers only added"
	lateComplete    fault = "Complete only behind the handler"
	earlyComplete   fault = "Complete only before the handler"
	openBehindForms fault = "the connection goes on behind a form"
	forwardedHost   fault = "host from X-Forwarded-Host"
)

// The suite has to find every fault; otherwise it proves nothing about the adapter.
func TestTheSuiteFindsDefects(t *testing.T) {
	setuptest.FindsFaults(t, func(f fault) adaptertest.App { return f.adapter().app }, map[fault][]string{
		noAbort:         {"no handler after an answer", "custom answer", "must follow"},
		oldContext:      {"user in three places", "loaded user"},
		noNativeStore:   {"user in three places"},
		parsedTarget:    {"silent login", "double slash"},
		uncopiedStrings: {"copied strings"},
		headersSet:      {"headers of a passed request are added", "custom answer"},
		headersAdded:    {"headers of an answer are added", "custom answer", "must follow"},
		lateComplete:    {"streams are private"},
		earlyComplete:   {"pages of one visitor are private", "removed headers come back"},
		openBehindForms: {"unread bodies"},
		forwardedHost:   {"raw host"},
	})
}

// Without a fault the test's adapter breaks no rule, so the suite finds the faults and
// nothing else.
func TestTheSuiteFindsNothingElse(t *testing.T) { setuptest.FindsNothing(t, none.adapter().app) }

func (f fault) adapter() adapter {
	mount := func(mode core.Mode, options []core.Option) app.HandlerFunc {
		return f.guard(core.NewGate(mode, options...))
	}
	return adapter{setuptest.Of(mount, mount)}
}

// guard is the adapter's guard with one fault.
func (f fault) guard(gate *core.Gate) app.HandlerFunc {
	return func(c context.Context, ctx *app.RequestContext) {
		if f != openBehindForms && len(ctx.Request.MultipartFormBoundary()) > 0 {
			ctx.SetConnectionClose()
		}
		out := gate.Handle(c, f.request(ctx))
		f.addHeaders(ctx, out)
		if out.Status != 0 {
			if f != noAbort {
				ctx.Abort()
			}
			ctx.Response.SetStatusCode(out.Status)
			ctx.Response.SetBodyRaw(out.Body)
			return
		}
		if user, _ := core.FromContext(out.Context); f != noNativeStore {
			ctx.Set(hertzwechat.Key, user)
		}
		if f != lateComplete {
			out.Complete(responseHeader{ctx})
		}
		if f == oldContext {
			ctx.Next(c)
		} else {
			ctx.Next(out.Context)
		}
		if f != earlyComplete {
			out.Complete(responseHeader{ctx})
		}
	}
}

func (f fault) addHeaders(ctx *app.RequestContext, out *core.Outcome) {
	switch f {
	case headersSet, headersAdded:
		for name, values := range out.Header {
			for _, value := range values {
				if f == headersSet {
					ctx.Response.Header.Set(name, value)
				} else {
					ctx.Response.Header.Add(name, value)
				}
			}
		}
	default:
		out.AddTo(responseHeader{ctx})
	}
}

func (f fault) request(ctx *app.RequestContext) *core.Request {
	h := &ctx.Request.Header
	r := &core.Request{Method: string(h.Method()), Target: string(h.RequestURI()), Host: string(h.Host()), Header: header{ctx}}
	switch forwarded := h.Get("X-Forwarded-Host"); {
	case f == parsedTarget:
		r.Target = string(ctx.URI().RequestURI())
	case f == forwardedHost && forwarded != "":
		r.Host = forwarded
	case f == uncopiedStrings:
		r.Target = inPlace(h.RequestURI())
	}
	return r
}

type header struct{ ctx *app.RequestContext }

func (h header) Get(name string) string      { return string(h.ctx.Request.Header.Peek(name)) }
func (h header) Values(name string) []string { return h.ctx.Request.Header.GetAll(name) }
