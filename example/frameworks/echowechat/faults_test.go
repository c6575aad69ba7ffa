package echowechat_test

import (
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/example/frameworks/echowechat"
)

// fault is a mistake that is easily made in an adapter for echo.
type fault string

const (
	none          fault = "none"
	answerAsError fault = "an answer returned as an echo.HTTPError"
	nextAfter     fault = "next after an answer"
	noSetRequest  fault = "no c.SetRequest"
	noNativeStore fault = "no c.Set"
	lateComplete  fault = "Complete only behind the handler"
	headersSet    fault = "Header().Set for headers"
	parsedTarget  fault = "target from c.Request().URL"
	bodyAsJSON    fault = "bodies through c.JSON"
	scheme        fault = "TLS from c.Scheme"
)

// The suite has to find every fault; otherwise it proves nothing about the adapter.
func TestTheSuiteFindsDefects(t *testing.T) {
	setuptest.FindsFaults(t, func(f fault) adaptertest.App { return f.adapter().app }, map[fault][]string{
		answerAsError: {"custom answer", "scripts get 401", "must follow"},
		nextAfter:     {"no handler after an answer", "custom answer"},
		noSetRequest:  {"user in three places", "optional", "loaded user"},
		noNativeStore: {"user in three places"},
		lateComplete:  {"pages of one visitor are private", "removed headers come back", "streams are private"},
		headersSet:    {"headers of an answer are added", "custom answer"},
		parsedTarget:  {"silent login", "double slash"},
		bodyAsJSON:    {"custom answer", "scripts get 401"},
		scheme:        {"raw host"},
	})
}

// Without a fault the test's adapter breaks no rule, so the suite finds the faults and
// nothing else.
func TestTheSuiteFindsNothingElse(t *testing.T) { setuptest.FindsNothing(t, none.adapter().app) }

func (f fault) adapter() adapter {
	middleware := func(mode core.Mode, options []core.Option) echo.MiddlewareFunc {
		return f.guard(core.NewGate(mode, options...))
	}
	handler := func(mode core.Mode, options []core.Option) echo.HandlerFunc {
		return middleware(mode, options)(func(*echo.Context) error { return echo.ErrNotFound })
	}
	return adapter{setuptest.Of(middleware, handler)}
}

// guard is the adapter's guard with one fault.
func (f fault) guard(gate *core.Gate) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			r, w := c.Request(), c.Response()
			out := gate.Handle(r.Context(), f.request(c))
			if f == headersSet {
				for name, values := range out.Header {
					for _, value := range values {
						w.Header().Set(name, value)
					}
				}
			} else {
				out.AddTo(w.Header())
			}
			if out.Status != 0 {
				err := f.answer(c, out)
				if f == nextAfter {
					return next(c)
				}
				return err
			}
			if f != noSetRequest {
				c.SetRequest(r.WithContext(out.Context))
			}
			if user, _ := core.FromContext(out.Context); f != noNativeStore {
				c.Set(echowechat.Key, user)
			}
			if f != lateComplete {
				c.SetResponse(out.Writer(w))
			}
			err := next(c)
			c.SetResponse(w)
			out.Complete(w.Header())
			return err
		}
	}
}

func (f fault) answer(c *echo.Context, out *core.Outcome) error {
	switch f {
	case answerAsError:
		return echo.NewHTTPError(out.Status, string(out.Body))
	case bodyAsJSON:
		return c.JSON(out.Status, string(out.Body))
	}
	c.Response().WriteHeader(out.Status)
	_, _ = c.Response().Write(out.Body)
	return nil
}

func (f fault) request(c *echo.Context) *core.Request {
	r := c.Request()
	request := &core.Request{Method: r.Method, Target: r.RequestURI, Host: r.Host, TLS: r.TLS != nil, Header: r.Header}
	switch f {
	case parsedTarget:
		request.Target = r.URL.String()
	case scheme:
		request.TLS = r.Header.Get("X-Forwarded-Proto") == "https" // what c.Scheme says
	}
	return request
}
