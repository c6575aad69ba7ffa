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
