package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core"
)

// parts are what cannot be left out, measured alone.
func parts() []contestant {
	return []contestant{
		{"floor", floor},
		{"redis-get", redisGet},
		{"redirect-parts", redirectParts},
	}
}

type floorKey struct{}

// floor is what "find the session and put the user into r.Context()" cannot do
// without: the scan for the cookie, one look-up in memory, a context with a value,
// a request with that context.
func floor(w *world, _ int) (*entrant, error) {
	m := newManager(scs.GobCodec{})
	token, err := putVisitor(m, w.openID())
	if err != nil {
		return nil, err
	}
	user := new(core.User)
	return &entrant{step: func() func() bool {
		r := httpRequest(page, browserHeaders(), cookieLine("session="+token))
		var handed *http.Request // outlives the call, as what a handler is given may
		return func() bool {
			_, found, _ := m.Store.Find(scanCookie(r.Header["Cookie"][0], "session"))
			handed = r.WithContext(context.WithValue(r.Context(), floorKey{}, user))
			return found && handed != nil
		}
	}}, nil
}

// redisGet is one GET of a record as large as ours, by the client that scs's store
// for Redis uses.
func redisGet(w *world, _ int) (*entrant, error) {
	client, err := w.redisClient()
	if err != nil {
		return nil, err
	}
	ctx, name := context.Background(), "scs:session:"+newToken()
	if err := client.Set(ctx, name, make([]byte, 340), 0).Err(); err != nil {
		return nil, err
	}
	e := &entrant{step: func() func() bool {
		return func() bool {
			b, err := client.Get(ctx, name).Bytes()
			return err == nil && len(b) == 340
		}
	}}
	e.onClose(func() { client.Del(ctx, name) })
	return e, nil
}

// redirectParts is what sending a visitor to WeChat cannot do without: the two
// MACs of a state, its random bytes and the binding's, one Set-Cookie.
func redirectParts(*world, int) (*entrant, error) {
	k, header, whole := key(), make([]byte, 15), make([]byte, 88)
	mac := func(b []byte) []byte {
		m := hmac.New(sha256.New, k)
		m.Write(b)
		return m.Sum(nil)
	}
	return &entrant{step: func() func() bool {
		h := http.Header{}
		return func() bool {
			clear(h)
			var random [24]byte // 8 of the state, 16 of the binding
			rand.Read(random[:])
			c := http.Cookie{
				Name: "__Host-wechat_login_abcd", Value: base64.RawURLEncoding.EncodeToString(random[8:]),
				Path: "/", MaxAge: 86400, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode,
			}
			h.Add("Set-Cookie", c.String())
			return len(mac(header))+len(mac(whole)) == 64 && len(h) == 1
		}
	}}, nil
}
