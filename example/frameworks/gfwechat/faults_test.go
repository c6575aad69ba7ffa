package gfwechat_test

import (
	"testing"

	"github.com/gogf/gf/v2/net/ghttp"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/example/frameworks/gfwechat"
)

// fault is a mistake that is easily made in an adapter for GoFrame.
type fault string

const (
	none          fault = "none"
	nextAfter     fault = "r.Middleware.Next after an answer"
	noSetCtx      fault = "no r.SetCtx"
	noNativeStore fault = "no r.SetCtxVar"
	hostOnly      fault = "host from r.GetHost"
	schema        fault = "TLS from r.GetSchema"
	bodyAsJSON    fault = "r.Response.WriteJson for bodies"
	lateComplete  fault = "Complete only behind the handler"
	headersSet    fault = "Header().Set for headers"
	formParsed    fault = "the form parsed before the handler"
	parsedTarget  fault = "target from r.URL"
)

// The suite has to find every fault; otherwise it proves nothing about the adapter.
func TestTheSuiteFindsDefects(t *testing.T) {
	setuptest.FindsFaults(t, func(f fault) adaptertest.App { return f.adapter().app }, map[fault][]string{
		nextAfter:     {"no handler after an answer", "custom answer", "must follow"},
		noSetCtx:      {"loaded user"},
		noNativeStore: {"user in three places"},
		hostOnly:      {"silent login"},
		schema:        {"raw host"},
		bodyAsJSON:    {"custom answer"},
		lateComplete:  {"streams are private"},
		headersSet:    {"headers of an answer are added", "custom answer"},
		formParsed:    {"unchanged requests"},
		parsedTarget:  {"silent login", "double slash"},
	})
}

// Without a fault the test's adapter breaks no rule, so the suite finds the faults and
// nothing else.
func TestTheSuiteFindsNothingElse(t *testing.T) { setuptest.FindsNothing(t, none.adapter().app) }

func (f fault) adapter() adapter {
	mount := func(mode core.Mode, options []core.Option) ghttp.HandlerFunc {
		return f.guard(core.NewGate(mode, options...))
	}
	return adapter{setuptest.Of(mount, mount)}
}

// guard is the adapter's guard with one fault.
func (f fault) guard(gate *core.Gate) ghttp.HandlerFunc {
	return func(r *ghttp.Request) {
		if f == formParsed {
			_ = r.Request.ParseForm()
		}
		out := gate.Handle(r.Context(), f.request(r))
		if f == headersSet {
			for name, values := range out.Header {
				for _, value := range values {
					r.Response.Header().Set(name, value)
				}
			}
		} else {
			out.AddTo(r.Response.Header())
		}
		if out.Status != 0 {
			f.answer(r, out)
			return
		}
		if f != noSetCtx {
			r.SetCtx(out.Context)
		}
		if user, _ := core.FromContext(out.Context); f != noNativeStore {
			r.SetCtxVar(gfwechat.Key, user)
		}
		w := r.Response.Writer
		sends := w.ResponseWriter
		if f != lateComplete {
			w.ResponseWriter = out.Writer(sends)
		}
		r.Middleware.Next()
		w.ResponseWriter = sends
		out.Complete(r.Response.Header())
	}
}

func (f fault) answer(r *ghttp.Request, out *core.Outcome) {
	if f == bodyAsJSON {
		r.Response.WriteHeader(out.Status)
		r.Response.WriteJson(out.Body)
		return
	}
	r.Response.WriteHeader(out.Status)
	r.Response.Write(out.Body)
	if f == nextAfter {
		r.Middleware.Next()
	}
}

func (f fault) request(r *ghttp.Request) *core.Request {
	request := &core.Request{Method: r.Method, Target: r.RequestURI, Host: r.Host, TLS: r.TLS != nil, Header: r.Header}
	switch f {
	case hostOnly:
		request.Host = r.GetHost()
	case schema:
		request.TLS = r.GetSchema() == "https"
	case parsedTarget:
		request.Target = r.URL.String()
	}
	return request
}
