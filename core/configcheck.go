package core

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/web"
)

// maxPreviousSecrets bounds the work for a forged state, which costs one MAC for each
// secret.
const maxPreviousSecrets = 3

// env names a setting in the environment, with the account's name as ConfigFromEnv reads it.
func (c *Config) env(setting string) string {
	if name := strings.ToUpper(c.Name); envName.MatchString(name) {
		return "WECHAT_" + name + "_" + setting
	}
	return "WECHAT_" + setting
}

// check reports every mistake at once.
func (c *Config) check() (public web.Origin, err error) {
	var errs []error
	wrong := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("wechat: "+format, args...))
	}
	switch {
	case c.AppID == "":
		wrong("AppID is missing: set Config.AppID or %s to the account's app id", c.env("APP_ID"))
	case !web.IsWord(c.AppID):
		wrong("AppID %q has characters that no app id has: copy it from the console", c.AppID)
	}
	switch {
	case c.Platform != nil && (c.AppSecret != "" || len(c.PreviousSecrets) > 0):
		wrong("AppSecret and Platform are both set: an account that a platform acts for has no secret of its own; leave AppSecret and PreviousSecrets out")
	case c.Platform != nil && (c.AccountToken != nil || c.ClassicToken):
		wrong("AccountToken or ClassicToken is set beside Platform: the platform supplies the account's token; leave them out")
	case c.Platform != nil:
	case c.AppSecret == "":
		wrong("AppSecret is missing: set Config.AppSecret or %s to the account's app secret", c.env("APP_SECRET"))
	case strings.TrimSpace(c.AppSecret) != c.AppSecret:
		wrong("AppSecret has white space around it: copy it without")
	}
	if len(c.PreviousSecrets) > maxPreviousSecrets {
		wrong("PreviousSecrets are %d, and at most %d count: keep the latest", len(c.PreviousSecrets), maxPreviousSecrets)
	}
	for _, s := range c.PreviousSecrets {
		if s == "" || s == c.AppSecret || strings.TrimSpace(s) != s {
			wrong("PreviousSecrets has one that is empty, has white space around it or is AppSecret itself: list only former secrets, as they were")
			break
		}
	}
	c.Website.check(c, wrong)
	if c.PublicURL != "" {
		var ok bool
		if public, ok = web.ParsePublicURL(c.PublicURL); !ok {
			wrong("PublicURL is not an address visitors can use: set Config.PublicURL or %s to something like https://app.example.com, without query", c.env("PUBLIC_URL"))
		}
	}
	for _, u := range []struct{ name, env, value string }{
		{"OpenURL", c.env("OPEN_URL"), c.OpenURL}, {"APIURL", c.env("API_URL"), c.APIURL},
	} {
		if _, ok := web.ParsePublicURL(u.value); u.value != "" && !ok {
			wrong("%s is not an http or https address: fix Config.%s or %s, or leave it out for WeChat's own", u.name, u.name, u.env)
		}
	}
	for _, p := range []struct{ name, value, like string }{{"LoginPath", c.LoginPath, "/login"}, {"GuestPath", c.GuestPath, "/"}} {
		if t, ok := web.ParseTarget(p.value); p.value != "" && (!ok || t.HasQuery || !web.IsLocal(p.value)) {
			wrong("%s is not a path of this site: set Config.%s to something like %s", p.name, p.name, p.like)
		}
	}
	if _, ok := verificationFiles(c.DomainVerification, nil); !ok {
		wrong("DomainVerification is not what a file MP_verify_xxxxxxxxxxxxxxxx.txt is called or holds: copy its 16 characters")
	}
	if _, ok := verificationFiles("", c.VerificationFiles); !ok {
		wrong("VerificationFiles has a name that is no text file at the root, or content that is empty or over 1,024 bytes: use the file's own name, such as a1b2c3d4e5.txt")
	}
	if c.AccountToken != nil && c.ClassicToken {
		wrong("AccountToken and ClassicToken are both set: a token server of your own decides itself where its tokens come from; leave ClassicToken out")
	}
	if _, ok := parseFollowCode(c.FollowQRCode, c.OpenURL); !ok {
		wrong("FollowQRCode is neither an image nor a link: set Config.FollowQRCode or %s to an https address, a data:image URI or a path of this site", c.env("FOLLOW_QRCODE"))
	}
	if c.MaxCalls < 0 {
		wrong("MaxCalls is %d: set Config.MaxCalls to how many calls of one kind may be made at once, or leave it out for %d", c.MaxCalls, defaultMaxCalls)
	}
	if c.Site != nil && c.Site.isRandom && c.Sessions != nil && !isInProcess(c.Sessions) {
		wrong("Site has no secret and Sessions are shared with other processes: make the Site with NewSite and one secret for all nodes")
	}
	if m := c.Sessions; m != nil {
		if m.Store == nil || m.Codec == nil || m.Cookie.Name == "" {
			wrong("Sessions has no store, codec or cookie name: make it with scs.New")
		}
	}
	c.checkScreens(public, wrong)
	return public, errors.Join(errs...)
}

