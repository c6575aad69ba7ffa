package adaptertest

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
)

var loginRules = []rule{
	{
		name: "silent login",
		text: "a login ends on the page that the visitor asked for, byte for byte, after one visit to WeChat and one code",
		try:  silentLogin,
	},
	{
		name: "user in three places",
		text: "behind a gate the user is in the adapter's accessor, in the framework's own store and in the request's context",
		try:  userInThreePlaces,
	},
	{
		name: "prompt behind silent",
		text: "Require on the whole app and Require(Prompt) on a route cause one silent and one prompted login, which end on the page with the nickname",
		try:  promptBehindSilent,
	},
	{
		name: "optional",
		text: "Optional starts no login: the handler runs with or without a user, and the accessor returns nil for an anonymous visitor",
		try:  optional,
	},
	{
		name: "login goes to local pages",
		text: "Login ends on the page of this site that \"to\" names, and on / for every other value",
		try:  loginGoesToLocalPages,
	},
	{
		name: "logout",
		text: "Logout ends the session on a POST from the same site, and on no other request",
		try:  logout,
	},
	{
		name: "logout ends callbacks",
		text: "the address of a callback and the cookies of before a logout log nobody in after it",
		try:  keptCallback,
	},
}

// oddTargets change when a program parses them and prints them again.
var oddTargets = []string{
	"/engine/plain",
	"/engine/empty?",
	"/engine/a%2Fb/c+d;e=f/%E4%BD%A0%E5%A5%BD/%7euser?x=%2F&y=a+b;c&z=%zz",
	"/engine/raw/你好?名=小美&empty=&&=",
	"/engine/own?code=mine&state=theirs&code=again&appid=x",
	"/engine/query?next=https://example.com/a?b=c&arr[]=1|2^`{}",
}

func silentLogin(f *fixture) error {
	for i, target := range oddTargets {
		b := f.browser("mei")
		r, err := b.report(target)
		if err != nil {
			return fmt.Errorf("%s: %w", target, err)
		}
		if string(r.Target) != target {
			return fmt.Errorf("asked for %q, ended on %q", target, r.Target)
		}
		if !slices.Equal(b.logins, []string{"snsapi_base"}) {
			return fmt.Errorf("%s: logins %v, want a silent one", target, b.logins)
		}
		if n := f.sim.Calls(f.account.ExchangePath); n != i+1 {
			return fmt.Errorf("%s: %d codes exchanged after %d logins", target, n, i+1)
		}
	}
	return nil
}

func userInThreePlaces(f *fixture) error {
	for _, at := range []struct{ path, nickname string }{
		{"/engine/me", ""}, {"/apart/route", ""}, {"/apart/optional", ""}, {"/apart/profile", "阿俊"},
	} {
		b, err := f.login("jun")
		if err != nil {
			return err
		}
		r, err := b.report(at.path)
		if err != nil {
			return err
		}
		if r.Panic != "" {
			return fmt.Errorf("%s: the accessor panics: %s", at.path, r.Panic)
		}
		want := report.User{Known: true, OpenID: f.openID("jun"), Nickname: at.nickname}
		for _, place := range []struct {
			name string
			got  report.User
			has  bool
		}{{"accessor", r.Accessor, true}, {"framework's store", r.Native, r.HasNative}, {"context", r.Context, true}} {
			if place.has && place.got != want {
				return fmt.Errorf("%s: %s has %v, want %v", at.path, place.name, place.got, want)
			}
		}
	}
	return nil
}

func promptBehindSilent(f *fixture) error {
	b := f.browser("mei")
	r, err := b.report("/profile?x=1")
	if err != nil {
		return err
	}
	if want := []string{"snsapi_base", "snsapi_userinfo"}; !slices.Equal(b.logins, want) {
		return fmt.Errorf("logins %v, want %v", b.logins, want)
	}
	if r.Context.Nickname != "小美🌸" || string(r.Target) != "/profile?x=1" {
		return fmt.Errorf("ended on %q as %v", r.Target, r.Context)
	}
	return nil
}

func optional(f *fixture) error {
	b := f.browser("mei")
	r, err := b.report("/apart/optional")
	if err != nil {
		return err
	}
	if len(b.logins) > 0 || r.Context.Known || r.Accessor.Known || r.Native.Known || r.Panic != "" {
		return fmt.Errorf("cold, logins %v and report %+v", b.logins, r)
	}
	if b, err = f.login("mei"); err != nil {
		return err
	}
	if r, err = b.report("/apart/optional"); err != nil {
		return err
	}
	if len(b.logins) != 1 || r.Accessor.OpenID != f.openID("mei") {
		return fmt.Errorf("logged in, logins %v and report %+v", b.logins, r)
	}
	return nil
}

