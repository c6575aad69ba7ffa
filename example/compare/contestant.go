package main

import (
	"context"
	"net/url"
	"sync"
	"time"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	"github.com/gin-contrib/sessions/memstore"
	"github.com/silenceper/wechat/v2"
	"github.com/silenceper/wechat/v2/officialaccount/config"

	"github.com/seed467724c4/wechat/core"
	afterhand "github.com/seed467724c4/wechat/example/compare/after/handwritten"
	beforehand "github.com/seed467724c4/wechat/example/compare/before/handwritten"
	beforesilenceper "github.com/seed467724c4/wechat/example/compare/before/silenceper"
	"github.com/seed467724c4/wechat/example/compare/internal/drive"
	"github.com/seed467724c4/wechat/example/compare/peers/goth"
)

// contestant is a way to log in that a team would choose.
type contestant struct {
	name    string
	file    string // its login
	website bool   // visitors scan a code at a desktop browser; it has no login inside WeChat
	open    maker
	store   func(key []byte) sessions.Store // nil where the app needs none
	login   string                          // the link that logs in and goes on to the page behind it
	account func(*drive.World) (account, error)
}

// account is what a contestant knows of the Official Account's own token; nil functions
// where it has nothing to do with it.
type account struct {
	token   func() (string, error)
	follows func(openID string) (bool, error)
	close   func()
}

func contestants() []contestant {
	return []contestant{
		{"by hand", "before/handwritten/login.go", false, withoutStore(beforehand.New), nil, "/login?next=", nil},
		{"silenceper + cookie", "before/silenceper/login.go", false, beforesilenceper.New, inCookie, "/login?next=", silenceperAccount},
		{"silenceper + server", "before/silenceper/login.go", false, beforesilenceper.New, onServer, "/login?next=", silenceperAccount},
		{"goth + gothic", "peers/goth/login.go", true, withoutStore(goth.New), nil, "/auth?next=", nil},
		{ours, "after/handwritten/login.go", false, withoutStore(afterhand.New), nil, "/login?to=", ourAccount},
	}
}

const ours = "this library"

// The two kinds of store of gin-contrib/sessions. memstore stands in for Redis: the
// session is kept on the server, under an id in a cookie, and outlives the app.
func inCookie(key []byte) sessions.Store { return cookie.NewStore(key) }
func onServer(key []byte) sessions.Store { return memstore.NewStore(key) }

// loginLink logs in and goes on to a page.
func (c contestant) loginLink(to string) string { return c.login + url.QueryEscape(to) }

func silenceperAccount(w *drive.World) (account, error) {
	s := w.Settings()
	a := wechat.NewWechat().GetOfficialAccount(&config.Config{AppID: s.AppID, AppSecret: s.Secret, Cache: &lockedCache{}})
	return account{
		token: a.GetAccessToken,
		follows: func(openID string) (bool, error) {
			info, err := a.GetUser().GetUserInfo(openID)
			if err != nil {
				return false, err
			}
			return info.Subscribe == 1, nil
		},
		close: func() {},
	}, nil
}

// lockedCache stands in for the Redis of production: silenceper's own cache.NewMemory
// reads its map without its lock (cache/memory.go).
type lockedCache struct{ values sync.Map }

func (c *lockedCache) Get(key string) any { v, _ := c.values.Load(key); return v }
func (c *lockedCache) Set(key string, value any, _ time.Duration) error {
	c.values.Store(key, value)
	return nil
}
func (c *lockedCache) IsExist(key string) bool { return c.Get(key) != nil }
func (c *lockedCache) Delete(key string) error { c.values.Delete(key); return nil }

func ourAccount(w *drive.World) (account, error) {
	s := w.Settings()
	auth, err := core.New(core.Config{AppID: s.AppID, AppSecret: s.Secret, PublicURL: s.PublicURL, HTTPClient: s.HTTPClient})
	if err != nil {
		return account{}, err
	}
	return account{
		token: func() (string, error) { return auth.AccountToken().Token(context.Background()) },
		follows: func(openID string) (bool, error) {
			f, err := auth.Follower(context.Background(), openID)
			if err != nil {
				return false, err
			}
			return f.Subscribed, nil
		},
		close: func() { auth.Close() },
	}, nil
}
