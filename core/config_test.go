package core

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/web"
)

func TestNewReportsEverythingWrongAtOnce(t *testing.T) {
	_, err := New(Config{AppID: "", PublicURL: "app.example.com", OpenURL: "x", APIURL: "ftp://x", LoginPath: "//evil", Sessions: &scs.SessionManager{}})
	if err == nil {
		t.Fatal("a broken configuration was accepted")
	}
	for _, want := range []string{"AppID", "WECHAT_APP_ID", "AppSecret", "WECHAT_APP_SECRET", "PublicURL", "WECHAT_PUBLIC_URL", "OpenURL", "WECHAT_OPEN_URL", "APIURL", "WECHAT_API_URL", "LoginPath", "Sessions"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if !strings.HasPrefix(line, "wechat: ") {
			t.Errorf("a line without wechat: %q", line)
		}
	}
}

func TestEachFieldIsChecked(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"an app id with a space":       func(c *Config) { c.AppID = "wx 1" },
		"a secret with a line end":     func(c *Config) { c.AppSecret += "\n" },
		"a public URL without scheme":  func(c *Config) { c.PublicURL = "app.example.com" },
		"a public URL with a query":    func(c *Config) { c.PublicURL = "https://a.example/?x" },
		"a public URL with a fragment": func(c *Config) { c.PublicURL = "https://a.example/#x" },
		"a public URL with a user":     func(c *Config) { c.PublicURL = "https://u@a.example" },
		"a public URL with no host":    func(c *Config) { c.PublicURL = "https://" },
		"a public URL of ftp":          func(c *Config) { c.PublicURL = "ftp://a.example" },
		"a login path elsewhere":       func(c *Config) { c.LoginPath = `/\evil.example` },
		"a login path with a query":    func(c *Config) { c.LoginPath = "/login?x" },
	} {
		c := Config{AppID: testAppID, AppSecret: testSecret}
		change(&c)
		if a, err := New(c); err == nil {
			a.Close()
			t.Errorf("%s is refused", name)
		} else if strings.Contains(err.Error(), testSecret) {
			t.Errorf("%s: the error holds the secret", name)
		}
	}
	a, err := New(Config{AppID: testAppID, AppSecret: testSecret})
	if err != nil {
		t.Fatalf("app id and secret are all it needs: %v", err)
	}
	a.Close()
}

func TestRequirePanicsAtSetUpNamingWhatIsMissingAndThreeWays(t *testing.T) {
	for _, name := range []string{"WECHAT_APP_ID", "WECHAT_APP_SECRET", "WECHAT_PUBLIC_URL", "WECHAT_OPEN_URL", "WECHAT_API_URL"} {
		t.Setenv(name, "")
	}
	SetDefault(nil)
	defer SetDefault(nil)
	text := func() (text string) {
		defer func() { text = fmt.Sprint(recover()) }()
		NewGate(ModeRequire)
		return ""
	}()
	for _, want := range []string{"WECHAT_APP_ID", "WECHAT_APP_SECRET", "core.SetDefault", "environment variables", "Require(auth)"} {
		if !strings.Contains(text, want) {
			t.Errorf("the panic does not name %q: %s", want, text)
		}
	}
	t.Setenv("WECHAT_APP_ID", testAppID)
	t.Setenv("WECHAT_APP_SECRET", testSecret)
	t.Setenv("WECHAT_PUBLIC_URL", "https://app.example.com")
	t.Setenv("WECHAT_ANY_BROWSER", "1")
	g := NewGate(ModeRequire) // a failure is not kept
	defer g.auth.Close()
	if g.auth != NewGate(ModeOptional).auth || g.auth.public.Host != "app.example.com" || !g.auth.config.AnyBrowser {
		t.Error("gates share one instance made from the environment")
	}
	other, _ := New(Config{AppID: "wxother", AppSecret: testSecret})
	defer other.Close()
	SetDefault(other)
	if NewGate(ModeRequire).auth != other {
		t.Error("SetDefault sets the default")
	}
}

