package core

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Config configures one account, once per process. Only AppID and AppSecret are
// required. Settings of a single route are [Option]s. [ConfigFromEnv] reads these
// fields from the environment:
//
//	AppID          WECHAT_APP_ID
//	AppSecret      WECHAT_APP_SECRET
//	PublicURL      WECHAT_PUBLIC_URL
//	AccountName    WECHAT_ACCOUNT_NAME
//	FollowQRCode   WECHAT_FOLLOW_QRCODE
//	AnyBrowser     WECHAT_ANY_BROWSER (1)
//	OpenURL        WECHAT_OPEN_URL
//	APIURL         WECHAT_API_URL
//	Website        WECHAT_WEBSITE_APP_ID, WECHAT_WEBSITE_APP_SECRET
//	ScreenLogin    WECHAT_SCREEN_LOGIN (1)
type Config struct {
	// Name is a short name of the account for people who run the app, such as "shop". Log
	// lines and events have it as "account". Default "": they have the app id.
	Name string

	// AppID and AppSecret are those of a verified service account (已认证的服务号) or
	// a sandbox account (接口测试号), from the console's 开发接口管理. Required. The secret also signs logins in progress, so all
	// nodes of one site need the same.
	AppID, AppSecret string

	// Platform, if set, is the third-party platform that acts for the account, which then
	// has no AppSecret here. Package platform sets it. Default nil.
	Platform Platform

	// PreviousSecrets are the app secrets that were valid before a reset in the
	// console. Logins that began with one of them still count, and so do the notes that
	// other nodes sealed with one of them about logins and logouts. They are never sent
	// to WeChat, and they never sign or seal anything new. Values that live longer than
	// an hour (refresh tokens, the account's token) are not read with them. Remove them
	// an hour after the reset. At most 3; default none.
	PreviousSecrets []string

	// PublicURL is the address visitors use, such as "https://app.example.com".
	// Default: the request's own scheme and host. Set it in production and behind every
	// proxy: then no request can change the address that WeChat redirects visitors back
	// to. With https, cookies are Secure and have the __Host- prefix. PublicURL may
	// have a path, if a proxy removes that path before requests reach the app. WeChat
	// allows no port here, and the host must be registered as 网页授权域名 (else its
	// page 10003).
	PublicURL string

	// TrustProxy takes scheme and host from the last value of X-Forwarded-Proto and
	// X-Forwarded-Host. Set it only behind a proxy that sets both headers itself. It
	// has no effect if PublicURL is set, and PublicURL is the better choice. Default
	// false.
	TrustProxy bool

	// OpenURL and APIURL are WeChat's two addresses; set them for a simulator.
	// Defaults: https://open.weixin.qq.com and https://api.weixin.qq.com.
	OpenURL, APIURL string

	// AnyBrowser treats every browser as WeChat's. It is for development with a
	// simulator: the real WeChat shows an error page to other browsers. The simulator
	// has a setting of its own with the same name (wxsim.Config.AnyBrowser), and both
	// must be on. With Website or ScreenLogin, desktop browsers do not count as WeChat's:
	// they log in by scan, as in production. Default false; logged as a warning.
	AnyBrowser bool

	// Website is a website application (网站应用), for visitors at a desktop browser
	// outside WeChat. Instead of the page with a QR code of the address, Require and
	// Login then redirect them to WeChat's page with a QR code (/connect/qrconnect,
	// scope snsapi_login). They scan it with a phone and come back to the page that they
	// asked for, logged in. Such a login counts as [Prompt]: it brings nickname and
	// avatar. Nothing else changes: in WeChat the account logs visitors in, phones
	// outside WeChat see the page, scripts get 401.
	//
	// User.AppID is then the website application's, and User.OpenID is another than the
	// same person has at the account. See OnLogin for how to make one person of the two.
	//
	// The console's 授权回调域 must be PublicURL's host. Default: none.
	Website Website

	// ScreenLogin logs desktop browsers in with the account alone, without a website
	// application. Instead of the page that only opens the address on a phone, Require and
	// Login show a page with a code. The visitor scans it in WeChat, reads on the phone which
	// site and which browser ask, allows the login there, and types four digits that the
	// phone shows at the screen. From then on the screen is logged in for 7 days, and
	// [User.Screen] says so. A browser that has done this once needs no digits for the same
	// person for 90 days, until a logout there.
	//
	// The app mounts [Auth.Screens] at ScreenPath. Several nodes must share a Cache. Phones
	// outside WeChat keep the page with the address. Nothing is kept for a page that waits.
	// It needs https, except on this machine.
	//
	// A risk remains: an attacker who shows a victim the code of the attacker's own screen,
	// and then talks the victim out of the digits too, is logged in as the victim. The phone
	// says whose screen it is, and to type the digits only on this site. Default false.
	ScreenLogin bool

	// ScreenPath is the path of this site where the app has mounted [Auth.Screens].
	// Default "/wechat/screen".
	ScreenPath string

	// WebsiteFirst says which way comes first where both Website and ScreenLogin are set:
	// the page offers both, and with WebsiteFirst the button to WeChat's own page stands
	// above the code. Default false: it stands below.
	WebsiteFirst bool

	// SiteName is the site's name as visitors know it, for the phone's page that asks
	// whether to log a screen in. Default "": that page shows the host alone.
	SiteName string

	// LoginPath is where the app mounted Login, such as "/login". The 401 answers
	// to scripts then carry a login_url that comes back to the page the script
	// runs on. Default "": login_url is the address that was asked for.
	LoginPath string

	// Sessions is the app's own session manager. Default: private sessions in this
	// process's memory, 30 days and up to a minute, no idle time, in a cookie of their
	// own. They end with the process, so every deploy logs all visitors out. Inside
	// WeChat the next page logs in again silently, but Prompt asks again for consent,
	// unless Profile knows the visitor. Several nodes must supply a manager with a
	// shared store, and should set HashTokenInStore. Its cookie must be SameSite Lax.
	// If the manager's LoadAndSave runs outside the gate, it writes the cookie;
	// otherwise the gate writes it. scs writes whole sessions and the last writer wins,
	// so a handler that still runs while its visitor logs out can restore the session.
	//
	// Beside the sessions, its store holds short notes of at most 10 minutes: that a
	// session was logged out, or has a new token. A note has the form of a session with
	// one sealed value, so an app may iterate over the store, and its key begins with a
	// dot. A store or codec that panics counts as failed (503).
	Sessions *scs.SessionManager

	// Site is what the accounts of one host and path share; give each of them the same.
	// Default nil: this account shares nothing, and its cookies carry its name.
	Site *Site

	// LogoutEverywhere makes [Auth.LogoutEverywhere] possible. Each node then looks up in
	// the store of Sessions whether the sessions of a person still count: once for every
	// login, and at most once in 5 s for each person who visits. It keeps the answers of
	// at most 65,536 people in its memory, about 10 MB. If the store cannot tell, visitors
	// see the "unavailable" page (503). Default false: no look-up.
	//
	// Sessions that are made with it have another record version. So switch it on when
	// every node runs a release that has this field; before that, a node without it would
	// not know who is logged in.
	LogoutEverywhere bool

	// Cache shares state between nodes: the results of exchanged codes, the account's
	// own token, who follows the account, and which messages were handled. Any scs
	// store; values are sealed with a key derived from AppSecret, keys hold nothing in
	// the clear. Default nil: this process's memory, fine for one node. If the cache
	// fails, each node works as if it had none. It may be the store of Sessions, unless
	// the app iterates over that store: these values are not sessions.
	//
	// If two nodes receive the same message from WeChat at the same instant, both call
	// the hook, because scs stores cannot put a value only where there is none. A store
	// that can has one more method, with Redis one SET NX, and then one node calls it:
	//
	//	ClaimCtx(ctx context.Context, key string, b []byte, expiry time.Time) (claimed bool, err error)
	Cache scs.Store

	// OnLogin is called once per login, never per request, before the session is made;
	// it may set User.AppUserID, which the session keeps. If it returns an error or
	// panics, the visitor is not logged in and sees the "unavailable" page. The context
	// ends after the 10 s that a callback may take.
	//
	// Here an app joins what belongs to one person. A person has one open id at the
	// account and another at Website. Keep a table of people with the pairs (AppID,
	// OpenID) of each. Look for the pair first, and for User.UnionID, which is the same
	// at both if they are bound to one Open Platform account (开放平台). The union id comes
	//
	//   - with every login by Website;
	//   - with a login by Prompt, which is needed once for each person;
	//   - from [Auth.Follower], without asking the person, for those who follow the account.
	//
	// A silent login has none. So a person who came silently and by Website may be two
	// people in the table until a union id arrives: then merge the two. Never guess, by a
	// nickname or avatar for instance. Without a union id, a login is a person of its own.
	// Set AppUserID to the id of the person in the table. Sessions from before a merge keep
	// the id of the person that is gone, so never give that id to somebody else.
	// example/members does all this, with SQLite.
	//
	// After a migration of the account (账号迁移) every open id is another. The app learns
	// the pairs of former and present ones from /cgi-bin/changeopenid, and adds the
	// present ones to its table before people log in: then they are found here.
	OnLogin func(context.Context, *User) error

	// OpenIDFor returns the open id at the account of a visitor who logged in with
	// Website, for [MustFollow]: only that open id can follow the account. The app knows
	// it from its own table of people; see OnLogin. "" means that it does not know it:
	// the visitor then sees the page that asks to scan and follow. It is called for each
	// request on a route with MustFollow by such a visitor; keep it fast. If it returns an
	// error or panics, the visitor sees the "unavailable" page. Default nil: visitors who
	// logged in with Website never count as followers.
	OpenIDFor func(context.Context, *User) (string, error)

	// Profile returns the profile that the app already has of a visitor (Nickname,
	// Avatar and so on), or (nil, nil) if it has none. With it, [Prompt] first logs in
	// silently and shows WeChat's consent page only to visitors without a profile. If
	// OnLogin stores the profile, each person is asked once. The returned AppUserID is
	// used; the returned ids and login time are ignored. If it returns an error or
	// panics, the visitor sees the "unavailable" page. Default nil: Prompt asks WeChat.
	Profile func(ctx context.Context, openID string) (*User, error)

	// GuestPath is a page of this site for visitors without a login, such as "/". If it
	// is set, the page that follows a refusal has a link to it. Default "": no link.
	GuestPath string

	// DomainVerification is the 16 characters of the console's file
	// MP_verify_xxxxxxxxxxxxxxxx.txt (网页授权域名), or its name. Default "": none.
	// Every gate then answers /MP_verify_xxxxxxxxxxxxxxxx.txt with them; where no
	// gate is on the whole app, mount [Auth.DomainVerification].
	DomainVerification string

	// VerificationFiles are further files at the site's root that WeChat or WeCom asks
	// for, by name, such as "WW_verify_xxxxxxxxxxxxxxxx.txt" or a mini program's
	// "a1b2c3d4e5.txt", each with what it holds. Every gate answers them without a login.
	// Default nil. A file named MP_verify_ or WW_verify_ and 16 characters that is not
	// listed goes on to the app, also without a login, so that the app can serve it.
	VerificationFiles map[string]string

	// AccountName is the account's name as visitors know it, for the page that asks
	// them to follow it. Default "": the page does not name it.
	AccountName string

	// FollowQRCode is what the page of [MustFollow] shows: the address of the account's
	// QR code as an image (https://, data:image/… or a path of this site), or a link
	// that WeChat opens (https://mp.weixin.qq.com/mp/profile_ext?…,
	// https://weixin.qq.com/r/…). The page draws the QR code of a link itself. Default
	// "": the page says to search for the account.
	FollowQRCode string

	// AccountToken supplies the account's own access token, for an app that already has
	// a token server. It is called instead of WeChat's endpoint. Its argument is the
	// token that WeChat refused, or "". It returns a token and the token's lifetime,
	// and the token is cached for that time. Default nil: stable_token.
	AccountToken func(ctx context.Context, refused string) (token string, expiresIn time.Duration, err error)

	// ClassicToken gets the account's token from /cgi-bin/token. Each call there
	// invalidates the former token for every other program that uses the account.
	// Default false: /cgi-bin/stable_token, which does not invalidate it.
	ClassicToken bool

	// KeepTokens keeps the refresh token of each visitor who logs in with [Prompt], for
	// [Auth.RefreshProfile]. It is sealed and lies in Cache or in this process's
	// memory. It is kept for its 30 days (snsRefreshToken), or until [Auth.PushHandler]
	// receives that its owner unfollowed the account. A later silent login of the same
	// person can invalidate it (40030 has been observed). Default false: a visitor's
	// tokens are dropped at the end of the login.
	KeepTokens bool

	// MaxCalls limits how many codes this process exchanges at once, and separately how
	// many followers it looks up at once. Above the limit, visitors see the
	// "unavailable" page (503) immediately. One browser gets at most 16 of the
	// exchanges, and at most half of them. Default 256, enough for 500 logins a second
	// while WeChat answers in half a second; raise it for sudden crowds.
	MaxCalls int

	// HTTPClient calls WeChat's API. Default: one of our own with 2 s to connect and 3
	// s to the first byte. No client given here follows redirects either, because the
	// Referer header would carry the app secret. Every try ends after 5 s.
	//
	// The default opens connections to WeChat while the visitor is there, at most 8
	// for at most a minute, so that a callback waits for one round trip a call. A
	// client given here, and a proxy from the environment, open one for each call:
	// three round trips. A transport that traces or logs requests sees the app secret
	// and the code; wrap it with [wxapi.RedactTransport].
	HTTPClient *http.Client

	// Logger receives the reason for each error page, with the reference that the page
	// shows, and debug lines for ordinary logins. No line holds a secret, code, token
	// or whole open id. A line of one kind is written once a minute at most, with the
	// number of those withheld ("more"), where a request without a login can cause it.
	// Default slog.Default().
	Logger *slog.Logger

	// Observer is told what happens to logins, sessions, calls to WeChat and messages,
	// for metrics, traces and audits: one start and at most one end for every login. See
	// [Observer] and [Event]; example/observe has observers for OpenTelemetry and
	// Prometheus. Default nil: no one, at no cost.
	Observer Observer

	// Pages makes the pages that visitors see. Default: built-in pages in Simplified
	// Chinese, Traditional Chinese and English.
	Pages Pages
}

