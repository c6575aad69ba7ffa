package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/platform"
	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/nethttp"
)

// Addresses of the site.
const (
	eventsPath   = "/wechat/events"
	messagesPath = "/wechat/messages/"
	shopsPath    = "/shops/"
)

// app is the SaaS.
type app struct {
	platform *platform.Platform
	store    *store
	public   string // the address in the browser
	log      *slog.Logger
	handler  http.Handler
}

// newApp serves a platform. settings are what all accounts share.
func newApp(config platform.Config, settings core.Config, public string, store *store, log *slog.Logger) (*app, error) {
	a := &app{store: store, public: strings.TrimSuffix(public, "/"), log: log}
	site, err := core.NewSite("") // all shops are on one host: one cookie for all
	if err != nil {
		return nil, err
	}
	settings.PublicURL, settings.Site, settings.Logger = a.public, site, log
	config.Store, config.Logger, config.OnChange = store, log, a.changed
	config.Settings = func(platform.Account) core.Config { return settings }
	if a.platform, err = platform.New(config); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("POST "+eventsPath, a.platform.EventHandler())
	mux.Handle(messagesPath, a.platform.MessageHandler(a.hooks))
	mux.HandleFunc("GET /{$}", a.home)
	mux.HandleFunc("GET /connect", a.connect)
	mux.HandleFunc("GET /connected", a.connected)
	mux.HandleFunc("GET /style.css", serveStyle)
	shop := core.Choose(a.choose)
	mux.Handle("GET "+shopsPath+"{app}/{$}", nethttp.Require(shop)(http.HandlerFunc(a.shop)))
	mux.Handle("GET "+shopsPath+"{app}/profile", nethttp.Require(shop, core.Prompt)(http.HandlerFunc(a.shop)))
	mux.Handle("POST "+shopsPath+"{app}/logout", nethttp.Logout(shop))
	a.handler = mux
	return a, nil
}

// Close ends the platform. The store is the caller's.
func (a *app) Close() error { return a.platform.Close() }

// choose picks the account of a shop's address, for every request.
func (a *app) choose(ctx context.Context, r *core.Request) (*core.Auth, error) {
	rest, ok := strings.CutPrefix(r.Target, shopsPath)
	if !ok {
		return nil, nil
	}
	appID, _, _ := strings.Cut(rest, "/")
	auth, err := a.platform.Account(ctx, appID)
	if errors.Is(err, platform.ErrUnknown) {
		return nil, nil // a page says that there is no such shop
	}
	return auth, err
}

// changed is told of every account that comes, changes or goes.
func (a *app) changed(ctx context.Context, account platform.Account) error {
	a.log.InfoContext(ctx, "shop changed", "app_id", account.AppID, "connected", account.Connected)
	return nil
}

// hooks are what a shop does with its followers' messages.
func (a *app) hooks(account platform.Account) push.Config {
	return push.Config{OnFollow: func(ctx context.Context, e push.FollowEvent) error {
		a.log.InfoContext(ctx, "somebody follows", "shop", account.AppID)
		return nil
	}}
}

// home lists a merchant's shops.
func (a *app) home(w http.ResponseWriter, r *http.Request) {
	who := merchantOf(w, r)
	mine, err := a.store.shopsOf(r.Context(), who.id)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	page := homePage{}
	for _, appID := range mine {
		account, err := a.platform.Find(r.Context(), appID)
		if err != nil {
			a.fail(w, r, err)
			return
		}
		page.Shops = append(page.Shops, account)
	}
	a.show(w, r, http.StatusOK, "home", page)
}

// connect has the link to WeChat's consent page. It must be clicked here: WeChat checks
// the Referer. The random value in it comes back to this merchant alone.
func (a *app) connect(w http.ResponseWriter, r *http.Request) {
	who := merchantOf(w, r)
	back := a.public + "/connected?" + url.Values{"check": {who.check()}}.Encode()
	where := platform.PCPage
	if ua := r.UserAgent(); strings.Contains(ua, "MicroMessenger") && strings.Contains(ua, "Mobile") {
		where = platform.PhonePage
	}
	link, err := a.platform.ConsentURL(r.Context(), where, back, "")
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.show(w, r, http.StatusOK, "connect", connectPage{Link: link})
}

// connected is where WeChat sends the administrator back to.
func (a *app) connected(w http.ResponseWriter, r *http.Request) {
	who := merchantOf(w, r)
	if !who.checks(r.URL.Query().Get("check")) {
		a.show(w, r, http.StatusForbidden, "foreign", nil)
		return
	}
	account, err := a.platform.Connect(r.Context(), r.URL.Query().Get("auth_code"))
	if err != nil {
		a.fail(w, r, err)
		return
	}
	if err := a.store.own(r.Context(), account.AppID, who.id); err != nil {
		a.fail(w, r, err)
		return
	}
	http.Redirect(w, r, a.public+"/", http.StatusSeeOther)
}

// shop is a shop's site.
func (a *app) shop(w http.ResponseWriter, r *http.Request) {
	page := shopPage{User: nethttp.User(r), Base: shopsPath + r.PathValue("app") + "/"}
	var err error
	if page.Account, err = a.platform.Find(r.Context(), page.User.AppID); err != nil {
		a.fail(w, r, err)
		return
	}
	a.show(w, r, http.StatusOK, "shop", page)
}

// fail says that something is out of order. The reason is in the log.
func (a *app) fail(w http.ResponseWriter, r *http.Request, err error) {
	a.log.ErrorContext(r.Context(), "a page failed", "path", r.URL.Path, "error", err)
	a.show(w, r, http.StatusServiceUnavailable, "failed", nil)
}
