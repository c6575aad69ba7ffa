package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
)

// merchantCookie holds who a merchant is. A real SaaS has accounts with passwords; here
// a browser is a merchant.
const merchantCookie = "merchant"

// merchant is the one who runs the shops. secret is known to the merchant's browser
// alone; id is what the table has.
type merchant struct{ id, secret string }

// merchantOf knows the browser by its cookie, and gives it one.
func merchantOf(w http.ResponseWriter, r *http.Request) merchant {
	secret := ""
	if c, err := r.Cookie(merchantCookie); err == nil && len(c.Value) == 26 {
		secret = c.Value
	}
	if secret == "" {
		secret = rand.Text()
		http.SetCookie(w, &http.Cookie{Name: merchantCookie, Value: secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: 180 * 24 * 3600})
	}
	m := merchant{secret: secret}
	m.id = m.derived("id")
	return m
}

func (m merchant) derived(purpose string) string {
	mac := hmac.New(sha256.New, []byte(m.secret))
	mac.Write([]byte(purpose))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// check travels through WeChat's consent page, so that nobody else's consent is taken
// for this merchant's.
func (m merchant) check() string { return m.derived("consent") }

func (m merchant) checks(value string) bool { return hmac.Equal([]byte(value), []byte(m.check())) }
