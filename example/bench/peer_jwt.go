package main

import (
	"context"
	"net/http"
	"time"

	ginjwt "github.com/appleboy/gin-jwt/v2"
	"github.com/gin-gonic/gin"
	"github.com/go-chi/jwtauth/v5"
	"github.com/golang-jwt/jwt/v5"

	"github.com/seed467724c4/wechat/core"
)

// jwtPeers carry the user in a signed cookie. They look nothing up, and cannot log
// anybody out.
func jwtPeers() []contestant {
	return []contestant{
		{"nethttp/golang-jwt", golangJWT},
		{"nethttp/chi-jwtauth", chiJWT},
		{"gin/gin-jwt", ginJWT},
	}
}

type claims struct {
	User core.User `json:"user"`
	jwt.RegisteredClaims
}

type claimsKey struct{}

// golangJWT carries the whole user.
func golangJWT(w *world, sessions int) (*entrant, error) {
	e := &entrant{openID: w.openID(), cookies: make([]string, sessions)}
	for i := range e.cookies {
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
			User:             visitor(e.openID),
			RegisteredClaims: jwt.RegisteredClaims{ExpiresAt: jwt.NewNumericDate(time.Now().Add(24 * time.Hour)), ID: newToken()},
		}).SignedString(key())
		if err != nil {
			return nil, err
		}
		e.cookies[i] = cookieLine("session=" + token)
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}))
	secretKey := key()
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(claimsKey{}).(*claims); !ok || c.User.OpenID != e.openID {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Write(okBytes)
	})
	e.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := new(claims)
		token := scanCookie(r.Header.Get("Cookie"), "session")
		if _, err := parser.ParseWithClaims(token, c, func(*jwt.Token) (any, error) { return secretKey, nil }); err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		inner.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), claimsKey{}, c)))
	})
	return e, nil
}

// chiJWT carries two fields.
func chiJWT(w *world, _ int) (*entrant, error) {
	e := &entrant{openID: w.openID()}
	auth := jwtauth.New("HS256", key(), nil)
	_, token, err := auth.Encode(map[string]any{"sub": e.openID, "exp": time.Now().Add(24 * time.Hour).Unix()})
	if err != nil {
		return nil, err
	}
	e.cookies = []string{cookieLine("jwt=" + token)}
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, c, err := jwtauth.FromContext(r.Context()); err != nil || c["sub"] != e.openID {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Write(okBytes)
	})
	e.handler = jwtauth.Verify(auth, jwtauth.TokenFromCookie)(jwtauth.Authenticator(auth)(inner))
	return e, nil
}

// ginJWT carries four fields.
func ginJWT(w *world, _ int) (*entrant, error) {
	e, engine := &entrant{openID: w.openID()}, newEngine()
	mw, err := ginjwt.New(&ginjwt.GinJWTMiddleware{
		Realm: "bench", Key: key(), Timeout: 24 * time.Hour, TokenLookup: "cookie: jwt", IdentityKey: "openid",
		PayloadFunc: func(any) ginjwt.MapClaims {
			u := visitor(e.openID)
			return ginjwt.MapClaims{"openid": u.OpenID, "nickname": u.Nickname, "avatar": u.Avatar, "app_user_id": u.AppUserID}
		},
	})
	if err != nil {
		return nil, err
	}
	token, _, err := mw.TokenGenerator(e.openID)
	if err != nil {
		return nil, err
	}
	e.cookies = []string{cookieLine("jwt=" + token)}
	engine.Use(mw.MiddlewareFunc())
	engine.GET(page, func(c *gin.Context) {
		if ginjwt.ExtractClaims(c)["openid"] != e.openID {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		c.Writer.Write(okBytes)
	})
	e.handler = engine
	return e, nil
}
