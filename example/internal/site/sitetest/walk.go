// Package sitetest walks through an example as a visitor does: over real sockets,
// with cookies, to the simulator and back.
package sitetest

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/example/internal/site"
)

const (
	appID  = "wx0123456789abcdef"
	secret = "made-up-secret-of-the-walk"
	person = "mei" // the first of wxsim.DefaultPeople: who logs in silently
)

// Walk runs an example as its main does, with an account in the environment, and
// says which rule it breaks.
func Walk(t *testing.T, framework string, build site.Build) {
	sim, simURL := environment(t)
	base, log := Start(t, framework, build)
	v := newVisitor(t, base)
	openID := sim.OpenID(appID, person)

	t.Run("the front page is open to everybody", func(t *testing.T) {
		p := v.get(t, "/")
		p.is(t, http.StatusOK, base+"/", "home")
		p.has(t, `id="to-me"`, `id="to-profile"`, `id="to-members"`, `id="to-api"`, `id="to-login"`, framework)
		p.lacks(t, `data-openid`, `id="logout"`)
		if n := sim.Calls(wxsim.PathAuthorize); n != 0 {
			t.Errorf("it sent the visitor to WeChat %d times", n)
		}
	})
	t.Run("a page has the strict policy and is not stored", func(t *testing.T) {
		p := v.get(t, "/")
		for name, want := range site.Headers() {
			if got := p.header.Values(name); len(got) != 1 || got[0] != want {
				t.Errorf("%s is %q, want just %q", name, got, want)
			}
		}
	})
	t.Run("a script that is nobody gets 401 and the address to log in at", func(t *testing.T) {
		p := v.script(t, "/api/me")
		var problem struct {
			LoginURL string `json:"login_url"`
		}
		err := json.Unmarshal([]byte(p.body), &problem)
		if p.status != http.StatusUnauthorized || p.header.Get("Content-Type") != "application/problem+json" ||
			err != nil || problem.LoginURL != base+"/login?to=%2F" {
			t.Errorf("got %d %q %s", p.status, p.header.Get("Content-Type"), p.body)
		}
	})
	t.Run("/api/me never redirects a visitor without a login, whatever the headers", func(t *testing.T) { v.neverLeavesTheAPI(t) })
	t.Run("/me logs in without asking and ends at its own address", func(t *testing.T) {
		p := v.get(t, "/me")
		p.is(t, http.StatusOK, base+"/me", "me")
		p.has(t, `data-openid="`+openID+`"`, `<code id="scope">snsapi_base</code>`, `id="logout"`)
		p.lacks(t, `id="nickname"`)
	})
	t.Run("a silent session answers scripts without a nickname", func(t *testing.T) {
		v.answers(t, openID, core.Silent, "")
	})
	t.Run("/profile asks on the consent page and ends at its own address", func(t *testing.T) {
		p := v.get(t, "/profile")
		if !strings.HasPrefix(p.url, simURL+wxsim.PathAuthorize+"?") {
			t.Fatal("the visitor did not come to the consent page")
		}
		p = v.allow(t, simURL, p.body)
		p.is(t, http.StatusOK, base+"/profile", "profile")
		p.has(t, `data-openid="`+openID+`"`, `<bdi id="nickname">小美🌸</bdi>`,
			`id="avatar" src="`+simURL+wxsim.AvatarPath(person)+`"`, `<code id="scope">snsapi_userinfo</code>`)
	})
	t.Run("a session with consent answers scripts with the nickname", func(t *testing.T) {
		v.answers(t, openID, core.Prompt, "小美🌸")
	})
	t.Run("consent covers the other pages", func(t *testing.T) {
		sim.ResetCalls()
		for path, name := range map[string]string{"/": "home", "/me": "me", "/profile": "profile"} {
			p := v.get(t, path)
			p.is(t, http.StatusOK, base+path, name)
			p.has(t, `<bdi id="nickname">小美🌸</bdi>`)
		}
		if n := sim.Calls(wxsim.PathAuthorize); n != 0 {
			t.Errorf("they sent the visitor to WeChat %d times", n)
		}
	})
	t.Run("logging out ends on the front page as nobody", func(t *testing.T) {
		p := v.post(t, base+"/logout", nil)
		p.is(t, http.StatusOK, base+"/", "home")
		p.lacks(t, `data-openid`)
		if p := v.script(t, "/api/me"); p.status != http.StatusUnauthorized {
			t.Errorf("a script afterwards got %d, want 401", p.status)
		}
	})
	t.Run("the login link logs in and comes back", func(t *testing.T) {
		p := v.get(t, "/login")
		p.is(t, http.StatusOK, base+"/", "home")
		p.has(t, `data-openid="`+openID+`"`)
	})
	t.Run("an unknown path is not found", func(t *testing.T) {
		if p := v.get(t, "/nowhere?code=secret"); p.status != http.StatusNotFound {
			t.Errorf("got %d", p.status)
		}
	})
	t.Run("the log has one line for every request and nothing secret", func(t *testing.T) {
		all := log.String()
		if got, want := strings.Count(all, "msg=served"), v.requests; got != want {
			t.Errorf("%d lines for %d requests", got, want)
		}
		if !strings.Contains(all, "method=GET path=/me status=200 took=") {
			t.Error("no line for /me with method, path, status and duration")
		}
		for _, hidden := range []string{"code=", "state=", "?", secret, openID, "小美"} {
			if strings.Contains(all, hidden) {
				t.Errorf("the log has %q", hidden)
			}
		}
		if t.Failed() {
			t.Log(all)
		}
	})
}

var uuid = regexp.MustCompile(`name="uuid" value="([^"]+)"`)
