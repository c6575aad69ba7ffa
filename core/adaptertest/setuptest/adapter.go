package setuptest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core"
)

// Adapter is the four functions of an adapter. Middleware and Handler are the types
// of its framework; in gin and fiber they are one type.
type Adapter[Middleware, Handler any] struct {
	Require, Optional func(...core.Option) Middleware
	Login, Logout     func(...core.Option) Handler
}

// Of makes an adapter out of one function for middleware and one for handlers. With
// it, a test builds an adapter with a deliberate fault.
func Of[Middleware, Handler any](
	middleware func(core.Mode, []core.Option) Middleware, handler func(core.Mode, []core.Option) Handler,
) Adapter[Middleware, Handler] {
	return Adapter[Middleware, Handler]{
		Require:  func(o ...core.Option) Middleware { return middleware(core.ModeRequire, o) },
		Optional: func(o ...core.Option) Middleware { return middleware(core.ModeOptional, o) },
		Login:    func(o ...core.Option) Handler { return handler(core.ModeLogin, o) },
		Logout:   func(o ...core.Option) Handler { return handler(core.ModeLogout, o) },
	}
}

// PanicsWithoutInstance checks that each of the four functions panics when the
// program has configured no account, and that the text names all three ways to
// configure one. It changes the environment and the default instance of the whole
// process, so the test that calls it must not be parallel.
func (a Adapter[Middleware, Handler]) PanicsWithoutInstance(t *testing.T) {
	t.Helper()
	resetDefault(t)
	t.Setenv("WECHAT_APP_ID", "")
	t.Setenv("WECHAT_APP_SECRET", "")
	for name, mount := range map[string]func(){
		"Require":  func() { a.Require() },
		"Optional": func() { a.Optional() },
		"Login":    func() { a.Login() },
		"Logout":   func() { a.Logout() },
	} {
		contains(t, name+"() without an instance", panicText(mount),
			"WECHAT_APP_ID", "WECHAT_APP_SECRET", "environment", "core.SetDefault(auth)", "Require(auth)")
	}
}

// UserPanics checks the panic of an adapter's accessor where no gate ran: its text
// names the middleware that is missing.
func UserPanics(t *testing.T, accessor func()) {
	t.Helper()
	contains(t, "the accessor without a gate", panicText(accessor), "Require", "Optional", "mount one")
}

// panicText is what f panics with; empty if it returns.
func panicText(f func()) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprint(p)
		}
	}()
	f()
	return ""
}

func contains(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("rule: the panic says how to fix the program\ngot: %s panics with %q, want %q in it", what, text, part)
		}
	}
}