func loginGoesToLocalPages(f *fixture) error {
	b := f.browser("mei")
	const page = "/engine/next?x=a+b&y=%2F"
	r, err := b.report("/login?to=" + url.QueryEscape(page))
	if err != nil {
		return err
	}
	if string(r.Target) != page || len(b.logins) != 1 {
		return fmt.Errorf("ended on %q after logins %v, want %q", r.Target, b.logins, page)
	}
	for _, to := range []string{
		"", "//evil.example", `/\evil.example`, `\\evil.example`, "%2F%2Fevil.example", "%2F%5Cevil.example",
		"https://evil.example/", "https:evil.example", "/%09/evil.example", "/%0d%0aSet-Cookie:x=1", "javascript:alert(1)", "evil.example",
	} {
		a, err := b.ask("GET", "/login?to="+to)
		if err != nil {
			return err
		}
		if got := a.Header.Values("Location"); a.Status != 303 || !slices.Equal(got, []string{f.appURL + "/"}) {
			return fmt.Errorf("to=%s: %d to %q, want the front page", to, a.Status, got)
		}
	}
	return nil
}

// keptCallback logs in by hand, and logs out: the address of the callback and the
// cookies of before it must log nobody in.
func keptCallback(f *fixture) error {
	b := f.browser("mei")
	base, target := f.appURL, "/engine/me"
	var kept, cookies string
	for range 6 {
		if base == f.appURL && strings.Contains(target, "code=") {
			kept, cookies = target, b.cookies(rawhttp.Host(f.appURL))
		}
		a, err := b.send(base, "GET", target, "")
		if err != nil {
			return err
		}
		to := a.Header.Get("Location")
		if to == "" {
			break
		}
		if base, target, err = f.split(to); err != nil {
			return err
		}
	}
	if kept == "" {
		return errors.New("the login had no callback")
	}
	if a, err := b.ask("POST", "/logout", "Sec-Fetch-Site: same-origin"); err != nil || a.Status != 303 {
		return fmt.Errorf("logout: %v, %v", a, err)
	}
	thief := f.browser("mei")
	a, err := thief.ask("GET", kept, "Cookie: "+cookies)
	if err != nil || a.Status != 302 || strings.HasPrefix(a.Header.Get("Location"), f.appURL) {
		return fmt.Errorf("the callback of before the logout: %v, %v; want a new login", a, err)
	}
	return nil
}

func logout(f *fixture) error {
	b, err := f.login("mei")
	if err != nil {
		return err
	}
	stolen := "Cookie: " + b.cookies(rawhttp.Host(f.appURL))
	for _, refused := range []struct {
		method, header string
		status         int
	}{
		{"GET", "Sec-Fetch-Site: same-origin", 405},
		{"POST", "Sec-Fetch-Site: cross-site", 403},
		{"POST", "Sec-Fetch-Site: same-site", 403},
		{"POST", "Origin: http://evil.example", 403},
	} {
		a, err := b.ask(refused.method, "/logout", refused.header)
		if err != nil {
			return err
		}
		if a.Status != refused.status {
			return fmt.Errorf("%s with %s: %v, want %d", refused.method, refused.header, a, refused.status)
		}
		if a, err = b.ask("GET", "/engine/me"); err != nil || a.Status != 200 {
			return fmt.Errorf("%s with %s logged out: %v, %v", refused.method, refused.header, a, err)
		}
	}
	a, err := b.ask("POST", "/logout", "Sec-Fetch-Site: same-origin", "Origin: "+f.appURL)
	if err != nil {
		return err
	}
	if a.Status != 303 || a.Header.Get("Location") != f.appURL+"/" {
		return fmt.Errorf("POST from the same site: %v, want 303 to the front page", a)
	}
	anonymous := f.browser("mei")
	for _, cookies := range []string{"Cookie: " + b.cookies(rawhttp.Host(f.appURL)), stolen} {
		if a, err = anonymous.ask("GET", "/engine/me", "Accept: application/json", cookies); err != nil || a.Status != 401 {
			return fmt.Errorf("after logout with %.20s…: %v, %v", strings.TrimPrefix(cookies, "Cookie: "), a, err)
		}
	}
	return nil
}
