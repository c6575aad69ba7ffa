package main

import (
	"context"
	"encoding/gob"
	"net/http"

	"github.com/alexedwards/scs/goredisstore"
	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"github.com/seed467724c4/wechat/core"
)

// scsPeers keep the whole user in an scs session, with its default codec.
func scsPeers() []contestant {
	plain := func(*world, *scs.SessionManager) error { return nil }
	hash := func(_ *world, m *scs.SessionManager) error { m.HashTokenInStore = true; return nil }
	idled := func(_ *world, m *scs.SessionManager) error { m.IdleTimeout = idle; return nil }
	inRedis := func(w *world, m *scs.SessionManager) error {
		client, err := w.redisClient()
		if err == nil {
			m.Store = goredisstore.New(client)
		}
		return err
	}
	var all []contestant
	add := func(name string, set func(*world, *scs.SessionManager) error, mount func(*entrant, *scs.SessionManager)) {
		all = append(all, contestant{name, func(w *world, sessions int) (*entrant, error) {
			m := newManager(scs.GobCodec{})
			if err := set(w, m); err != nil {
				return nil, err
			}
			e := &entrant{openID: w.openID(), cookies: make([]string, sessions)}
			for i := range e.cookies {
				token, err := putVisitor(m, e.openID)
				if err != nil {
					return nil, err
				}
				e.cookies[i] = cookieLine(m.Cookie.Name + "=" + token)
			}
			mount(e, m)
			return e, nil
		}})
	}
	add("nethttp/scs", plain, scsHTTP)
	add("nethttp/scs-hash", hash, scsHTTP)
	add("nethttp/scs-idle", idled, scsHTTP)
	add("nethttp/scs-redis", inRedis, scsHTTP)
	add("gin/scs", plain, scsGin)
	add("fiber/scs", plain, scsFiber)
	add("fiber/scs-adaptor", plain, scsAdaptor)
	return all
}

// putVisitor makes a session as a login handler would.
func putVisitor(m *scs.SessionManager, openID string) (token string, err error) {
	gob.Register(core.User{})
	ctx, err := m.Load(context.Background(), "")
	if err != nil {
		return "", err
	}
	m.Put(ctx, "user", visitor(openID))
	token, _, err = m.Commit(ctx)
	return token, err
}

// is looks the visitor up in a loaded session.
func is(m *scs.SessionManager, ctx context.Context, openID string) bool {
	u, ok := m.Get(ctx, "user").(core.User)
	return ok && u.OpenID == openID
}

func scsHTTP(e *entrant, m *scs.SessionManager) {
	e.handler = m.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !is(m, r.Context(), e.openID) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Write(okBytes)
	}))
}

func scsGin(e *entrant, m *scs.SessionManager) {
	engine := newEngine()
	engine.GET(page, func(c *gin.Context) {
		if !is(m, c.Request.Context(), e.openID) {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		c.Writer.Write(okBytes)
	})
	e.handler = m.LoadAndSave(engine)
}

// scsFiber loads and commits by hand, the only way that keeps what handlers write.
func scsFiber(e *entrant, m *scs.SessionManager) {
	app := newApp()
	app.Use(func(c *fiber.Ctx) error {
		c.Response().Header.Add("Vary", "Cookie")
		ctx, err := m.Load(c.UserContext(), scanCookie(string(c.Request().Header.Peek("Cookie")), m.Cookie.Name))
		if err != nil {
			return err
		}
		c.SetUserContext(ctx)
		if err := c.Next(); err != nil {
			return err
		}
		if m.Status(ctx) == scs.Unmodified {
			return nil
		}
		_, _, err = m.Commit(ctx)
		return err
	})
	app.Get(page, func(c *fiber.Ctx) error {
		if !is(m, c.UserContext(), e.openID) {
			return c.SendStatus(http.StatusUnauthorized)
		}
		_, err := c.Write(okBytes)
		return err
	})
	e.fast = app.Handler()
}

// scsAdaptor is the recipe that fiber users find; it loses what handlers write.
// It also writes the request's headers into it again, which doubles the cookies.
func scsAdaptor(e *entrant, m *scs.SessionManager) {
	e.fresh = true
	app := newApp()
	app.Use(adaptor.HTTPMiddleware(m.LoadAndSave))
	app.Get(page, func(c *fiber.Ctx) error {
		if !is(m, c.Context(), e.openID) {
			return c.SendStatus(http.StatusUnauthorized)
		}
		_, err := c.Write(okBytes)
		return err
	})
	e.fast = app.Handler()
}
