package adaptertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
)

var followRules = []rule{
	{
		name: "must follow",
		text: "a visitor who does not follow the account gets the whole page of MustFollow, 403 with its headers; a script gets 403 application/problem+json without login_url; no handler runs",
		try:  mustFollow,
	},
	{
		name: "following lets in",
		text: "a visitor who follows the account is let in with the next request, without a login, and a visitor who unfollows it is refused again",
		try:  followingOpens,
	},
	{
		name: "loaded user",
		text: "Loaded returns in a handler what LoadUser made from the request's own context, and nothing where no LoadUser ran",
		try:  loadedUser,
	},
}

const membersPath = "/apart/members"

// refused returns an error unless the browser gets the page of MustFollow.
func (b *browser) refused() error {
	a, err := b.open(membersPath)
	if err != nil {
		return err
	}
	if a.Status != http.StatusForbidden || !bytes.Contains(a.Body, []byte(`<body data-page="follow">`)) {
		return fmt.Errorf("%v, want the page that asks to follow", a)
	}
	return nil
}

func mustFollow(f *fixture) error {
	b := f.browser("mei")
	if err := b.refused(); err != nil {
		return err
	}
	a, err := b.ask("GET", membersPath)
	if err != nil {
		return err
	}
	for _, part := range []string{accountName, `src="data:image/png;base64,`, `id="retry"`, `id="follow"`, "</html>"} {
		if !bytes.Contains(a.Body, []byte(part)) {
			return fmt.Errorf("the page lacks %s: %v", part, a)
		}
	}
	err = lines(a.Header, http.Header{
		"Content-Type":            {"text/html; charset=utf-8"},
		"Content-Security-Policy": {"default-src 'none'*"},
		"Cache-Control":           {"no-store"},
		"Referrer-Policy":         {"no-referrer"},
		"X-Content-Type-Options":  {"nosniff"},
		"Content-Disposition":     nil,
	})
	if err != nil {
		return err
	}
	if a, err = b.ask("GET", membersPath, "Accept: application/json"); err != nil {
		return err
	}
	var problem map[string]any
	if err := json.Unmarshal(a.Body, &problem); err != nil {
		return fmt.Errorf("a script gets %v: %w", a, err)
	}
	if a.Status != http.StatusForbidden || a.Header.Get("Content-Type") != "application/problem+json" || problem["login_url"] != nil {
		return fmt.Errorf("a script gets %v", a)
	}
	if n := f.harness.runs.Load(); n != 0 {
		return fmt.Errorf("a handler ran")
	}
	return nil
}

func followingOpens(f *fixture) error {
	ctx, cancel := context.WithTimeout(context.Background(), rawhttp.Patience)
	defer cancel()
	b := f.browser("jun")
	if err := b.refused(); err != nil {
		return err
	}
	if err := f.sim.Follow(ctx, appID, "jun"); err != nil {
		return err
	}
	r, err := b.report(membersPath)
	if err != nil {
		return fmt.Errorf("followed: %w", err)
	}
	if r.Context.OpenID != f.openID("jun") || !slices.Equal(b.logins, []string{"snsapi_base"}) {
		return fmt.Errorf("followed: in as %v after logins %v", r.Context, b.logins)
	}
	if err := f.sim.Unfollow(ctx, appID, "jun"); err != nil {
		return err
	}
	if err := b.refused(); err != nil {
		return fmt.Errorf("left: %w", err)
	}
	return nil
}

func loadedUser(f *fixture) error {
	if err := f.sim.SetFollowing(appID, "lin", true); err != nil {
		return err
	}
	b := f.browser("lin")
	for range 2 { // first right after the login, then with the session
		r, err := b.report(membersPath)
		if err != nil {
			return err
		}
		if r.Outer == "" || r.Loaded != (report.Loaded{OpenID: f.openID("lin"), Outer: r.Outer}) {
			return fmt.Errorf("the handler of %q finds %+v", r.Outer, r.Loaded)
		}
	}
	r, err := b.report("/apart/route")
	if err != nil {
		return err
	}
	if r.Loaded != (report.Loaded{}) {
		return fmt.Errorf("without a LoadUser the handler finds %+v", r.Loaded)
	}
	return nil
}
