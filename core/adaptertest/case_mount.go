package adaptertest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
)

var mountRules = []rule{
	{
		name: "mounts",
		text: "a first login works however the gate is mounted: on the whole app, on a group, on one route, twice in a chain; the handler runs once",
		try:  mounts,
	},
	{
		name: "unknown pages are guarded",
		text: "a gate on the whole app also guards pages that the app does not have",
		try:  unknownPages,
	},
	{
		name: "skip",
		text: "a skipped request stays as it is: the gate adds no header and no user, and the accessor returns nil; a path that routers read differently is not skipped",
		try:  skipped,
	},
}

func mounts(f *fixture) error {
	for _, path := range []string{"/engine/deep/er", "/apart/group/deep/er", "/apart/route", "/apart/twice"} {
		b := f.browser("lin")
		before := f.harness.runs.Load()
		r, err := b.report(path + "?x=1")
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if string(r.Target) != path+"?x=1" || r.Context.OpenID != f.openID("lin") {
			return fmt.Errorf("%s: ended on %q as %v", path, r.Target, r.Context)
		}
		if n := f.harness.runs.Load() - before; n != 1 || !slices.Equal(b.logins, []string{"snsapi_base"}) {
			return fmt.Errorf("%s: the handler ran %d times after logins %v", path, n, b.logins)
		}
	}
	return nil
}

func unknownPages(f *fixture) error {
	b := f.browser("mei")
	a, err := b.ask("GET", "/no/such/page")
	if err != nil {
		return err
	}
	if a.Status != 302 || !strings.HasPrefix(a.Header.Get("Location"), f.simURL) {
		return fmt.Errorf("cold: %v, want a login", a)
	}
	if a, err = b.open("/no/such/page"); err != nil {
		return err
	}
	if a.Status != 404 || len(b.logins) != 1 {
		return fmt.Errorf("after logins %v: %v, want the app's 404", b.logins, a)
	}
	return nil
}

func skipped(f *fixture) error {
	b, err := f.login("mei")
	if err != nil {
		return err
	}
	a, err := b.ask("GET", skippedPath+"?x=%zz")
	if err != nil {
		return err
	}
	r, err := report.Of(a)
	if err != nil {
		return err
	}
	if r.Context.Known || r.Native.Known || r.Outer == "" || string(r.Target) != skippedPath+"?x=%zz" {
		return fmt.Errorf("the handler saw %+v", r)
	}
	if r.Panic != "" || r.Accessor.Known {
		return fmt.Errorf("the accessor returns %v, or panics with %q, want nil", r.Accessor, r.Panic)
	}
	for name, want := range f.harness.Header() {
		if got := a.Header.Values(name); !slices.Equal(got, want) {
			return fmt.Errorf("%s is %q, want the app's own %q", name, got, want)
		}
	}
	return f.skipsNothingAmbiguous()
}

// skipsNothingAmbiguous asks for paths that begin with the skipped one, and that some
// routers hand to another handler.
func (f *fixture) skipsNothingAmbiguous() error {
	for _, rest := range []string{"/../route", "/%2e%2e/route", "%2F..%2Froute", "/..%5Croute", "/./x", "%2Fx"} {
		a, err := f.browser("mei").ask("GET", skippedPath+rest)
		if err != nil {
			return err
		}
		if location := a.Header.Get("Location"); a.Status == 200 || a.Status != 404 && !strings.HasPrefix(location, f.simURL) && !strings.HasPrefix(location, "/apart/") {
			return fmt.Errorf("%s%s is not guarded: %v", skippedPath, rest, a)
		}
	}
	return nil
}
