package main

import (
	"net/http"

	"github.com/gin-contrib/sessions"

	aftergin "github.com/seed467724c4/wechat/example/compare/after/gincontrib"
	aftergorilla "github.com/seed467724c4/wechat/example/compare/after/gorilla"
	afterhand "github.com/seed467724c4/wechat/example/compare/after/handwritten"
	aftersilenceper "github.com/seed467724c4/wechat/example/compare/after/silenceper"
	beforegin "github.com/seed467724c4/wechat/example/compare/before/gincontrib"
	beforegorilla "github.com/seed467724c4/wechat/example/compare/before/gorilla"
	beforehand "github.com/seed467724c4/wechat/example/compare/before/handwritten"
	beforesilenceper "github.com/seed467724c4/wechat/example/compare/before/silenceper"
	"github.com/seed467724c4/wechat/example/compare/shop"
)

// maker makes an app. store is where apps with sessions on the server keep them.
type maker func(settings shop.Settings, store sessions.Store) (http.Handler, error)

// migration is an app before and after the switch to this library.
type migration struct {
	name          string // of the folders in before/ and after/
	from          string // as MIGRATION.md says it
	before, after maker
}

// migrations are the rows of MIGRATION.md.
func migrations() []migration {
	return []migration{
		{"handwritten", "a callback written by hand, net/http", withoutStore(beforehand.New), withoutStore(afterhand.New)},
		{"silenceper", "silenceper/wechat, gin", inCookieAlways(beforesilenceper.New), withoutStore(aftersilenceper.New)},
		{"gincontrib", "gin-contrib/sessions, which stay", beforegin.New, aftergin.New},
		{"gorilla", "gorilla/sessions, which become scs", withoutStore(beforegorilla.New), withoutStore(aftergorilla.New)},
	}
}

func withoutStore(f func(shop.Settings) (http.Handler, error)) maker {
	return func(settings shop.Settings, _ sessions.Store) (http.Handler, error) { return f(settings) }
}

func inCookieAlways(f maker) maker {
	return func(settings shop.Settings, _ sessions.Store) (http.Handler, error) {
		return f(settings, inCookie(settings.Key))
	}
}