func TestOptionsThatCannotBeMeantPanicAtSetUp(t *testing.T) {
	r := newRig(t)
	for name, options := range map[string][]Option{"nil": {r.auth, nil}, "unknown scope": {r.auth, Scope("snsapi_login")}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was accepted", name)
				}
			}()
			NewGate(ModeRequire, options...)
		}()
	}
}

func TestNothingPrintsTheSecretOrAWholeOpenID(t *testing.T) {
	c := Config{AppID: testAppID, AppSecret: testSecret, PublicURL: "https://app.example.com"}
	u := &User{AppID: testAppID, OpenID: "oLVPpjqs9BhvzwPj5A-vTYAX3GLc", Scope: Silent}
	var b bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&b, nil))
	log.Info("x", "config", c, "pointer", &c, "user", u)
	fmt.Fprintf(&b, "%v %+v %#v %s %q %v %#v %v %+v %s", c, c, c, c, c, &c, &c, u, u, u)
	j, err := json.Marshal(map[string]any{"c": c, "p": &c})
	b.Write(j)
	if err != nil || strings.Contains(b.String(), testSecret) || strings.Contains(b.String(), u.OpenID) {
		t.Errorf("%v %s", err, b.String())
	}
	if !strings.Contains(b.String(), "secret withheld") || !strings.Contains(b.String(), "oLVPpj***") {
		t.Errorf("and says what it withholds: %s", b.String())
	}
	if (*User)(nil).String() != "anonymous" || mask("short") != "***" {
		t.Error("a nil user and a short id are printed safely")
	}
}

func TestConfigurationsThatCannotWorkAreWarnedAbout(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"AnyBrowser is on": func(c *Config) { c.AnyBrowser = true },
		"not WeChat's own": func(c *Config) {},
		"SameSite=Strict": func(c *Config) {
			c.Sessions = manager(session.NewMemory())
			c.Sessions.Cookie.SameSite = http.SameSiteStrictMode
		},
		"session cookie is Secure": func(c *Config) {
			c.Sessions = manager(session.NewMemory())
			c.Sessions.Cookie.Secure = true
			c.PublicURL = "http://localhost"
		},
		"can read codes": func(c *Config) { c.PublicURL = "http://app.example.com" },
	} {
		r := newRig(t, change)
		if !strings.Contains(r.log.String(), want) {
			t.Errorf("no warning %q in %s", want, r.log)
		}
	}
}

func TestTheWarningOfAnyBrowserSaysWhetherDesktopsAreLeftOut(t *testing.T) {
	for rule, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"every browser counts as WeChat's": {func(*Config) {}, "except_desktops=false"},
		"with Website desktops do not":     {func(c *Config) { c.Website = Website{AppID: testWebsiteID, AppSecret: "s"} }, "except_desktops=true"},
		"with ScreenLogin desktops do not": {func(c *Config) { c.ScreenLogin = true }, "except_desktops=true"},
	} {
		r := newRig(t, func(config *Config) { config.AnyBrowser = true; c.change(config) })
		if !strings.Contains(r.log.String(), c.want) {
			t.Errorf("rule: %s, and the warning says so: %s", rule, r.log)
		}
	}
}

func TestAnOrdinaryLoginIsNotLogged(t *testing.T) {
	r := newRig(t)
	before := r.log.String()
	b := r.browser()
	b.login(r.gate(ModeRequire), "/")
	for line := range strings.SplitSeq(strings.TrimPrefix(r.log.String(), before), "\n") {
		if line != "" && !strings.Contains(line, "level=DEBUG") {
			t.Errorf("%s", line)
		}
	}
}

func TestFromContext(t *testing.T) {
	if u, ok := FromContext(context.Background()); u != nil || ok {
		t.Error("no gate, no user")
	}
	if u, ok := FromContext(&passage{Context: context.Background()}); u != nil || ok {
		t.Error("an anonymous visitor behind Optional is no user")
	}
	if MustFromContext(&passage{Context: context.Background()}) != nil {
		t.Error("the user of an anonymous visitor is nil")
	}
	defer func() {
		if p := recover(); p == nil || !strings.Contains(p.(string), "Require") {
			t.Errorf("the panic names the fix: %v", p)
		}
	}()
	MustFromContext(context.Background())
}

