package core

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Config is what an account needs, once per process. Only AppID and AppSecret are
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
type Config struct {
	// AppID and AppSecret are those of a verified service account (已认证的服务号) or
	// a sandbox account (接口测试号), from the console's 开发接口管理. Required. The secret also signs logins in progress, so all
	// nodes of one site need the same.
	AppID, AppSecret string

	// PreviousSecrets are app secrets of the last minutes, while one is being reset in
	// the console: logins that began with one of them, and what other nodes with one of
	// them remember of logins and logouts, still count. They are never sent to WeChat,
	// nothing new is signed or sealed with them, and what outlives an hour (refresh
	// tokens, the account's token) is not read with them. Leave them out again an hour
	// after the reset. At most 3; default none.
	PreviousSecrets []string

	// PublicURL is the address visitors use, such as "https://app.example.com".
	// Default: the request's own scheme and host. Set it in production and behind
	// every proxy: nothing in a request can then change where WeChat sends visitors
	// back to, and cookies are Secure with the __Host- prefix when it is https. It
	// may have a path that a proxy cuts off before requests reach the app. WeChat
	// allows no port here, and the host must be registered as 网页授权域名 (else
	// its page 10003).
	PublicURL string

	// TrustProxy takes scheme and host from X-Forwarded-Proto and -Host, of each
	// the last value: for a proxy that sets both itself. Default false. Without
	// effect where PublicURL is set, which is the better choice.
	TrustProxy bool

	// OpenURL and APIURL are WeChat's two addresses; set them for a simulator.
	// Defaults: https://open.weixin.qq.com and https://api.weixin.qq.com.
	OpenURL, APIURL string

	// AnyBrowser treats every browser as WeChat's. It is for development with a
	// simulator: real WeChat shows outsiders an error page. The simulator has a setting
	// of its own with the same name (wxsim.Config.AnyBrowser), and both must be on.
	// Default false; logged as a warning.
	AnyBrowser bool

	// LoginPath is where the app mounted Login, such as "/login". The 401 answers
	// to scripts then carry a login_url that comes back to the page the script
	// runs on. Default "": login_url is the address that was asked for.
	LoginPath string

	// Sessions is the app's own session manager. Default: private sessions in this
	// process's memory, 30 days and up to a minute, no idle time, in a cookie of their
	// own. They end with the process: every deploy logs everybody out. Inside WeChat
	// the next page logs in again silently, but Prompt asks again for consent, unless
	// Profile knows the visitor. Several nodes must supply a manager with a shared store, and should set
	// HashTokenInStore. Its cookie must be SameSite Lax. Where the manager's
	// LoadAndSave runs outside the gate it writes the cookie; elsewhere the gate
	// does. scs writes whole sessions and the last writer wins, so a handler that
	// is still running when its visitor logs out can bring the session back.
	//
	// Beside the sessions, its store holds short notes of at most 10 minutes: that a
	// session was logged out, or has a new token. A note has the form of a session with
	// one sealed value, so an app may iterate over the store, and its key begins with a
	// dot. A store or codec that panics counts as failed (503).
	Sessions *scs.SessionManager

	// Cache shares between nodes what they must not each find out: the result of a
	// code that one node exchanged and another is handed again, the account's own
	// token, who follows, which messages were handled. Any scs store; values are
	// sealed with a key derived from AppSecret, keys hold nothing in the clear.
	// Default nil: this process's memory, fine for one node. A cache that is down is
	// as good as none. It may be the store of Sessions, unless the app iterates over
	// that: what lies here are no sessions.
	Cache scs.Store

	// OnLogin is called once per login, never per request, before the session is
	// made; it may set User.AppUserID, which the session keeps. An error or a panic
	// in it logs nobody in and shows the "unavailable" page. The context ends
	// after the 10 s that a callback may take.
	OnLogin func(context.Context, *User) error

	// Profile lets the app say that it already knows a visitor's profile: a user
	// with Nickname, Avatar and so on, or (nil, nil) for unknown. Then [Prompt] looks
	// silently first, and WeChat's consent page is shown only to those the app does
	// not know: once in their life, if OnLogin stores what it brings. Ids and login
	// time of what it returns are ignored; AppUserID is taken. An error or a panic in
	// it shows the "unavailable" page. Default nil: Prompt asks WeChat.
	Profile func(ctx context.Context, openID string) (*User, error)

	// GuestPath is a page of this site for those who do not log in, such as "/".
	// Default "": none. The page after a refusal then offers "go on without".
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
	// them to follow it. Default "": the page goes without.
	AccountName string

	// FollowQRCode is what the page of [MustFollow] shows: the address of the
	// account's QR code as an image (https://, data:image/… or a path of this site),
	// or a link that WeChat opens (https://mp.weixin.qq.com/mp/profile_ext?…,
	// https://weixin.qq.com/r/…), of which the page makes the code itself. Default "":
	// the page says to search for the account.
	FollowQRCode string

	// AccountToken supplies the account's own access token, for an app that has a
	// token server already: it is called instead of WeChat's endpoint, with the token
	// that WeChat refused, or "", and returns a token and its life. What it returns
	// is kept as WeChat's would be. Default nil: stable_token.
	AccountToken func(ctx context.Context, refused string) (token string, expiresIn time.Duration, err error)

	// ClassicToken gets the account's token from /cgi-bin/token, where each call ends
	// the older token for everybody else who uses the account. Default false:
	// /cgi-bin/stable_token, which does not.
	ClassicToken bool

	// KeepTokens keeps the refresh token of everybody who logged in with [Prompt],
	// for [Auth.RefreshProfile]: sealed, in Cache or this process's memory, for
	// the 30 days that it lives (snsRefreshToken), or until its owner unfollows the
	// account, if [Auth.PushHandler] hears of it. A later silent login of the same
	// person voids it, as has been seen (40030). Default false: tokens of visitors are
	// forgotten when the login is done.
	KeepTokens bool

	// MaxCalls is how many codes this process exchanges at once, and how many followers it
	// looks up at once; each has as many places. Beyond it visitors read the "unavailable"
	// page (503) at once. One browser gets at most 16 places of the exchanges, and half of
	// them. Default 256, enough for 500 logins a second while WeChat answers in half a
	// second; raise it for sudden crowds.
	MaxCalls int

	// HTTPClient calls WeChat's API. Default: one of our own with 2 s to connect
	// and 3 s to the first byte. Redirects are never followed, whatever client this
	// is: the app secret would travel as Referer. Every try ends after 5 s.
	//
	// The default opens connections to WeChat while the visitor is there, at most 8
	// for at most a minute, so that a callback waits for one round trip a call. A
	// client given here, and a proxy from the environment, open one for each call:
	// three round trips. A transport that traces or logs requests sees the app secret
	// and the code; wrap it with [wxapi.RedactTransport].
	HTTPClient *http.Client

	// Logger gets what visitors are shown errors for, with the same reference, and
	// debug lines for ordinary logins. It never gets a secret, code, token or whole
	// open id. Default slog.Default().
	Logger *slog.Logger

	// Pages makes the pages that visitors see. Default: built-in ones in Chinese
	// and English.
	Pages Pages
}

