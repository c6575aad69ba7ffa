package suite

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/nethttp"
)

// Middleware is what nethttp.Require returns.
type Middleware = func(http.Handler) http.Handler

// Router is a framework's router, as far as the contract's app needs it.
type Router struct {
	Handle func(path string, h http.Handler)   // all methods
	Prefix func(prefix string, h http.Handler) // and everything below; it ends in a slash
	Serve  func() http.Handler                 // called when all routes are there
}

// App has the routes of [adaptertest.App]. newRouter makes a router whose whole app is
// behind a middleware, mounted as the framework mounts such a thing: the app's own one
// with the gate in it, or the app's own alone. As in package nethttp, the routes with a
// gate of their own have a router beside the one for everything else.
func App(newRouter func(Middleware) Router) adaptertest.App {
	return func(h *adaptertest.Harness) (string, func(), error) {
		require, prompt := nethttp.Require(h.Options()...), nethttp.Require(h.Options(nethttp.Prompt)...)
		apart := newRouter(Outer(h))
		apart.Handle("/apart/route", require(Handler(h)))
		apart.Handle("/apart/twice", require(nethttp.Require(h.Options()...)(Handler(h))))
		apart.Prefix("/apart/group/", require(Handler(h)))
		apart.Handle("/apart/profile", prompt(Handler(h)))
		apart.Handle("/apart/optional", nethttp.Optional(h.Options()...)(Handler(h)))
		apart.Handle("/apart/skipped", require(Handler(h)))
		apart.Handle("/apart/members", nethttp.Require(h.MembersOptions()...)(Handler(h)))
		apart.Handle("/apart/stream", require(Stream(h)))
		apart.Handle("/push", h.PushHandler())
		apart.Handle("/wechat/screen", h.ScreensHandler())
		apart.Handle("/login", nethttp.Login(h.Options()...))
		apart.Handle("/logout", nethttp.Logout(h.Options()...))
		whole := newRouter(func(next http.Handler) http.Handler { return Outer(h)(require(next)) })
		whole.Prefix("/engine/", Handler(h))
		whole.Handle("/profile", prompt(Handler(h)))

		ofApart, ofWhole := apart.Serve(), whole.Serve()
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch path := r.URL.Path; {
			case strings.HasPrefix(path, "/apart/"), path == "/push", path == "/wechat/screen", path == "/login", path == "/logout":
				ofApart.ServeHTTP(w, r)
			default:
				ofWhole.ServeHTTP(w, r)
			}
		}))
		return server.URL, server.Close, nil
	}
}

// Me checks a recipe: /me answers a logged-in visitor with the open id, and asks an
// anonymous one to log in.
func Me(t *testing.T, site func(...core.Option) http.Handler) {
	t.Helper()
	auth, cookie := setuptest.LoggedIn(t)
	app := site(auth)
	ask := func(cookie string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/me", nil)
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		return w
	}
	if w := ask(cookie); w.Code != http.StatusOK || w.Body.Len() < 6 {
		t.Errorf("rule: a logged-in visitor reaches the handler, which finds the user: %d %s", w.Code, w.Body)
	}
	if w := ask(""); w.Code != http.StatusUnauthorized || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("rule: an anonymous script gets 401: %d %s", w.Code, w.Body)
	}
}

// Expect checks the contract of a framework that cannot keep all of it. reasons has a
// text for each case that fails; a case that fails without one and a reason without a
// failure are both errors.
func Expect(t *testing.T, app adaptertest.App, reasons map[string]string) {
	t.Helper()
	found := map[string]bool{}
	for _, f := range adaptertest.Check(app) {
		found[f.Case] = true
		if reason := reasons[f.Case]; reason == "" {
			t.Error(f)
		} else {
			t.Logf("%s: %s\n\tgot: %s", f.Case, reason, f.Got)
		}
	}
	for name, reason := range reasons {
		if !found[name] {
			t.Errorf("the case %q holds now, remove it from the list: %s", name, reason)
		}
	}
}
