package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/memstore"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/example/compare/internal/drive"
	"github.com/seed467724c4/wechat/example/compare/shop"
	"github.com/seed467724c4/wechat/nethttp"
)

// tripped is a login whose trips are counted.
type tripped struct {
	kind, who string
	website   bool
	open      func(shop.Settings) (app http.Handler, closing func(), err error)
	ahead     int // connections that it opens at the start of a login
}

// trip is what one login took.
type trip struct {
	requests int // of the visitor to the site
	calls    int // to WeChat's API
	opened   int // connections that had to be opened while the visitor waited for the callback
}

// roundTrips to WeChat while the visitor waits: opening a connection takes two (TCP, TLS
// 1.3), a call one.
func (t trip) roundTrips() int { return 2*t.opened + t.calls }

const silently, withProfile = "silent (snsapi_base)", "with nickname and avatar"

// logins are the rows: each contestant's own app, or the nearest to it that is silent.
func logins() []tripped {
	plain := func(m maker) func(shop.Settings) (http.Handler, func(), error) {
		return func(s shop.Settings) (http.Handler, func(), error) {
			app, err := m(s, memstore.NewStore(s.Key))
			return app, func() {}, err
		}
	}
	all := []tripped{
		{silently, "by hand", false, plain(migrations()[3].before), 0},
		{silently, "silenceper", false, plain(migrations()[2].before), 0},
		{silently, ours, false, ourSite(core.Silent, nil), 1},
	}
	for _, c := range contestants() {
		if c.name != ours && c.name != "silenceper + server" {
			all = append(all, tripped{withProfile, c.name, c.website, plain(func(s shop.Settings, _ sessions.Store) (http.Handler, error) {
				if c.store == nil {
					return c.open(s, nil)
				}
				return c.open(s, c.store(s.Key))
			}), 0})
		}
	}
	known := func(context.Context, string) (*core.User, error) { return &core.User{Nickname: "known"}, nil }
	return append(all,
		tripped{withProfile, ours, false, ourSite(core.Prompt, nil), 2},
		tripped{withProfile, ours + ", of a person whom the app knows (Config.Profile)", false, ourSite(core.Prompt, known), 1})
}

func ourSite(scope core.Scope, known func(context.Context, string) (*core.User, error)) func(shop.Settings) (http.Handler, func(), error) {
	return func(s shop.Settings) (http.Handler, func(), error) {
		auth, err := core.New(core.Config{AppID: s.AppID, AppSecret: s.Secret, PublicURL: s.PublicURL, APIURL: s.APIURL, Profile: known})
		if err != nil {
			return nil, nil, err
		}
		mux := http.NewServeMux()
		shop.Mount(mux, nethttp.Require(auth, scope), func(r *http.Request) shop.User { return shop.User{OpenID: nethttp.User(r).OpenID} })
		return mux, func() { auth.Close() }, nil
	}
}

// count logs two people in, one after the other: cold is the first login of a process,
// warm the second.
func (l tripped) count(c drive.Certificate) (cold, warm trip, err error) {
	w, network, err := drive.NewOverNetwork(l.website, c)
	if err != nil {
		return trip{}, trip{}, err
	}
	defer w.Close()
	defer network.Close()
	app, closing, err := l.open(w.Settings())
	if err != nil {
		return trip{}, trip{}, err
	}
	defer closing()
	w.App = app
	for i, person := range []string{"mei", "jun"} {
		b := w.Browser(person)
		before := b.Sent
		link := b.OpenUntilBack("/me")
		// Connections that the start has opened are ready when the visitor comes back; a
		// login that has succeeded leaves one more.
		network.Opened(l.ahead + i*(l.ahead+min(l.ahead, 1)))
		w.Sim.ResetCalls()
		var page drive.Page
		opened := network.Waited(func() { page = b.Open(link) })
		if !page.Serves("/me", w.OpenID(person)) {
			return trip{}, trip{}, fmt.Errorf("%s, %s: no login: %v", l.who, l.kind, page)
		}
		t := trip{b.Sent - before, w.Sim.Calls(wxsim.PathAccessToken) + w.Sim.Calls(wxsim.PathUserInfo), opened}
		if i == 0 {
			cold = t
		} else {
			warm = t
		}
	}
	return cold, warm, nil
}
