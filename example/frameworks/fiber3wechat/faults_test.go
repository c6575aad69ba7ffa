package fiber3wechat_test

import (
	"strings"
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/example/frameworks/fiber3wechat"
)

// fault is a mistake that is easily made in an adapter for fiber v3.
type fault string

const (
	none              fault = "none"
	onlyContext       fault = "no c.Locals"
	onlyLocals        fault = "no c.SetContext"
	ctxForContext     fault = "c itself for the request's context"
	nextAfterAnAnswer fault = "c.Next after an answer"
	headersAppended   fault = "c.Append for headers"
	headersAdded      fault = "an answer's headers only added"
	noComplete        fault = "no Complete"
	parsedTarget      fault = "target from c.Path"
	uncopiedTarget    fault = "target from c.OriginalURL, not copied"
	forwardedHost     fault = "host from X-Forwarded-Host"
)

// The suite has to find every fault; otherwise it proves nothing about the adapter.
func TestTheSuiteFindsDefects(t *testing.T) {
	setuptest.FindsFaults(t, func(f fault) adaptertest.App { return f.adapter().app }, map[fault][]string{
		onlyContext:       {"user in three places"},
		onlyLocals:        {"user in three places", "loaded user"},
		ctxForContext:     {"the app's own context", "loaded user"},
		nextAfterAnAnswer: {"no handler after an answer", "custom answer", "must follow"},
		headersAppended:   {"headers of an answer are added", "headers of a passed request are added", "custom answer"},
		headersAdded:      {"headers of an answer are added", "custom answer", "must follow"},
		noComplete:        {"pages of one visitor are private", "removed headers come back"},
		parsedTarget:      {"silent login", "double slash"},
		uncopiedTarget:    {"copied strings"},
		forwardedHost:     {"raw host"},
	})
}

// Without a fault the test's adapter breaks no rule, so the suite finds the faults and
// nothing else.
func TestTheSuiteFindsNothingElse(t *testing.T) { setuptest.FindsNothing(t, none.adapter().app) }

func (f fault) adapter() adapter {
	mount := func(mode core.Mode, options []core.Option) fiber.Handler {
		return f.guard(core.NewGate(mode, options...))
	}
	return adapter{setuptest.Of(mount, mount)}
}

// guard is the adapter's guard with one fault.
func (f fault) guard(gate *core.Gate) fiber.Handler {
	return func(c fiber.Ctx) error {
		if len(c.Request().Header.MultipartFormBoundary()) > 0 {
			c.RequestCtx().SetConnectionClose()
		}
		ctx := c.Context()
		if f == ctxForContext {
			ctx = c
		}
		out := gate.Handle(ctx, f.request(c))
		f.addHeaders(c, out)
		if out.Status != 0 {
			c.Status(out.Status).Response().SetBodyRaw(out.Body)
			if f == nextAfterAnAnswer {
				return c.Next()
			}
			return nil
		}
		if f != onlyLocals {
			c.SetContext(out.Context)
		}
		if user, _ := core.FromContext(out.Context); f != onlyContext {
			c.Locals(fiber3wechat.Key, user)
			c.Locals(core.ContextKey, out.Context)
		}
		err := c.Next()
		if f != noComplete {
			out.Complete(responseHeader{c})
		}
		return err
	}
}

func (f fault) addHeaders(c fiber.Ctx, out *core.Outcome) {
	switch f {
	case headersAppended, headersAdded:
		for name, values := range out.Header {
			for _, value := range values {
				if f == headersAppended {
					c.Append(name, value)
				} else {
					c.Response().Header.Add(name, value)
				}
			}
		}
	default:
		out.AddTo(responseHeader{c})
	}
}

func (f fault) request(c fiber.Ctx) *core.Request {
	h := &c.Request().Header
	r := &core.Request{Method: string(h.Method()), Target: string(h.RequestURI()), Host: string(h.Host()), Header: header{c}}
	switch forwarded := c.Get("X-Forwarded-Host"); {
	case f == parsedTarget:
		r.Target = strings.Clone(c.Path()) + "?" + c.RequestCtx().QueryArgs().String()
	case f == uncopiedTarget:
		r.Target = c.OriginalURL()
	case f == forwardedHost && forwarded != "":
		r.Host = strings.Clone(forwarded)
	}
	return r
}

type header struct{ c fiber.Ctx }

func (h header) Get(name string) string { return strings.Clone(h.c.Get(name)) }

func (h header) Values(name string) (values []string) {
	for _, value := range h.c.Request().Header.PeekAll(name) {
		values = append(values, string(value))
	}
	return values
}