// ConfigFromEnv reads WECHAT_APP_ID, WECHAT_APP_SECRET, WECHAT_PUBLIC_URL,
// WECHAT_OPEN_URL, WECHAT_API_URL, WECHAT_ACCOUNT_NAME, WECHAT_FOLLOW_QRCODE and
// WECHAT_ANY_BROWSER ("1" for development). It checks nothing; [New] does.
func ConfigFromEnv() Config {
	return Config{
		AppID:      os.Getenv("WECHAT_APP_ID"),
		AppSecret:  os.Getenv("WECHAT_APP_SECRET"),
		PublicURL:  os.Getenv("WECHAT_PUBLIC_URL"),
		OpenURL:    os.Getenv("WECHAT_OPEN_URL"),
		APIURL:     os.Getenv("WECHAT_API_URL"),
		AnyBrowser: os.Getenv("WECHAT_ANY_BROWSER") == "1",

		AccountName:  os.Getenv("WECHAT_ACCOUNT_NAME"),
		FollowQRCode: os.Getenv("WECHAT_FOLLOW_QRCODE"),
	}
}

// defaultMaxCalls is Config.MaxCalls where it is not set.
const defaultMaxCalls = 256

func (c *Config) maxCalls() int {
	if c.MaxCalls > 0 {
		return c.MaxCalls
	}
	return defaultMaxCalls
}

func (c *Config) logger() *slog.Logger {
	if c.Logger != nil {
		return c.Logger
	}
	return slog.Default()
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