func TestOriginTrustsWhatItIsTold(t *testing.T) {
	forwarded := with("X-Forwarded-Proto", "https", "X-Forwarded-Host", "evil.example, app.example.com")
	for name, c := range map[string]struct {
		config Config
		tls    bool
		host   string
		want   string
	}{
		"a public URL and nothing else":         {Config{PublicURL: "https://app.example.com/base/"}, false, "evil.example", "https://app.example.com/base/x"},
		"without, the connection":               {Config{}, false, "localhost:8080", "http://localhost:8080/x"},
		"without, over TLS":                     {Config{}, true, "[::1]:8443", "https://[::1]:8443/x"},
		"a trusted proxy's last values":         {Config{TrustProxy: true}, false, "10.0.0.1", "https://app.example.com/x"},
		"a proxy's scheme that is none":         {Config{TrustProxy: true}, true, "10.0.0.1", "https://app.example.com/x"},
		"a host that is none":                   {Config{}, false, "a/b", ""},
		"a host with a user":                    {Config{}, false, "u@evil.example", ""},
		"a host with a bad port":                {Config{}, false, "a:b", ""},
		"no host":                               {Config{}, false, "", ""},
		"an address literal without its end":    {Config{}, false, "[::1", ""},
		"an address literal with a bad port":    {Config{}, false, "[::1]:x", ""},
		"an address literal that is no address": {Config{}, false, "[zz]", ""},
	} {
		c.config.AppID, c.config.AppSecret = testAppID, testSecret
		a, err := New(c.config)
		if err != nil {
			t.Fatal(err)
		}
		h := forwarded
		if name == "a proxy's scheme that is none" {
			h = with("X-Forwarded-Proto", "javascript", "X-Forwarded-Host", "app.example.com")
		}
		at, ok := a.originOf(&Request{Host: c.host, TLS: c.tls, Header: h})
		a.Close()
		got := ""
		if ok {
			got = at.URL(web.Target{Path: "/x"})
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestLogoutIsAPostFromThisSite(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		header http.Header
		status int
	}{
		"a form of this site":            {"POST", with("Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate"), 303},
		"the address bar's reload":       {"POST", with("Sec-Fetch-Site", "none"), 303},
		"an old browser, Origin ours":    {"POST", with("Origin", "https://app.example.com"), 303},
		"no browser at all":              {"POST", nil, 303},
		"another site's form":            {"POST", with("Sec-Fetch-Site", "cross-site"), 403},
		"a sibling domain's form":        {"POST", with("Sec-Fetch-Site", "same-site"), 403},
		"an old browser, Origin foreign": {"POST", with("Origin", "https://evil.example"), 403},
		"an old browser, Origin by http": {"POST", with("Origin", "http://app.example.com"), 403},
		"an old browser, Origin null":    {"POST", with("Origin", "null"), 303}, // our cookies are Lax, so a form of another site does not log out
		"Origin null of another site":    {"POST", with("Origin", "null", "Sec-Fetch-Site", "cross-site"), 403},
		"a link or image":                {"GET", nil, 405},
		"HEAD":                           {"HEAD", nil, 405},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			b, g := r.browser(), r.gate(ModeRequire)
			b.login(g, "/")
			old := b.cookies["__Host-"+r.auth.binding]
			out := b.send(r.gate(ModeLogout), c.method, "/logout?x=1", c.header)
			if out.Status != c.status {
				t.Fatalf("%d %s", out.Status, out.Body)
			}
			if c.status != 303 {
				if b.user(g, "/") == nil || c.status == 405 && out.Header.Get("Allow") != "POST" {
					t.Error("still logged in, and told how")
				}
				return
			}
			if b.arrives(out) != "/" || b.user(g, "/") != nil || b.sessionCookie() != "" || b.cookies["__Host-"+r.auth.binding] == old {
				t.Errorf("logged out, at /, with a new binding cookie: %v", b.cookies)
			}
		})
	}
	r := newRig(t)
	if out := r.browser().send(r.gate(ModeLogout), "POST", "/logout", nil); out.Status != 303 {
		t.Errorf("a logout without a session succeeds too: %d", out.Status)
	}
}

