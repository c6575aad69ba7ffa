package adaptertest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
)

var responseRules = []rule{
	{
		name: "pages of one visitor are private",
		text: "a page of a logged-in visitor is private for caches, whatever Cache-Control its handler has set; a page of an anonymous visitor behind Optional is left alone",
		try:  pagesArePrivate,
	},
	{
		name:    "removed headers come back",
		text:    "what a handler removes of the gate's headers, or throws away with the whole response, is in the response all the same: Vary, and the session cookie when it was written again",
		touched: true,
		try:     removedHeadersComeBack,
	},
	{
		name: "streams are private",
		text: "a response whose headers are sent in the middle of the handler is private as well",
		try:  streamsArePrivate,
	},
	{
		name: "user in every context",
		text: "FromContext and Loaded find the user in every context that a handler of the framework can hold",
		try:  userInEveryContext,
	},
}

// obey changes the response as the target's parameter "suite" says: lines to set, a
// minus in front of a header to remove, "reset" for the whole response.
func (s Seen) obey() {
	_, query, _ := strings.Cut(s.Target, "?")
	values, _ := url.ParseQuery(query)
	for _, order := range values["suite"] {
		name, value, sets := strings.Cut(order, ": ")
		switch {
		case order == "reset" && s.Reset != nil:
			s.Reset()
		case s.Header == nil:
		case sets:
			s.Header.Set(name, value)
		case strings.HasPrefix(order, "-"):
			s.Header.Del(order[1:])
		}
	}
}

func ordering(path string, orders ...string) string {
	return path + "?" + url.Values{"suite": orders}.Encode()
}

func pagesArePrivate(f *fixture) error {
	b, err := f.login("mei")
	if err != nil {
		return err
	}
	for _, c := range []struct{ orders, want []string }{
		{[]string{"-Cache-Control"}, []string{"private, no-cache"}},
		{[]string{"Cache-Control: public"}, []string{"private"}},
		{[]string{"Cache-Control: max-age=60"}, []string{"private, max-age=60"}},
		{[]string{"Cache-Control: PUBLIC, s-maxage=60, Max-Age=60, immutable"}, []string{"private, Max-Age=60, immutable"}},
		{[]string{"Cache-Control: no-cache"}, []string{"private, no-cache"}},
		{[]string{`Cache-Control: private="X-App", max-age=60`}, []string{"private, max-age=60"}},
		{[]string{`Cache-Control: no-cache="a, private, b", max-age=60`}, []string{`private, no-cache="a, private, b", max-age=60`}},
		{[]string{"Cache-Control: no-store"}, []string{"no-store"}},
		{[]string{"Cache-Control: max-age=60,Private"}, []string{"max-age=60,Private"}},
		{[]string{"-Cache-Control", "X-Accel-Expires: 60"}, []string{"private, no-cache"}},
		{[]string{"Cache-Control: public", "Cdn-Cache-Control: max-age=60", "Surrogate-Control: max-age=60"}, []string{"private"}},
	} {
		for _, path := range []string{"/engine/x", "/apart/route", "/apart/group/x", "/apart/twice", "/apart/optional"} {
			a, err := b.ask("GET", ordering(path, c.orders...))
			if err != nil {
				return err
			}
			if err := lines(a.Header, http.Header{
				"Cache-Control": c.want, "X-Accel-Expires": nil, "Cdn-Cache-Control": nil, "Surrogate-Control": nil,
			}); err != nil {
				return fmt.Errorf("%s after %q: %w", path, c.orders, err)
			}
		}
	}
	for _, want := range []string{"public, max-age=60", "max-age=60"} {
		a, err := f.browser("jun").ask("GET", ordering("/apart/optional", "Cache-Control: "+want, "X-Accel-Expires: 60"))
		if err != nil {
			return err
		}
		if err := lines(a.Header, http.Header{"Cache-Control": {want}, "X-Accel-Expires": {"60"}, "Vary": {"Accept-Encoding", "Cookie"}}); err != nil {
			return fmt.Errorf("an anonymous visitor: %w", err)
		}
	}
	return nil
}

func removedHeadersComeBack(f *fixture) error {
	b, err := f.login("mei")
	if err != nil {
		return err
	}
	for _, c := range []struct{ orders, vary []string }{
		{[]string{"-Vary"}, []string{"Cookie"}},
		{[]string{"Vary: Accept-Encoding"}, []string{"Accept-Encoding", "Cookie"}},
		{[]string{"Vary: Origin, COOKIE"}, []string{"Origin, COOKIE"}},
		{[]string{"Vary: *"}, []string{"*"}},
		{[]string{"-Set-Cookie"}, []string{"Accept-Encoding", "Cookie"}},
		{[]string{"-Set-Cookie", "-Cache-Control", "-Vary"}, []string{"Cookie"}},
		{[]string{"reset"}, nil},
	} {
		a, err := b.ask("GET", ordering("/engine/x", c.orders...))
		if err != nil {
			return err
		}
		if c.vary != nil {
			if err := lines(a.Header, http.Header{"Vary": c.vary}); err != nil {
				return fmt.Errorf("after %q: %w", c.orders, err)
			}
		}
		if !slices.ContainsFunc(a.Header.Values("Vary"), func(line string) bool {
			return strings.EqualFold(line, "Cookie") || line == "*" || strings.Contains(line, "COOKIE")
		}) {
			return fmt.Errorf("after %q: Vary is %q", c.orders, a.Header.Values("Vary"))
		}
		if n := strings.Count(strings.Join(a.Header.Values("Set-Cookie"), "\n"), "session="); n != 1 {
			return fmt.Errorf("after %q: %d session cookies in %q", c.orders, n, a.Header.Values("Set-Cookie"))
		}
		if !strings.Contains(strings.Join(a.Header.Values("Cache-Control"), ","), "private") {
			return fmt.Errorf("after %q: Cache-Control is %q", c.orders, a.Header.Values("Cache-Control"))
		}
	}
	return nil
}

func streamsArePrivate(f *fixture) error {
	b, err := f.login("mei")
	if err != nil {
		return err
	}
	close(f.harness.release)
	a, err := b.ask("GET", "/apart/stream")
	if err != nil {
		return err
	}
	if string(a.Body) != "first\nsecond\n" {
		return fmt.Errorf("the stream is %q", a.Body)
	}
	return lines(a.Header, http.Header{"Cache-Control": {"private, max-age=60"}, "Vary": {"Accept-Encoding", "Cookie"}})
}

func userInEveryContext(f *fixture) error {
	if err := f.sim.SetFollowing(appID, "lin", true); err != nil {
		return err
	}
	b := f.browser("lin")
	for _, path := range []string{membersPath, "/engine/x", "/apart/twice", "/apart/optional"} {
		r, err := b.report(path)
		if err != nil {
			return err
		}
		for i, at := range r.Elsewhere {
			if at.User != r.Context || at.Loaded != r.Loaded || !at.User.Known {
				return fmt.Errorf("%s: context %d holds %+v, the request's own %+v and %+v", path, i, at, r.Context, r.Loaded)
			}
		}
	}
	a, err := f.browser("mei").ask("GET", "/apart/optional")
	if err != nil {
		return err
	}
	r, err := report.Of(a)
	if err != nil {
		return err
	}
	for i, at := range r.Elsewhere {
		if at.User.Known {
			return fmt.Errorf("anonymous: context %d holds %+v", i, at)
		}
	}
	return nil
}
