package core

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

// modelPage is the page that everybody wants to see.
const modelPage = "/orders/7?x=1"

// modelWeChat answers the exchanges of a model without a socket: each code is worth one
// person, once.
type modelWeChat struct {
	codes     map[string]string // code -> open id; "" once it is spent
	exchanges int
	again     bool // somebody has sent a code that was spent
}

// code is what WeChat sends a person's browser back with.
func (s *modelWeChat) code(openID string) string {
	code := fmt.Sprintf("%032d", len(s.codes))
	s.codes[code] = openID
	return code
}

func (s *modelWeChat) RoundTrip(r *http.Request) (*http.Response, error) {
	s.exchanges++
	code := r.URL.Query().Get("code")
	openID, known := s.codes[code]
	body := `{"errcode":40029,"errmsg":"invalid code"}`
	switch {
	case known && openID == "":
		s.again = true
		body = `{"errcode":40163,"errmsg":"code been used"}`
	case known:
		s.codes[code] = ""
		body = `{"access_token":"59_access-0123456789012345678901234567890123456789","expires_in":7200,"refresh_token":"59_refresh","openid":"` + openID + `","scope":"snsapi_base"}`
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// modelSite is an instance with what conversations talk to.
type modelSite struct {
	rig    *rig
	wechat *modelWeChat
	page   *Gate // the guarded page
	who    *Gate // a page that starts nothing
	logout *Gate
}

func newModelSite(t *testing.T) *modelSite {
	wechat := &modelWeChat{codes: map[string]string{}}
	auth, err := newAuth(Config{
		AppID: testAppID, AppSecret: testSecret, PublicURL: "https://app.example.com", ScreenLogin: true,
		HTTPClient: &http.Client{Transport: wechat}, Logger: slog.New(slog.DiscardHandler),
	}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	auth.Screens()
	s := &modelSite{rig: &rig{t: t, open: "https://open.weixin.qq.com", auth: auth}, wechat: wechat}
	s.page, s.who, s.logout = s.rig.gate(ModeRequire), s.rig.gate(ModeOptional), s.rig.gate(ModeLogout)
	return s
}

// close ends the instance, and tells how many exchanges it asked for.
func (s *modelSite) close() int {
	if s == nil {
		return 0
	}
	s.rig.auth.Close()
	return s.wechat.exchanges
}

// conversation is one sequence of events, between browsers and people of its own.
type conversation struct {
	site   *modelSite
	people [2]string // open ids
	a, b   *actor    // in WeChat
	desk   *actor    // a screen
	broken string    // the first rule that was broken

	code     string    // what the screen's QR code leads to, as the phone has photographed it
	digits   string    // what the phone shows
	allowed  string    // who allowed the screen's login; "" once it is answered
	answered time.Time // when that was
	forgot   bool      // A has lost its cookies since: a logout does not find that session
}

// actor is a browser, with what the model remembers about it.
type actor struct {
	*browser
	c         *conversation
	forgetful bool                 // it keeps no cookies
	openID    string               // of the person who holds it
	consents  map[string]bool      // open ids that may be logged in here
	states    map[string]time.Time // given to this browser with the cookies that it has, and when
	pending   string               // where WeChat is to send it back to, without the code; "" if it is not at WeChat
	since     time.Time            // when it was sent there
	returned  string               // the last address that WeChat has sent it back to
}

func (s *modelSite) conversation(number int) *conversation {
	c := &conversation{site: s, people: [2]string{fmt.Sprintf("oFirst_%d", number), fmt.Sprintf("oSecond_%d", number)}}
	c.a, c.b, c.desk = c.actor(inWeChat, c.people[0]), c.actor(inWeChat, c.people[1]), c.actor(atDesk, "")
	return c
}

func (c *conversation) actor(ua, openID string) *actor {
	b := c.site.rig.browser()
	b.ua = ua
	return &actor{browser: b, c: c, openID: openID, consents: map[string]bool{}, states: map[string]time.Time{}}
}

// user is who the site takes this browser for, "" for nobody. It changes nothing.
func (a *actor) user() string {
	out := a.send(a.c.site.who, "GET", "/", nil)
	if out.Status != 0 {
		a.c.breaks("an Optional page without a callback is the app's: got %d", out.Status)
		return ""
	}
	if u, ok := FromContext(out.Context); ok {
		return u.OpenID
	}
	return ""
}

// forgets is a browser that loses its cookies.
func (a *actor) forgets() {
	clear(a.cookies)
	clear(a.consents)
	clear(a.states)
}
