package fiberwechat_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/fiberwechat"
	"github.com/seed467724c4/wechat/nethttp"
)

func TestAHandlerUnderTestFindsItsUser(t *testing.T) {
	mei := &core.User{OpenID: "o-mei"}
	for rule, set := range map[string]func(*fiber.Ctx){
		"core.WithUser in the user's context": func(c *fiber.Ctx) { c.SetUserContext(core.WithUser(c.UserContext(), mei)) },
		"c.Locals":                            func(c *fiber.Ctx) { c.Locals(fiberwechat.Key, mei) },
	} {
		app := fiber.New()
		app.Use(func(c *fiber.Ctx) error { set(c); return c.Next() })
		app.Get("/", func(c *fiber.Ctx) error { return c.SendString(fiberwechat.User(c).OpenID) })
		answer, err := app.Test(httptest.NewRequest("GET", "/", nil))
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(answer.Body); string(body) != "o-mei" {
			t.Errorf("rule: %s is found: %d %q", rule, answer.StatusCode, body)
		}
	}
}

// Handlers and middleware of net/http that fiber's adaptor mounts get a context that
// knows fiber's store and nothing else.
func TestHandlersOfNetHTTPFindTheUser(t *testing.T) {
	auth, cookie := setuptest.LoggedIn(t)
	app := fiber.New()
	app.Use(fiberwechat.Optional(auth))
	say := func(w http.ResponseWriter, r *http.Request) {
		if u := nethttp.User(r); u != nil {
			w.Header().Set("X-User", u.Nickname)
		}
	}
	app.Get("/handler", adaptor.HTTPHandlerFunc(say))
	app.Get("/middleware", adaptor.HTTPMiddleware(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { say(w, r); next.ServeHTTP(w, r) })
	}), func(c *fiber.Ctx) error { return c.SendString(fiberwechat.User(c).String()) })
	for _, path := range []string{"/handler", "/middleware"} {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Cookie", cookie)
		answer, err := app.Test(r)
		if err != nil || answer.StatusCode != 200 || answer.Header.Get("X-User") == "" {
			t.Errorf("rule: %s finds the user: %v %v", path, answer, err)
		}
	}
	answer, err := app.Test(httptest.NewRequest("GET", "/handler", nil))
	if err != nil || answer.StatusCode != 200 || answer.Header.Get("X-User") != "" {
		t.Errorf("rule: an anonymous visitor is nil there, and no panic: %v %v", answer, err)
	}
}

// A handler behind the gate that does not read its body is no better than an answer of
// ours that does not.
func TestABodyThatAHandlerLeavesUnreadIsNoRequest(t *testing.T) {
	auth, cookie := setuptest.LoggedIn(t)
	app := fiber.New(fiber.Config{DisableStartupMessage: true, StreamRequestBody: true})
	app.Use(fiberwechat.Require(auth))
	app.Post("/unread", func(c *fiber.Ctx) error { return c.SendString("unread") })
	app.Post("/some", func(c *fiber.Ctx) error {
		_, err := io.ReadFull(c.Context().RequestBodyStream(), make([]byte, 3))
		return err
	})
	app.Post("/all", func(c *fiber.Ctx) error { return c.Send(c.Body()[:1]) })
	app.Get("/next", func(c *fiber.Ctx) error { return c.SendString("next") })
	app.Get("/smuggled", func(c *fiber.Ctx) error { return c.SendString("smuggled") })
	url, stop, err := setuptest.Listen(app.Listener, app.Shutdown)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	body := strings.Repeat("A", 8192) + "GET /smuggled HTTP/1.1\r\nHost: x\r\nCookie: " + cookie + "\r\n\r\n"
	for _, path := range []string{"/unread", "/some", "/all", "/none"} {
		for how, text := range map[string]string{
			"Content-Length": "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body,
			"chunks":         "Transfer-Encoding: chunked\r\n\r\n5\r\nAAAAA\r\n" + strconv.FormatInt(int64(len(body)), 16) + "\r\n" + body + "\r\n0\r\n\r\n",
		} {
			conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			in := bufio.NewReader(conn)
			_, _ = io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: "+cookie+"\r\n"+text)
			first, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatalf("%s with %s: %v", path, how, err)
			}
			_, _ = io.ReadAll(first.Body)
			_, _ = io.WriteString(conn, "GET /next HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: "+cookie+"\r\n\r\n")
			if second, err := http.ReadResponse(in, nil); err == nil {
				if got, _ := io.ReadAll(second.Body); string(got) != "next" {
					t.Errorf("rule: after %s with %s the next request gets its own answer: %d %q", path, how, second.StatusCode, got)
				}
			} else if !first.Close {
				t.Errorf("rule: a connection that ends says so: %s with %s: %v", path, how, err)
			}
			conn.Close()
		}
	}
}