// ConfigFromEnv reads WECHAT_APP_ID, WECHAT_APP_SECRET, WECHAT_PUBLIC_URL,
// WECHAT_OPEN_URL, WECHAT_API_URL, WECHAT_ACCOUNT_NAME, WECHAT_FOLLOW_QRCODE,
// WECHAT_WEBSITE_APP_ID, WECHAT_WEBSITE_APP_SECRET, WECHAT_SCREEN_LOGIN and
// WECHAT_ANY_BROWSER ("1" for on). It checks nothing; [New] does.
//
// An app with several accounts gives each a name: ConfigFromEnv("SHOP") reads
// WECHAT_SHOP_APP_ID and so on, and sets Name to "shop". A name is one word of A-Z, 0-9
// and _; another one, or more than one, panics.
func ConfigFromEnv(name ...string) Config {
	prefix, own := "WECHAT_", ""
	if len(name) > 0 {
		own = name[0]
		if len(name) > 1 || !envName.MatchString(own) {
			panic(fmt.Sprintf("wechat: ConfigFromEnv(%q): one name of A-Z, 0-9 and _, such as SHOP", name))
		}
		prefix += own + "_"
	}
	env := func(setting string) string { return os.Getenv(prefix + setting) }
	return Config{
		Name:       strings.ToLower(own),
		AppID:      env("APP_ID"),
		AppSecret:  env("APP_SECRET"),
		PublicURL:  env("PUBLIC_URL"),
		OpenURL:    env("OPEN_URL"),
		APIURL:     env("API_URL"),
		AnyBrowser: env("ANY_BROWSER") == "1",

		AccountName:  env("ACCOUNT_NAME"),
		FollowQRCode: env("FOLLOW_QRCODE"),
		ScreenLogin:  env("SCREEN_LOGIN") == "1",

		Website: Website{AppID: env("WEBSITE_APP_ID"), AppSecret: env("WEBSITE_APP_SECRET")},
	}
}

// envName is what stands between WECHAT_ and a setting in the environment.
var envName = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// defaultMaxCalls is Config.MaxCalls where it is not set.
const defaultMaxCalls = 256

func (c *Config) maxCalls() int {
	if c.MaxCalls > 0 {
		return c.MaxCalls
	}
	return defaultMaxCalls
}

// String shows what is configured, never the secret.
func (c Config) String() string {
	return fmt.Sprintf("wechat config of %s at %q (secret withheld)", c.AppID, c.PublicURL)
}

// GoString withholds the secret as String does.
func (c Config) GoString() string { return c.String() }

// Format withholds the secret under every verb.
func (c Config) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// LogValue withholds the secret as String does.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText withholds the secret, so that encoding/json and others do.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
