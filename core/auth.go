package core

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed467724c4/wechat/core/internal/follow"
	"github.com/seed467724c4/wechat/core/internal/once"
	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/internal/web"
	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// Auth logs visitors in with one Official Account. It holds the account's keys,
// sessions and client to WeChat. Make one with [New] and pass it to the gates, or let
// them share [Default]. Safe for concurrent use.
type Auth struct {
	config   Config
	public   web.Origin // zero without PublicURL
	keys     proof.Keys
	account  account
	website  *website     // nil without Config.Website
	apps     applications // whose users the sessions hold
	sessions *session.Sessions
	logins   *logins
	token    *wxapi.AccountToken

	followers *follow.Followers
	// checksFollowers is set when any gate has MustFollow. The login may happen at
	// another gate, and the visitor's next request then needs the look-up.
	checksFollowers atomic.Bool
	followCode      followCode // see Config.FollowQRCode
	tokens          *tokens    // nil without Config.KeepTokens
	pages           pages
	now             func() time.Time
	binding         string   // cookie name, without prefix
	loginTag        string   // of this account, inside the binding cookie of a Site
	screens         *screens // nil without Config.ScreenLogin

	verification map[string]string // files by name; see Config.DomainVerification

	watch        *watch         // the log and Config.Observer
	messages     *push.Receiver // see Auth.PushHandler
	marker       vault.Seal     // see checkSecrets
	prefixWarned atomic.Bool    // see warnOfPrefix
	lifetime     context.Context
	end          context.CancelFunc
	sweeper      sweeper
	leave        func() // see twins; nil in tests of accounts
}

// New checks the whole configuration. Its error lists every mistake at once, one a
// line, each with its fix. Call [Auth.Close] when done.
func New(c Config) (*Auth, error) { return newAuth(c, time.Now) }

func newAuth(c Config, now func() time.Time) (*Auth, error) {
	public, err := c.check()
	if err != nil {
		return nil, err
	}
	w := newWatch(&c, now)
	leave, err := twin{c.AppID, public, c.Platform != nil}.register()
	if err != nil {
		return nil, err
	}
	made := false
	defer func() {
		if !made { // an error, or a panic of the app's Platform
			leave()
		}
	}()
	a, err := newAuthOfConfig(c, public, w, now)
	if err != nil {
		return nil, err
	}
	a.leave, made = leave, true
	return a, nil
}

// newAuthOfConfig logs in to what the settings name: an Official Account with a secret
// of its own, or one that a platform acts for.
func newAuthOfConfig(c Config, public web.Origin, w *watch, now func() time.Time) (*Auth, error) {
	var account account
	var err error
	if c.Platform != nil {
		account, err = newDelegatedAccount(&c, w)
	} else {
		account, err = newOfficialAccount(&c, w)
	}
	if err != nil {
		return nil, err
	}
	return newAuthOf(c, account, public, w, now)
}

// newAuthOf makes an instance that logs in to an account, whose calls w is told of. The
// settings are checked.
func newAuthOf(c Config, account account, public web.Origin, w *watch, now func() time.Time) (*Auth, error) {
	website, err := newWebsite(&c, account)
	if err != nil {
		return nil, err
	}
	apps := applications{account: account.appID(), website: c.Website.AppID}
	from := account.keys()
	keys, err := proof.NewKeys(from.name, from.secret, from.previous...)
	if err != nil {
		return nil, err
	}
	if website != nil {
		keys = keys.WithWebsite(website.id)
	}
	w.account = cmp.Or(c.Name, account.appID())
	if err := w.use(&c, &keys, from); err != nil {
		return nil, err
	}
	results, err := once.NewResults(c.Cache, from.name, from.secret, from.previous...)
	if err != nil {
		return nil, err
	}
	notes, err := vault.NewSeal(from.name, from.secret, "session notes", from.previous...)
	if err != nil {
		return nil, err
	}
	marker, err := vault.NewSeal(from.name, from.secret, "secret marker", from.previous...)
	if err != nil {
		return nil, err
	}
	screens, err := newScreens(&c, from, public, now)
	if err != nil {
		return nil, err
	}
	kept, err := newTokens(&c, from)
	if err != nil {
		return nil, err
	}
	token, err := account.token(wxapi.AccountTokenConfig{
		Cache: c.Cache, Source: c.AccountToken, Classic: c.ClassicToken, Logger: w.limited(), OnRefresh: w.tokenRefreshed,
	})
	if err != nil {
		return nil, err
	}
	lifetime, end := context.WithCancel(context.Background())
	followers, err := follow.New(follow.Config{
		AppID: from.name, AppSecret: from.secret, Store: c.Cache, LookUp: lookUpFollower(account.client(), token), MaxLookUps: c.maxCalls(), Now: now, Lifetime: lifetime,
		Checked: w.followChecked, Noticed: w.followHeard,
	})
	if err != nil {
		end()
		token.Close()
		return nil, err
	}
	messages, err := newMessages(&c, w, from, followers, kept, now)
	if err != nil {
		end()
		token.Close()
		return nil, err
	}
	files, _ := verificationFiles(c.DomainVerification, c.VerificationFiles) // checked above
	code, _ := parseFollowCode(c.FollowQRCode, c.OpenURL)                    // checked above
	// Every room has made its keys. What stays in a field, fmt and gob print by reflection.
	c.AppSecret, c.PreviousSecrets, c.Website.AppSecret = "", nil, ""
	login, private, loginTag := cookieNames(account.appID(), public.Prefix, c.Site)
	var memory *session.Memory
	if c.Site != nil {
		memory, notes = c.Site.memory, c.Site.notes
	}
	sessions := session.New(session.Config{
		Manager: c.Sessions, Codec: codecOf(c.Sessions), AppID: account.appID(),
		Cookie: private, Memory: memory, Notes: notes, Generations: c.LogoutEverywhere, Now: now,
	})
	a := &Auth{
		config: c, public: public, keys: keys, account: account, website: website, apps: apps, now: now,
		sessions: sessions,
		logins:   newLogins(&c, apps, sessions, results, kept, now, lifetime),
		token:    token, followers: followers, followCode: code, tokens: kept,
		pages:   newPages(c.Pages),
		binding: login, loginTag: loginTag,
		screens: screens,

		verification: files,
		watch:        w,
		messages:     messages,
		marker:       marker,
		lifetime:     lifetime, end: end,
	}
	a.logins.prepare = a.prepareCallback
	a.screens.gates(a)
	a.sweeper.sweep, a.sweeper.held = a.sweep, a.holds
	w.wake = a.sweeper.wake
	c.warn(w)
	return a, nil
}

