package main

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/seed467724c4/wechat/core/wxsim"
)

const inWeChat = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50(0x1800323b) NetType/WIFI Language/zh_CN"

// visitor is a browser that talks to the site without a network. Like a browser it
// keeps cookies; unlike one it follows no redirect by itself.
type visitor struct {
	site  *site
	agent string
	jar   http.CookieJar
}

func (s *site) visitor() *visitor {
	jar, _ := cookiejar.New(nil) // never an error
	return &visitor{s, inWeChat, jar}
}

// get asks for a target of the site.
func (v *visitor) get(target string) *http.Response {
	r := httptest.NewRequest("GET", "https://"+account.Domain+target, nil)
	r.Header.Set("User-Agent", v.agent)
	r.Header.Set("Accept", "text/html")
	for _, c := range v.jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	v.site.app.ServeHTTP(w, r)
	answer := w.Result()
	v.jar.SetCookies(r.URL, answer.Cookies())
	for _, c := range answer.Cookies() {
		v.site.noted("cookie", c.Value)
	}
	return answer
}

// starts asks for a page and returns what the site asks WeChat for.
func (v *visitor) starts(page string) (asked url.Values, err error) {
	to, err := url.Parse(v.get(page).Header.Get("Location"))
	if err != nil || !to.Query().Has("state") {
		return nil, fmt.Errorf("%s did not lead to WeChat: %v", page, err)
	}
	v.site.noted("state", to.Query().Get("state"))
	return to.Query(), nil
}

func (s *site) noted(what, text string) {
	if s.note != nil && text != "" {
		s.note(what, text)
	}
}

// comesBack returns with a code, or refuses if that is "".
func (v *visitor) comesBack(asked url.Values, code string) *http.Response {
	back, _ := strings.CutPrefix(asked.Get("redirect_uri"), "https://"+account.Domain)
	answer := url.Values{"state": {asked.Get("state")}}
	if code != "" {
		answer.Set("code", code)
	}
	separator := "?"
	if strings.Contains(back, "?") {
		separator = "&"
	}
	return v.get(back + separator + answer.Encode())
}

// visit is one visit. Its number says of what kind; a hundred visits have all kinds.
func (s *site) visit(n int) error {
	v, page, scope := s.visitor(), "/me", "snsapi_base"
	switch {
	case n%100 < 25:
		page, scope = "/profile", "snsapi_userinfo"
	case n%100 < 35:
		page = "/members"
	case n%100 >= 98:
		v.agent = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0"
		v.get(page)
		return nil
	}
	asked, err := v.starts(page)
	if err != nil {
		return err
	}
	people := wxsim.DefaultPeople()
	code, err := s.sim.Code(account.AppID, people[n%len(people)].ID, scope)
	if err != nil {
		return err
	}
	s.noted("code", code)
	switch n % 100 {
	case 90, 91, 92:
		return nil // abandoned
	case 93, 94:
		code = "" // refused
	case 95:
		s.sim.Fail(wxsim.PathAccessToken, wxsim.Fault{Code: 45011, Times: 1})
	case 96:
		code = "0123456789abcdef0123456789abcdef" // WeChat does not know it
	}
	v.comesBack(asked, code)
	v.get(page)
	if n%100 == 97 {
		v.comesBack(asked, code) // delivered twice
	}
	return nil
}
