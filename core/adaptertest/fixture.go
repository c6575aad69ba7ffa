package adaptertest

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
)

const (
	appID  = "wx00000000000000aa"
	secret = "made-up-secret-of-the-suite"

	accountName = "茶与书"
)

// fixture is what one case runs on: an app, a WeChat simulator and the settings that
// they share.
type fixture struct {
	account Account
	harness *Harness
	sim     *wxsim.Sim
	store   *retainingStore // session store of the app's own; nil with private sessions
	appURL  string
	simURL  string
}

// start builds a fixture. If touched is set, the app has sessions of its own that are
// written on every request; otherwise core keeps private sessions. With screens, desktop
// browsers log in through a phone.
func start(account Account, app App, touched, screens bool) (f *fixture, stop func(), err error) {
	f = &fixture{account: account}
	var stops []func()
	stopAll := func() {
		for i := len(stops) - 1; i >= 0; i-- {
			stops[i]()
		}
	}
	defer func() {
		if err != nil {
			stopAll()
		}
	}()

	var stopSim func()
	simulator := wxsim.Config{Accounts: []wxsim.Account{{AppID: appID, Secret: secret, Domain: "127.0.0.1"}}}
	if account.Simulator != nil {
		account.Simulator(&simulator)
	}
	f.sim, f.simURL, stopSim, err = wxsim.Start(simulator)
	if err != nil {
		return nil, nil, err
	}
	stops = append(stops, stopSim)

	config := core.Config{
		AppID: appID, AppSecret: secret, OpenURL: f.simURL, APIURL: f.simURL,
		LoginPath: "/login", Logger: slog.New(slog.DiscardHandler),
		AccountName: accountName, FollowQRCode: f.simURL + wxsim.ProfilePath(appID),
		ScreenLogin: screens,
	}
	if touched {
		f.store = newRetainingStore()
		config.Sessions = touchedSessions(f.store)
	}
	auth, stopAuth, err := account.New(f.sim, config)
	if err != nil {
		return nil, nil, fmt.Errorf("the instance is not made: %w", err)
	}
	stops = append(stops, stopAuth)

	f.harness = NewHarness(auth)
	var stopApp func()
	if f.appURL, stopApp, err = app(f.harness); err != nil {
		return nil, nil, fmt.Errorf("the app does not start: %w", err)
	}
	stops = append(stops, stopApp)
	if err = account.SetPush(f.sim, f.appURL+pushPath); err != nil {
		return nil, nil, err
	}
	return f, stopAll, nil
}

// touchedSessions is a session manager with a short idle time. It is so short that
// core writes the session on every request, and long enough for a slow machine. It
// is not made by scs.New, because the default store of scs starts a goroutine.
func touchedSessions(store scs.Store) *scs.SessionManager {
	return &scs.SessionManager{
		IdleTimeout: 15 * time.Second, Lifetime: time.Hour, Store: store, Codec: scs.GobCodec{},
		Cookie: scs.SessionCookie{Name: "session", Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Persist: true},
	}
}

// split cuts a Location after the host and drops the fragment, as browsers do. A
// Location that is not absolute, or leads neither to the app nor to WeChat, is an
// error.
func (f *fixture) split(location string) (base, target string, err error) {
	location, _, _ = strings.Cut(location, "#")
	for _, base := range []string{f.appURL, f.simURL} {
		if target, ok := strings.CutPrefix(location, base); ok && strings.HasPrefix(target, "/") {
			return base, target, nil
		}
	}
	return "", "", fmt.Errorf("a Location leads to %q", location)
}

func (f *fixture) openID(person string) string { return f.sim.OpenID(appID, person) }

// login returns a browser of a person who has logged in silently.
func (f *fixture) login(person string) (*browser, error) {
	b := f.browser(person)
	if _, err := b.report("/engine/start"); err != nil {
		return nil, fmt.Errorf("logging in: %w", err)
	}
	return b, nil
}