// String names the account. No verb prints the configuration.
func (a *Auth) String() string { return "wechat login of " + a.config.AppID }

// Format is String under every verb: an Auth holds the app secret and keys.
func (a *Auth) Format(f fmt.State, _ rune) { fmt.Fprint(f, a.String()) }

// LogValue is String.
func (a *Auth) LogValue() slog.Value { return slog.StringValue(a.String()) }

// sweep drops what has expired.
func (a *Auth) sweep(now time.Time) {
	a.sessions.Sweep(now)
	a.logins.sweep()
	a.followers.Sweep()
	a.messages.Sweep()
	a.watch.sweep()
	a.tokens.sweep(now)
	a.screens.sweep(now)
}

// holds reports whether there is anything to sweep.
func (a *Auth) holds() bool {
	return a.sessions.Held() > 0 || a.logins.held() > 0 || a.followers.Len() > 0 || a.messages.Held() > 0 || a.tokens.held() > 0 || a.watch.held() > 0 || a.screens.held() > 0
}

// Close stops the background work of the instance. Stop the server first, for example
// with Shutdown, so that no request reaches a gate of this instance. A gate has no
// Close: if requests still arrive, it still reads sessions, but private sessions no
// longer expire.
//
// Close waits up to 10 s for hooks that were started by messages from WeChat. Hooks
// that have not begun by then are dropped, and their number is logged. A hook that
// ignores its context keeps running. Then Close stops the sweeper, the calls to WeChat
// that still run (their visitors see the "unavailable" page) and idle connections. The
// app's own session manager is not closed. Do not call Close from a hook. It may be
// called twice and always returns nil.
func (a *Auth) Close() error {
	if dropped := a.messages.Close(closePatience); dropped > 0 {
		a.watch.logger().Error("wechat: hooks for messages from WeChat were dropped on Close", "messages", dropped)
	}
	a.end()
	a.sweeper.end()
	if a.leave != nil {
		a.leave()
	}
	a.token.Close()
	a.account.client().Close()
	return nil
}

var shared struct {
	sync.Mutex
	auth *Auth
}

// Default returns the instance that gates without an instance of their own share. The
// first call makes it from the environment ([ConfigFromEnv]). A failure is not
// remembered: the next call tries again.
func Default() (*Auth, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.auth == nil {
		a, err := New(ConfigFromEnv())
		if err != nil {
			return nil, err
		}
		shared.auth = a
	}
	return shared.auth, nil
}

// SetDefault sets the instance that gates made from now on share. nil makes the next
// [Default] read the environment again. The former instance is not closed.
func SetDefault(a *Auth) {
	shared.Lock()
	defer shared.Unlock()
	shared.auth = a
}

func noInstance(err error) string {
	return fmt.Sprintf("wechat: no instance to log visitors in with:\n\t%s\n"+
		"Do one of these before Require, Optional, Login or Logout is called:\n"+
		"\tset the environment variables named above;\n"+
		"\tcore.SetDefault(auth), with auth from core.New(core.Config{...});\n"+
		"\thand the instance over: Require(auth)",
		strings.ReplaceAll(err.Error(), "\n", "\n\t"))
}