// warn logs settings that work but are unsafe or unusual.
func (c *Config) warn(w *watch) {
	if c.AnyBrowser {
		w.warnOf("any_browser", "AnyBrowser is on: every browser counts as WeChat; for development only", slog.Bool("except_desktops", c.Website.isSet() || c.ScreenLogin))
	}
	if c.OpenURL != "" || c.APIURL != "" {
		w.warnOf("address", "logins go to an address that is not WeChat's own", slog.String("open_url", c.OpenURL), slog.String("api_url", c.APIURL))
	}
	if strings.HasPrefix(c.AppID, "gh_") {
		w.warnOf("app_id", "AppID looks like the account's original id (gh_…): the app id begins with wx, copy it from 开发接口管理", slog.String("app_id", c.AppID))
	}
	if u, err := url.Parse(c.PublicURL); err == nil && portRefused(u) && c.OpenURL == "" {
		w.warnOf("port", "PublicURL has a port, which WeChat does not allow in a redirect URI: visitors will see its page 10003; leave the port out")
	}
	if c.Sessions != nil {
		for _, trouble := range cookieTrouble(c.Sessions.Cookie, c.PublicURL) {
			w.warnOf("session_cookie", trouble)
		}
	}
	if strings.HasPrefix(c.PublicURL, "http://") && !loopback(c.PublicURL) {
		w.warnOf("http", "PublicURL is http: anybody on the way can read codes and sessions")
	}
}

// cookieTrouble lists the faults in the session cookie settings of the app's own
// manager, each with its fix. publicURL is Config.PublicURL, "" without one.
func cookieTrouble(c scs.SessionCookie, publicURL string) (trouble []string) {
	is := func(yes bool, text string) {
		if yes {
			trouble = append(trouble, text)
		}
	}
	u, err := url.Parse(publicURL)
	if err != nil {
		u = &url.URL{}
	}
	isHTTPS, isHTTP := u.Scheme == "https", u.Scheme == "http"
	host, domain := strings.ToLower(u.Hostname()), strings.TrimPrefix(strings.ToLower(c.Domain), ".")
	path := c.Path
	if path == "" {
		path = "/"
	}
	is(c.SameSite == http.SameSiteStrictMode, "the session cookie is SameSite=Strict and will not come back from WeChat: visitors cannot log in; set Sessions.Cookie.SameSite = http.SameSiteLaxMode")
	is(c.Secure && isHTTP, "the session cookie is Secure but PublicURL is http: visitors cannot log in; set Sessions.Cookie.Secure = false, or use https")
	is(!c.Secure && isHTTPS, "the session cookie is not Secure although PublicURL is https: a request over http shows it to anybody on the way; set Sessions.Cookie.Secure = true")
	is(!c.HttpOnly, "the session cookie is not HttpOnly: scripts can read it; set Sessions.Cookie.HttpOnly = true")
	is(c.SameSite == http.SameSiteNoneMode && !c.Secure, "the session cookie is SameSite=None and not Secure: browsers drop it; set Sessions.Cookie.SameSite = http.SameSiteLaxMode")
	is(c.Partitioned && !c.Secure, "the session cookie is Partitioned and not Secure: browsers drop it; set Sessions.Cookie.Secure = true")
	is(strings.HasPrefix(c.Name, "__Secure-") && !c.Secure, "the session cookie's name begins with __Secure- and the cookie is not Secure: browsers drop it; set Sessions.Cookie.Secure = true")
	is(strings.HasPrefix(c.Name, "__Host-") && (!c.Secure || c.Domain != "" || path != "/"), "the session cookie's name begins with __Host- and the cookie is not Secure, has a Domain or another Path: browsers drop it; set Sessions.Cookie.Secure = true, Path = \"/\" and Domain = \"\"")
	is(c.Domain != "" && host != "" && host != domain && !strings.HasSuffix(host, "."+domain), "the session cookie is for another domain than PublicURL's: browsers drop it; set Sessions.Cookie.Domain = \"\"")
	return trouble
}

func loopback(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1" || strings.HasSuffix(u.Hostname(), ".localhost"))
}
