package session

import (
	"context"
	"net/http"
	"time"

	"github.com/seed467724c4/wechat/core/internal/web"
)

// CookieName is the name of the session cookie.
func (s *Sessions) CookieName(https bool) string {
	if https {
		return s.secure
	}
	return s.plain
}

// CookiesSent is how many session cookies a request brought, up to web.MaxSameCookie.
// More than one means that a cookie with another domain or path has the same name.
func (s *Sessions) CookiesSent(h web.Header, https bool) (n int) {
	for range web.CookieValues(h, s.CookieName(https)) {
		n++
	}
	return n
}

func (s *Sessions) setCookie(ctx context.Context, h http.Header, token string, expires time.Time, https bool) {
	if s.memory == nil {
		s.manager.WriteSessionCookie(ctx, headerWriter(h), token, expires)
		return
	}
	maxAge := -1
	if token != "" {
		maxAge = int(time.Until(expires) / time.Second)
	}
	h.Add("Set-Cookie", web.SetCookie(s.manager.Cookie.Name, token, https, maxAge))
}

// endTwin removes a cookie of the same name and path without a domain, where the app's
// manager sets one with a domain: a browser that keeps both sends the older one first,
// and LoadAndSave reads only the first, so no login would ever be seen. A twin with
// another path, or with a domain where the manager sets none, cannot be told from
// another app's: it is left alone.
func (s *Sessions) endTwin(answer http.Header, h web.Header, https bool) {
	own := &s.manager.Cookie
	if s.memory != nil || own.Domain == "" || s.CookiesSent(h, https) == 0 {
		return
	}
	twin := http.Cookie{Name: own.Name, Path: own.Path, MaxAge: -1, HttpOnly: own.HttpOnly, SameSite: own.SameSite, Secure: own.Secure}
	answer.Add("Set-Cookie", twin.String())
}

// headerWriter lets scs write its cookie by its own rules where there is no response
// writer.
type headerWriter http.Header

func (w headerWriter) Header() http.Header     { return http.Header(w) }
func (headerWriter) Write([]byte) (int, error) { return 0, http.ErrNotSupported }
func (headerWriter) WriteHeader(int)           {}