func TestLoginGoesToALocalPage(t *testing.T) {
	r := newRig(t)
	for to, want := range map[string]string{
		"/login":        "/",
		"/login?to=":    "/",
		"/login?to=/me": "/me",
		"/login?to=%2Fapp%3Fx%3D1%26y%3D%2B%23top":            "/app?x=1&y=+#top",
		"/login?to=/a%2520b":                                  "/a%20b",
		"/login?to=/a%20b":                                    "/a%20b",
		"/login?to=/100%zz":                                   "/100%zz",
		"/login?to=/one&to=/two":                              "/one",
		"/login?to=https://evil.example":                      "/",
		"/login?to=//evil.example":                            "/",
		"/login?to=%2F%2Fevil.example":                        "/",
		`/login?to=/\evil.example`:                            "/",
		"/login?to=/%5Cevil.example":                          "/",
		"/login?to=/%09/evil.example":                         "/",
		"/login?to=/%0d%0aSet-Cookie:x=1":                     "/",
		"/login?to=javascript:alert(1)":                       "/",
		"/login?to=evil.example":                              "/",
		"/login?to=/" + strings.Repeat("a", web.MaxTarget-20): "/" + strings.Repeat("a", web.MaxTarget-20),
	} {
		b, g := r.browser(), r.gate(ModeLogin, Prompt)
		if len(to) > 100 {
			continue // WeChat's way back would be longer than a target may be; tested logged in below
		}
		if got := b.login(g, to); got != want {
			t.Errorf("from %s: %q, want %q", to, got, want)
		}
		if got := b.arrives(b.get(g, to)); got != want {
			t.Errorf("already logged in, from %s: %q, want %q", to, got, want)
		}
	}
	for _, long := range []int{web.MaxTarget, web.MaxTarget + 1} {
		if got := web.LocalTarget("/"+strings.Repeat("a", long-1), web.Origin{}).Path; (len(got) == long) != (long == web.MaxTarget) {
			t.Errorf("%d bytes: %d", long, len(got))
		}
	}
	b, engine := r.browser(), r.gate(ModeRequire)
	start := b.get(r.gate(ModeLogin), "/login?to=/me")
	if got := b.arrives(b.get(engine, b.consent(start))); got != "/login?to=/me" {
		t.Errorf("an outer Require leaves the rest to Login: %q", got)
	}
}

func TestSuspiciousValuesAreWarnedAboutOnce(t *testing.T) {
	for rule, c := range map[string]struct {
		config Config
		want   string
	}{
		"an original id":                    {Config{AppID: "gh_21ee2dc92d7d"}, "gh_"},
		"a port":                            {Config{PublicURL: "https://app.example.com:8443"}, "10003"},
		"the default port is none":          {Config{PublicURL: "https://app.example.com:443"}, ""},
		"a simulator may have a port":       {Config{PublicURL: "https://app.example.com:8443", OpenURL: "http://127.0.0.1:1"}, "not WeChat's own"},
		"a port on this machine is for dev": {Config{PublicURL: "http://localhost:8080"}, ""},
	} {
		log := &logBook{}
		c.config.AppSecret, c.config.Logger = testSecret, slog.New(slog.NewTextHandler(log, nil))
		if c.config.AppID == "" {
			c.config.AppID = testAppID
		}
		a, err := New(c.config)
		if err != nil {
			t.Fatal(err)
		}
		a.Close()
		if got := log.String(); strings.Contains(got, "10003") != (c.want == "10003") || !strings.Contains(got, c.want) || strings.Count(got, "level=WARN") > 1 {
			t.Errorf("rule: %s: %q is in the log, once: %s", rule, c.want, got)
		}
	}
}
