package main

import (
	"encoding/gob"
	"encoding/json"
	"net/http"

	ginsessions "github.com/gin-contrib/sessions"
	gincookie "github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/session"
	"github.com/gorilla/sessions"
	"github.com/markbates/goth/gothic"

	"github.com/seed467724c4/wechat/core"
)

// sessionPeers are the session middlewares of the frameworks.
func sessionPeers() []contestant {
	return []contestant{
		{"nethttp/gorilla", gorilla},
		{"nethttp/gothic", withGothic},
		{"gin/gin-contrib-sessions", ginContrib},
		{"fiber/fiber-session", fiberSession},
	}
}

func key() []byte { return []byte("made-up-key-of-thirty-two-bytes!") }

// enter runs a login handler and takes its cookie.
func enter(e *entrant, login http.Handler) {
	w := recorder{header: http.Header{}}
	login.ServeHTTP(&w, httpRequest("/login", browserHeaders(), cookieLine("")))
	e.cookies = []string{cookieLine(cookieOf(w.header))}
}

func gorilla(w *world, _ int) (*entrant, error) {
	gob.Register(core.User{})
	e, store := &entrant{openID: w.openID(), fresh: true}, sessions.NewCookieStore(key())
	enter(e, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, _ := store.Get(r, "session")
		s.Values["user"] = visitor(e.openID)
		s.Save(r, w)
	}))
	e.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := store.Get(r, "session")
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if u, ok := s.Values["user"].(core.User); !ok || u.OpenID != e.openID {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Write(okBytes)
	})
	return e, nil
}

// withGothic reads what gothic keeps of a login: a text, which its users make JSON.
func withGothic(w *world, _ int) (*entrant, error) {
	e := &entrant{openID: w.openID(), fresh: true}
	gothic.Store = sessions.NewCookieStore(key()) // gothic has no other place for it
	profile, err := json.Marshal(visitor(e.openID))
	if err != nil {
		return nil, err
	}
	enter(e, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		gothic.StoreInSession("user", string(profile), r, w)
	}))
	e.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := gothic.GetFromSession("user", r)
		var u core.User
		if err != nil || json.Unmarshal([]byte(text), &u) != nil || u.OpenID != e.openID {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Write(okBytes)
	})
	return e, nil
}

func ginContrib(w *world, _ int) (*entrant, error) {
	gob.Register(core.User{})
	e, engine := &entrant{openID: w.openID(), fresh: true}, newEngine()
	engine.Use(ginsessions.Sessions("session", gincookie.NewStore(key())))
	engine.GET("/login", func(c *gin.Context) {
		s := ginsessions.Default(c)
		s.Set("user", visitor(e.openID))
		s.Save()
	})
	engine.GET(page, func(c *gin.Context) {
		if u, ok := ginsessions.Default(c).Get("user").(core.User); !ok || u.OpenID != e.openID {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		c.Writer.Write(okBytes)
	})
	enter(e, engine)
	e.handler = engine
	return e, nil
}

func fiberSession(w *world, _ int) (*entrant, error) {
	e, app := &entrant{openID: w.openID()}, newApp()
	store := session.New(session.Config{KeyLookup: "cookie:session"})
	store.RegisterType(core.User{})
	app.Get("/login", func(c *fiber.Ctx) error {
		s, err := store.Get(c)
		if err != nil {
			return err
		}
		s.Set("user", visitor(e.openID))
		return s.Save()
	})
	app.Get(page, func(c *fiber.Ctx) error {
		s, err := store.Get(c)
		if err != nil {
			return err
		}
		if u, ok := s.Get("user").(core.User); !ok || u.OpenID != e.openID {
			return c.SendStatus(http.StatusUnauthorized)
		}
		_, err = c.Write(okBytes)
		return err
	})
	e.fast = app.Handler()
	s := newFastSeat(e.fast, raw("/login", browserHeaders(), cookieLine("")), false)
	s.again()
	e.cookies = []string{cookieLine("session=" + fastCookie(s.ctx, "session"))}
	return e, nil
}
