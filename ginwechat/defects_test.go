package ginwechat_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/ginwechat"
)

// defect is a mistake that is easily made in an adapter for gin.
type defect string

const (
	none            defect = "none"
	headersSet      defect = "c.Header for headers"
	headersJoined   defect = "a header's values joined by a comma"
	firstValueOnly  defect = "a header's first value only"
	noAbort         defect = "no c.Abort"
	noWithContext   defect = "no WithContext"
	noNativeStore   defect = "no c.Set"
	ownBackground   defect = "context.Background for the request's context"
	parsedTarget    defect = "target from r.URL"
	forwardedHost   defect = "host from X-Forwarded-Host"
	firstCookieLine defect = "first value of a request header only"
	guardedMessages defect = "messages behind a gate"
	formParsed      defect = "the form parsed before messages"
)

// The suite must find every one of them, or it proves nothing about the adapter.
// Listed are the cases whose rule is broken; others may fail for want of a login.
func TestTheSuiteFindsDefects(t *testing.T) {
	for d, want := range map[defect][]string{
		headersSet:      {"headers of an answer are added", "headers before a handler are added", "own answer"},
		headersJoined:   {"headers of an answer are added", "own answer"},
		firstValueOnly:  {"headers of an answer are added", "own answer"},
		noAbort:         {"no handler behind an answer", "own answer", "must follow"},
		noWithContext:   {"user in three places", "optional", "loaded user"},
		noNativeStore:   {"user in three places"},
		ownBackground:   {"the app's own context", "loaded user"},
		parsedTarget:    {"silent login", "double slash"},
		forwardedHost:   {"raw host"},
		firstCookieLine: {"every header value is read"},
		guardedMessages: {"messages", "raw messages", "following opens"},
		formParsed:      {"raw messages"},
	} {
		t.Run(string(d), func(t *testing.T) {
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
	mount := func(mode core.Mode) func(...core.Option) gin.HandlerFunc {
		return func(options ...core.Option) gin.HandlerFunc { return d.guard(core.NewGate(mode, options...)) }
	}
	return adapter{mount(core.ModeRequire), mount(core.ModeOptional), mount(core.ModeLogin), mount(core.ModeLogout), d.wrap}
}

// wrap is gin's own way to mount a handler of net/http, with one thing wrong.
func (d defect) wrap(h http.Handler) gin.HandlerFunc {
	switch d {
	case guardedMessages: // WeChat is nobody to a gate
		return func(c *gin.Context) { c.AbortWithStatus(http.StatusUnauthorized) }
	case formParsed:
		return func(c *gin.Context) {
			_ = c.PostForm("x")
			gin.WrapH(h)(c)
		}
	}
	return gin.WrapH(h)
}

// guard is the adapter's, with one thing wrong.
func (d defect) guard(gate *core.Gate) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, request := c.Request.Context(), d.request(c)
		if d == ownBackground {
			ctx = context.Background()
		}
		out := gate.Handle(ctx, request)
		for name, values := range out.Header {
			d.add(c, name, values)
		}
		if out.Status != 0 {
			if d != noAbort {
				c.Abort()
			}
			c.Writer.WriteHeader(out.Status)
			_, _ = c.Writer.Write(out.Body)
			return
		}
		if out.Context != ctx {
			if d != noWithContext {
				c.Request = c.Request.WithContext(out.Context)
			}
			if user, _ := core.FromContext(out.Context); d != noNativeStore {
				c.Set(ginwechat.Key, user)
			}
		}
		c.Next()
	}
}

func (d defect) request(c *gin.Context) *core.Request {
	r := &core.Request{
		Method: c.Request.Method, Target: c.Request.RequestURI, Host: c.Request.Host,
		TLS: c.Request.TLS != nil, Header: c.Request.Header,
	}
	switch forwarded := c.GetHeader("X-Forwarded-Host"); {
	case d == parsedTarget:
		r.Target = c.Request.URL.String()
	case d == forwardedHost && forwarded != "":
		r.Host = forwarded
	case d == firstCookieLine:
		r.Header = firstValues{c}
	}
	return r
}

func (d defect) add(c *gin.Context, name string, values []string) {
	switch d {
	case headersJoined:
		values = []string{strings.Join(values, ", ")}
	case firstValueOnly:
		values = values[:1]
	}
	for _, value := range values {
		if d == headersSet {
			c.Header(name, value)
		} else {
			c.Writer.Header().Add(name, value)
		}
	}
}

type firstValues struct{ c *gin.Context }

func (h firstValues) Get(name string) string      { return h.c.GetHeader(name) }
func (h firstValues) Values(name string) []string { return []string{h.c.GetHeader(name)} }
