package core

import (
	"net/http"
	"strings"
	"testing"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/session"
)

func TestTheSetUpNamesWhatIsWrongWithTheSessionCookie(t *testing.T) {
	good := scs.SessionCookie{Name: "session", Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode}
	const https, plain = "https://app.example.com", "http://app.example.com"
	for _, c := range []struct {
		rule   string
		public string
		change func(*scs.SessionCookie)
		fix    string // what the one warning names; "" for none
	}{
		{"a Secure and Lax cookie is right", https, func(*scs.SessionCookie) {}, ""},
		{"scs's default is not Secure, which https wants", https, func(c *scs.SessionCookie) { c.Secure = false }, "Sessions.Cookie.Secure = true"},
		{"over http the default is right", plain, func(c *scs.SessionCookie) { c.Secure = false }, ""},
		{"without a public URL nothing is known", "", func(c *scs.SessionCookie) { c.Secure = false }, ""},
		{"Secure does not work over http", plain, func(*scs.SessionCookie) {}, "Sessions.Cookie.Secure = false"},
		{"Strict does not come back from WeChat", https, func(c *scs.SessionCookie) { c.SameSite = http.SameSiteStrictMode }, "http.SameSiteLaxMode"},
		{"None needs Secure", plain, func(c *scs.SessionCookie) { c.SameSite, c.Secure = http.SameSiteNoneMode, false }, "http.SameSiteLaxMode"},
		{"Partitioned needs Secure", plain, func(c *scs.SessionCookie) { c.Partitioned, c.Secure = true, false }, "Sessions.Cookie.Secure = true"},
		{"scripts must not read it", https, func(c *scs.SessionCookie) { c.HttpOnly = false }, "Sessions.Cookie.HttpOnly = true"},
		{"__Secure- needs Secure", plain, func(c *scs.SessionCookie) { c.Name, c.Secure = "__Secure-s", false }, "Sessions.Cookie.Secure = true"},
		{"__Host- is right with Secure, / and no domain", https, func(c *scs.SessionCookie) { c.Name = "__Host-s" }, ""},
		{"__Host- takes no domain", https, func(c *scs.SessionCookie) { c.Name, c.Domain = "__Host-s", "example.com" }, `Domain = ""`},
		{"__Host- takes no path", https, func(c *scs.SessionCookie) { c.Name, c.Path = "__Host-s", "/x" }, `Path = "/"`},
		{"a parent domain is right", https, func(c *scs.SessionCookie) { c.Domain = ".Example.com" }, ""},
		{"another domain is dropped", https, func(c *scs.SessionCookie) { c.Domain = "example.org" }, `Sessions.Cookie.Domain = ""`},
		{"an end of the host is no domain of it", https, func(c *scs.SessionCookie) { c.Domain = "ple.com" }, `Sessions.Cookie.Domain = ""`},
	} {
		cookie := good
		c.change(&cookie)
		got := cookieTrouble(cookie, c.public)
		if c.fix == "" && len(got) != 0 || c.fix != "" && (len(got) != 1 || !strings.Contains(got[0], c.fix)) {
			t.Errorf("rule: %s: %q", c.rule, got)
		}
	}
	r := newRig(t, func(c *Config) { c.Sessions = manager(session.NewMemory()) })
	if !strings.Contains(r.log.String(), "Sessions.Cookie.Secure = true") {
		t.Error("rule: New logs it")
	}
}
