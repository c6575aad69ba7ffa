// Package handwritten is a net/http app whose team wrote WeChat's login by hand: a state
// in a cookie, a callback, and a signed cookie for the session.
package handwritten

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/example/compare/shop"
)

const (
	stateCookie   = "wx_state"
	sessionCookie = "wx_session"
	sessionLife   = 30 * 24 * time.Hour
)

var client = &http.Client{Timeout: 10 * time.Second}

type app struct{ shop.Settings }

// session is what the session cookie holds.
type session struct {
	User    shop.User
	Expires time.Time
}

// New is the app.
func New(settings shop.Settings) (http.Handler, error) {
	a := &app{settings}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", a.login)
	mux.HandleFunc("GET /wechat/callback", a.callback)
	mux.HandleFunc("POST /logout", a.logout)
	shop.Mount(mux, a.require, who)
	return mux, nil
}

type userKey struct{}

func who(r *http.Request) shop.User {
	user, _ := r.Context().Value(userKey{}).(shop.User)
	return user
}

// require sends visitors without a session to the login; the API answers 401.
func (a *app) require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session := a.session(r)
		switch {
		case session != nil:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, session.User)))
		case strings.HasPrefix(r.URL.Path, "/api/"):
			http.Error(w, `{"error":"login required"}`, http.StatusUnauthorized)
		default:
			http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusFound)
		}
	})
}

func (a *app) login(w http.ResponseWriter, r *http.Request) {
	state := rand.Text()
	setCookie(w, stateCookie, state, 10*60)
	callback := a.PublicURL + "/wechat/callback?next=" + url.QueryEscape(r.URL.Query().Get("next"))
	http.Redirect(w, r, fmt.Sprintf("https://open.weixin.qq.com/connect/oauth2/authorize?appid=%s&redirect_uri=%s&response_type=code&scope=snsapi_userinfo&state=%s#wechat_redirect",
		a.AppID, url.QueryEscape(callback), state), http.StatusFound)
}

func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	state, err := r.Cookie(stateCookie)
	if err != nil || state.Value == "" || state.Value != query.Get("state") {
		http.Error(w, "invalid state", http.StatusBadRequest)
		return
	}
	setCookie(w, stateCookie, "", -1)
	if query.Get("code") == "" {
		http.Error(w, "login was cancelled", http.StatusForbidden)
		return
	}
	user, err := a.exchange(query.Get("code"))
	if err != nil {
		log.Printf("wechat login: %v", err)
		http.Error(w, "login failed", http.StatusBadGateway)
		return
	}
	a.Users.Save(user)
	value, err := json.Marshal(session{user, time.Now().Add(sessionLife)})
	if err != nil {
		http.Error(w, "login failed", http.StatusInternalServerError)
		return
	}
	setCookie(w, sessionCookie, a.sign(value), int(sessionLife/time.Second))
	next := query.Get("next")
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") {
		next = "/"
	}
	http.Redirect(w, r, next, http.StatusFound)
}

// exchange spends the code and reads the profile.
func (a *app) exchange(code string) (shop.User, error) {
	var token struct {
		AccessToken string `json:"access_token"`
		OpenID      string `json:"openid"`
		ErrCode     int    `json:"errcode"`
		ErrMsg      string `json:"errmsg"`
	}
	err := getJSON("https://api.weixin.qq.com/sns/oauth2/access_token?grant_type=authorization_code&appid="+a.AppID+"&secret="+a.Secret+"&code="+url.QueryEscape(code), &token)
	if err != nil {
		return shop.User{}, err
	}
	if token.ErrCode != 0 {
		return shop.User{}, fmt.Errorf("access_token: %d %s", token.ErrCode, token.ErrMsg)
	}
	var profile struct {
		OpenID   string `json:"openid"`
		Nickname string `json:"nickname"`
		Avatar   string `json:"headimgurl"`
		ErrCode  int    `json:"errcode"`
		ErrMsg   string `json:"errmsg"`
	}
	err = getJSON("https://api.weixin.qq.com/sns/userinfo?lang=zh_CN&access_token="+token.AccessToken+"&openid="+token.OpenID, &profile)
	if err != nil {
		return shop.User{}, err
	}
	if profile.ErrCode != 0 {
		return shop.User{}, fmt.Errorf("userinfo: %d %s", profile.ErrCode, profile.ErrMsg)
	}
	return shop.User{OpenID: profile.OpenID, Nickname: profile.Nickname, Avatar: profile.Avatar}, nil
}

func getJSON(address string, into any) error {
	resp, err := client.Get(address)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(into)
}

// session reads the session cookie; nil without a valid one.
func (a *app) session(r *http.Request) *session {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	text, _, _ := strings.Cut(cookie.Value, ".")
	value, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || !hmac.Equal([]byte(a.sign(value)), []byte(cookie.Value)) {
		return nil
	}
	var s session
	if json.Unmarshal(value, &s) != nil || time.Now().After(s.Expires) {
		return nil
	}
	return &s
}

func (a *app) sign(value []byte) string {
	mac := hmac.New(sha256.New, a.Key)
	mac.Write(value)
	return base64.RawURLEncoding.EncodeToString(value) + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (a *app) logout(w http.ResponseWriter, r *http.Request) {
	setCookie(w, sessionCookie, "", -1)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func setCookie(w http.ResponseWriter, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode})
}
