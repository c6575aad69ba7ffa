package embedding

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/fiberwechat"
)

// methods are those that a stranger sends. BREW is one that fiber does not know by
// itself. A method that is not in fiber's RequestMethods is answered by fiber before any
// handler, see the README.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "REPORT", "BREW"}

// gates are the paths of gatedApp: each kind of gate, and each way on behind it.
var gates = []string{"/me", "/prompt", "/api", "/follow", "/login", "/logout", "/open", "/open/some", "/skipped", "/group/missing"}

// gatedApp has every gate that there is. No handler of it reads a body to its end.
func gatedApp(s *site, config fiber.Config) *fiber.App {
	config.DisableStartupMessage = true
	config.RequestMethods = methods
	r := fiber.New(config)
	page := func(c *fiber.Ctx) error {
		if user := fiberwechat.User(c); user != nil {
			return c.SendString("I am " + user.OpenID)
		}
		return c.SendString("open to all")
	}
	r.All("/hidden", func(c *fiber.Ctx) error { return c.SendString("the answer to a hidden request") })
	r.All("/me", fiberwechat.Require(s.auth), page)
	r.All("/prompt", fiberwechat.Require(s.auth, fiberwechat.Prompt), page)
	r.All("/api", fiberwechat.Require(s.auth, core.API()), page)
	r.All("/follow", fiberwechat.Require(s.auth, fiberwechat.MustFollow), page)
	r.All("/login", fiberwechat.Login(s.auth))
	r.All("/logout", fiberwechat.Logout(s.auth))
	r.All("/open", fiberwechat.Optional(s.auth), page)
	r.All("/open/some", fiberwechat.Optional(s.auth), func(c *fiber.Ctx) error {
		if stream := c.Context().RequestBodyStream(); stream != nil {
			_, _ = io.ReadFull(stream, make([]byte, 100))
		}
		return page(c)
	})
	r.All("/skipped", fiberwechat.Require(s.auth, core.Skip(func(*core.Request) bool { return true })), page)
	r.Group("/group", fiberwechat.Require(s.auth))
	return r
}

// A stranger hides requests in a body that the gate does not read. Behind a proxy the
// next visitor would get the answer to one of them.
func TestNoForeignAnswersOverConnectionsThatVisitorsShare(t *testing.T) {
	for _, proxy := range []struct{ name, how string }{{"nginx reads bodies first", throughKeepalive}, {"nginx streams bodies", streaming + throughKeepalive}} {
		for _, app := range []struct {
			name   string
			config fiber.Config
		}{
			{"fiber streams bodies", fiber.Config{StreamRequestBody: true}},
			{"fiber streams bodies and forms", fiber.Config{StreamRequestBody: true, DisablePreParseMultipartForm: true}},
			{"fiber reads bodies first", fiber.Config{}},
		} {
			t.Run(proxy.name+", "+app.name, func(t *testing.T) { noForeignAnswers(t, proxy.how, app.config) })
		}
	}
}

func noForeignAnswers(t *testing.T, how string, config fiber.Config) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go gatedApp(newSite(t), config).Listener(l)
	t.Cleanup(func() { l.Close() })
	a := &running{url: "http://" + startNginx(t, how, l.Addr().String()).address}
	a.mei = newVisitor()
	if wrong := a.login(); wrong != "" {
		t.Fatal(wrong)
	}
	_, _, mine := ask(a.mei, request(a.url+"/me"))
	bodies, foreign, sent := hiding(), 0, 0
	for i, method := range methods {
		for j, body := range bodies {
			for k, path := range gates {
				status, _, answer := ask(stranger, body.request(t, method, a.url+path, aheads[(i+j+k)%len(aheads)]))
				sent++
				if strings.Contains(answer, "hidden") || strings.Contains(answer, "I am") {
					t.Errorf("rule: a stranger reads nothing of others: %s %s, %s: %d %s", method, path, body.name, status, answer)
				}
				if status, _, answer := ask(a.mei, request(a.url+"/me")); answer != mine {
					foreign++
					t.Logf("behind %s %s, %s, Mei gets %d %q", method, path, body.name, status, answer)
				}
			}
		}
	}
	if foreign > 0 || sent != 1000 {
		t.Errorf("rule: everybody gets the answer to the own request: %d foreign ones behind %d requests", foreign, sent)
	}
	t.Logf("%d requests of a stranger, each with one of Mei's behind it: %d foreign answers", sent, foreign)
}

// stranger follows no redirect and keeps no cookie.
var stranger = &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