// fasthttp reads a multipart form up to its last boundary, before any handler.
func TestWhatStandsBehindAFormIsNoRequest(t *testing.T) {
	auth, cookie := setuptest.LoggedIn(t)
	form := "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n"
	behind := strings.Repeat("\r\n", 2048) + "GET /smuggled HTTP/1.1\r\nHost: x\r\nCookie: " + cookie + "\r\n\r\n"
	for _, tt := range []struct {
		rule             string
		config           fiber.Config
		path, body, more string
		closes           bool
	}{
		{"an answer of the gate's", fiber.Config{}, "/login", form + behind, "", true},
		{"a handler's answer", fiber.Config{}, "/unread", form + behind, "", true},
		{"a handler's answer, where bodies are streamed", fiber.Config{StreamRequestBody: true}, "/unread", form + behind, "", true},
		{"a form that fiber reads whole", fiber.Config{DisablePreParseMultipartForm: true}, "/unread", form + behind, "", false},
		{"a form that is streamed", fiber.Config{DisablePreParseMultipartForm: true, StreamRequestBody: true}, "/unread", form + behind, "", false},
		{"a form that is compressed, so that fasthttp does not read it", fiber.Config{}, "/unread", form + behind, "Content-Encoding: gzip\r\n", false},
		{"a form with nothing behind it, because fasthttp does not say so", fiber.Config{}, "/unread", form, "", true},
		{"no form at all", fiber.Config{}, "/unread", "", "", false},
	} {
		tt.config.DisableStartupMessage = true
		app := fiber.New(tt.config)
		app.Post("/login", fiberwechat.Login(auth))
		app.Use(fiberwechat.Require(auth))
		app.All("/unread", func(c *fiber.Ctx) error { return c.SendString("unread") })
		app.Get("/next", func(c *fiber.Ctx) error { return c.SendString("next") })
		app.Get("/smuggled", func(c *fiber.Ctx) error { return c.SendString("smuggled") })
		url, stop, err := setuptest.Listen(app.Listener, app.Shutdown)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		in := bufio.NewReader(conn)
		_, _ = io.WriteString(conn, "POST "+tt.path+" HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: "+cookie+"\r\n"+tt.more+
			"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: "+strconv.Itoa(len(tt.body))+"\r\n\r\n"+tt.body)
		first, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatalf("%s: %v", tt.rule, err)
		}
		_, _ = io.ReadAll(first.Body)
		if first.Close != tt.closes {
			t.Errorf("rule: a connection is closed where a form may have left something on it: %s: closed %t", tt.rule, first.Close)
		}
		_, _ = io.WriteString(conn, "GET /next HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: "+cookie+"\r\n\r\n")
		if second, err := http.ReadResponse(in, nil); err == nil {
			if got, _ := io.ReadAll(second.Body); string(got) != "next" {
				t.Errorf("rule: what stands behind a form is no request: %s: %d %q", tt.rule, second.StatusCode, got)
			}
		}
		conn.Close()
		stop()
	}
}

// The test starts itself as fiber's Prefork starts its processes.
func TestPreforkNeedsSharedSessions(t *testing.T) {
	if os.Getenv("SUITE_PREFORK") != "" {
		fiberwechat.Require(setuptest.NewAuth(t))
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestPreforkNeedsSharedSessions$")
	child.Env = append(os.Environ(), "SUITE_PREFORK=1", "FIBER_PREFORK_CHILD=1")
	out, err := child.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "set Config.Sessions") {
		t.Errorf("rule: a second process with sessions of its own is refused at set-up: %v %s", err, out)
	}
}

// Without a Skip the gate first looks at the Cookie line alone, as it lies in the buffer.
func TestACookieLineInLowerCaseIsRead(t *testing.T) {
	auth, cookie := setuptest.LoggedIn(t)
	app := fiber.New(fiber.Config{DisableStartupMessage: true, DisableHeaderNormalizing: true})
	app.Get("/", fiberwechat.Optional(auth), func(c *fiber.Ctx) error {
		if fiberwechat.User(c) == nil {
			return c.SendStatus(http.StatusTeapot)
		}
		return nil
	})
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["cookie"] = []string{cookie}
	if answer, err := app.Test(r); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("rule: header names count without case: %v %v", answer, err)
	}
}
