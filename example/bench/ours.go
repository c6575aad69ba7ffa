package main

import (
	"net/http"
	"time"

	"github.com/alexedwards/scs/goredisstore"
	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/fiberwechat"
	"github.com/seed467724c4/wechat/ginwechat"
	"github.com/seed467724c4/wechat/nethttp"
)

// idle is long against a measurement, so that what is measured is a visitor who
// clicks often.
const idle = 30 * time.Minute

// keeping is a way to keep sessions. A nil manager is the library's own store.
type keeping struct {
	name    string
	manager func(*world) (*scs.SessionManager, error)
}

func keepings() []keeping {
	own := func(change func(*scs.SessionManager)) func(*world) (*scs.SessionManager, error) {
		return func(*world) (*scs.SessionManager, error) {
			m := newManager(core.Codec{})
			change(m)
			return m, nil
		}
	}
	inRedis := func(idle time.Duration) func(*world) (*scs.SessionManager, error) {
		return func(w *world) (*scs.SessionManager, error) {
			client, err := w.redisClient()
			if err != nil {
				return nil, err
			}
			m := newManager(core.Codec{})
			m.Store, m.IdleTimeout = goredisstore.New(client), idle
			return m, nil
		}
	}
	return []keeping{
		{"wechat", func(*world) (*scs.SessionManager, error) { return nil, nil }},
		{"wechat-codec", own(func(*scs.SessionManager) {})},
		{"wechat-codec-hash", own(func(m *scs.SessionManager) { m.HashTokenInStore = true })},
		{"wechat-codec-idle", own(func(m *scs.SessionManager) { m.IdleTimeout = idle })},
		{"wechat-gob", own(func(m *scs.SessionManager) { m.Codec = scs.GobCodec{} })},
		{"wechat-redis", inRedis(0)},
		{"wechat-redis-idle", inRedis(idle)},
	}
}

// newManager is scs.New without the goroutine of a store that is replaced at once.
func newManager(codec scs.Codec) *scs.SessionManager {
	return &scs.SessionManager{
		Lifetime: 24 * time.Hour, Store: memstore.NewWithCleanupInterval(0), Codec: codec,
		ErrorFunc: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		},
		Cookie: scs.SessionCookie{Name: "session", Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Persist: true},
	}
}

// guard mounts one of our adapters before a handler that looks at the user, or
// does not.
type guard func(e *entrant, auth *core.Auth, look bool)

func guards() map[string]guard {
	return map[string]guard{"nethttp": guardHTTP, "gin": guardGin, "fiber": guardFiber}
}

func guardHTTP(e *entrant, auth *core.Auth, look bool) {
	e.handler = nethttp.Require(auth)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if look && nethttp.User(r).OpenID != e.openID {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Write(okBytes)
	}))
}

func guardGin(e *entrant, auth *core.Auth, look bool) {
	engine := newEngine()
	engine.Use(ginwechat.Require(auth))
	engine.GET(page, func(c *gin.Context) {
		if look && ginwechat.User(c).OpenID != e.openID {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		c.Writer.Write(okBytes)
	})
	e.handler = engine
}

func guardFiber(e *entrant, auth *core.Auth, look bool) {
	app := newApp()
	app.Use(fiberwechat.Require(auth))
	app.Get(page, func(c *fiber.Ctx) error {
		if look && fiberwechat.User(c).OpenID != e.openID {
			return c.SendStatus(http.StatusUnauthorized)
		}
		_, err := c.Write(okBytes)
		return err
	})
	e.fast = app.Handler()
}

func newEngine() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	return gin.New()
}

func newApp() *fiber.App { return fiber.New(fiber.Config{DisableStartupMessage: true}) }

// ours is every adapter with every keeping, and one more handler that lets the user
// lie, which shows what reading costs.
func ours() []contestant {
	var all []contestant
	add := func(name string, k keeping, g guard, look bool) {
		all = append(all, contestant{name, func(w *world, sessions int) (*entrant, error) {
			m, err := k.manager(w)
			if err != nil {
				return nil, err
			}
			auth, err := w.auth(m)
			if err != nil {
				return nil, err
			}
			e := &entrant{openID: w.openID()}
			e.onClose(func() { auth.Close() })
			if e.cookies, err = w.settle(auth, m, sessions); err != nil {
				e.close()
				return nil, err
			}
			g(e, auth, look)
			return e, nil
		}})
	}
	for _, framework := range frameworks() {
		g := guards()[framework]
		for _, k := range keepings() {
			add(framework+"/"+k.name, k, g, true)
			if k.name == "wechat" {
				add(framework+"/"+k.name+"-unread", k, g, false)
			}
		}
	}
	return all
}

func frameworks() []string { return []string{"nethttp", "gin", "fiber"} }
