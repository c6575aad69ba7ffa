package ginwechat_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/ginwechat"
)

// fault is a mistake that is easily made in an adapter for gin.
type fault string

const (
	headersAdded    fault = "an answer's headers only added"
	lateComplete    fault = "Complete only behind the handler"
	noComplete      fault = "no Complete"
	none            fault = "none"
	headersSet      fault = "c.Header for headers"
	headersJoined   fault = "a header's values joined by a comma"
	firstValueOnly  fault = "a header's first value only"
	noAbort         fault = "no c.Abort"
	noWithContext   fault = "no WithContext"
	noNativeStore   fault = "no c.Set"
	ownBackground   fault = "context.Background for the request's context"
	parsedTarget    fault = "target from r.URL"
	forwardedHost   fault = "host from X-Forwarded-Host"
	firstCookieLine fault = "first value of a request header only"
	guardedMessages fault = "messages behind a gate"
	formParsed      fault = "the form parsed before messages"
)

// The suite has to find every fault; otherwise it proves nothing about the adapter.
func TestTheSuiteFindsDefects(t *testing.T) {
	setuptest.FindsFaults(t, func(f fault) adaptertest.App { return f.adapter().app }, map[fault][]string{
		headersAdded:    {"headers of an answer are added", "custom answer", "must follow"},
		lateComplete:    {"pages of one visitor are private", "removed headers come back", "streams are private"},
		noComplete:      {"pages of one visitor are private", "removed headers come back", "streams are private"},
		headersSet:      {"headers of an answer are added", "headers of a passed request are added", "custom answer"},
		headersJoined:   {"headers of an answer are added", "custom answer"},
		firstValueOnly:  {"headers of an answer are added", "custom answer"},
		noAbort:         {"no handler after an answer", "custom answer", "must follow"},
		noWithContext:   {"user in three places", "loaded user"},
		noNativeStore:   {"user in three places"},
		ownBackground:   {"the app's own context", "loaded user"},
		parsedTarget:    {"silent login", "double slash"},
		forwardedHost:   {"raw host"},
		firstCookieLine: {"every header value is read"},
		guardedMessages: {"messages", "raw messages", "following lets in"},
		formParsed:      {"raw messages"},
	})
}

// Without a fault the test's adapter breaks no rule, so the suite finds the faults and
// nothing else.
func TestTheSuiteFindsNothingElse(t *testing.T) { setuptest.FindsNothing(t, none.adapter().app) }

func (f fault) adapter() adapter {
	mount := func(mode core.Mode, options []core.Option) gin.HandlerFunc {
		return f.guard(core.NewGate(mode, options...))
	}
	return adapter{setuptest.Of(mount, mount), f.mountHTTP}
}

// mountHTTP mounts a handler of net/http the way gin does, with one fault.
func (f fault) mountHTTP(h http.Handler) gin.HandlerFunc {
	switch f {
	case guardedMessages: // a gate takes WeChat's server for an anonymous visitor
		return func(c *gin.Context) { c.AbortWithStatus(http.StatusUnauthorized) }
	case formParsed:
		return func(c *gin.Context) {
			_ = c.PostForm("x")
			gin.WrapH(h)(c)
		}
	}
	return gin.WrapH(h)
}

// guard is the adapter's guard with one fault.
func (f fault) guard(gate *core.Gate) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, request := c.Request.Context(), f.request(c)
		if f == ownBackground {
			ctx = context.Background()
		}
		out := gate.Handle(ctx, request)
		f.addHeaders(c, out)
		if out.Status != 0 {
			if f != noAbort {
				c.Abort()
			}
			c.Writer.WriteHeader(out.Status)
			_, _ = c.Writer.Write(out.Body)
			return
		}
		if f != noWithContext {
			c.Request = c.Request.WithContext(out.Context)
		}
		if user, _ := core.FromContext(out.Context); f != noNativeStore {
			c.Set(ginwechat.Key, user)
			c.Set(core.ContextKey, out.Context)
		}
		switch f {
		case noComplete:
		case lateComplete:
			c.Next()
			out.Complete(c.Writer.Header())
			return
		default:
			c.Writer = completing{c.Writer, out}
		}
		c.Next()
	}
}

// completing is the least that completes the headers in time.
type completing struct {
	gin.ResponseWriter
	out *core.Outcome
}

func (w completing) Write(b []byte) (int, error) {
	w.out.Complete(w.Header())
	return w.ResponseWriter.Write(b)
}

func (w completing) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

func (f fault) addHeaders(c *gin.Context, out *core.Outcome) {
	switch f {
	case headersSet, headersJoined, firstValueOnly, headersAdded:
		for name, values := range out.Header {
			f.add(c, name, values)
		}
	default:
		out.AddTo(c.Writer.Header())
	}
}

func (f fault) request(c *gin.Context) *core.Request {
	r := &core.Request{
		Method: c.Request.Method, Target: c.Request.RequestURI, Host: c.Request.Host,
		TLS: c.Request.TLS != nil, Header: c.Request.Header,
	}
	switch forwarded := c.GetHeader("X-Forwarded-Host"); {
	case f == parsedTarget:
		r.Target = c.Request.URL.String()
	case f == forwardedHost && forwarded != "":
		r.Host = forwarded
	case f == firstCookieLine:
		r.Header = firstValues{c}
	}
	return r
}

func (f fault) add(c *gin.Context, name string, values []string) {
	switch f {
	case headersJoined:
		values = []string{strings.Join(values, ", ")}
	case firstValueOnly:
		values = values[:1]
	}
	for _, value := range values {
		if f == headersSet {
			c.Header(name, value)
		} else {
			c.Writer.Header().Add(name, value)
		}
	}
}

type firstValues struct{ c *gin.Context }

func (h firstValues) Get(name string) string      { return h.c.GetHeader(name) }
func (h firstValues) Values(name string) []string { return []string{h.c.GetHeader(name)} }
