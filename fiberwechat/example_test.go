package fiberwechat_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/fiberwechat"
)

func Example() {
	app := fiber.New()
	app.Use(fiberwechat.Require())
	app.Get("/me", func(c *fiber.Ctx) error { return c.JSON(fiberwechat.User(c)) })
	app.Get("/profile", fiberwechat.Require(fiberwechat.Prompt), func(c *fiber.Ctx) error { return c.JSON(fiberwechat.User(c)) })
	log.Fatal(app.Listen(":8080"))
}

// A group and a route in it may need different scopes. With core.Scopes on the group, a
// visitor of /club/profile goes to WeChat once, not once for each.
func ExampleRequire_group() {
	sim, auth := newAccount()
	defer auth.Close()

	app := fiber.New()
	club := app.Group("/club", fiberwechat.Require(auth, core.Scopes(func(r *core.Request) core.Scope {
		if r.Path() == "/club/profile" {
			return core.Prompt
		}
		return core.Silent
	})))
	club.Get("/news", func(c *fiber.Ctx) error { return c.SendString("news for " + fiberwechat.User(c).Nickname) })
	club.Get("/profile", fiberwechat.Require(auth, fiberwechat.Prompt), func(c *fiber.Ctx) error {
		return c.SendString("profile of " + fiberwechat.User(c).Nickname)
	})

	client := sim.Login(inExample{}, adaptor.FiberApp(app), "jun", "/club/profile")
	show(client.Get("/club/profile"))
	show(client.Get("/club/news"))
	fmt.Println("trips to WeChat:", sim.Calls(wxsim.PathAuthorize))
	// Output:
	// 200 profile of 阿俊
	// 200 news for 阿俊
	// trips to WeChat: 1
}

// A route for scripts and programs answers 401 to a visitor without a login, never with a
// redirect or a page.
func ExampleRequire_api() {
	_, auth := newAccount()
	defer auth.Close()

	app := fiber.New()
	app.Get("/api/me", fiberwechat.Require(auth, core.API()), func(c *fiber.Ctx) error { return c.JSON(fiberwechat.User(c)) })

	answer, err := app.Test(httptest.NewRequest("GET", "/api/me", nil), -1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.StatusCode, answer.Header.Get("Content-Type"))
	// Output: 401 application/problem+json
}

// A test of a handler alone: core.WithUser says who is logged in, without WeChat and
// without a session.
func ExampleUser() {
	app := fiber.New()
	app.Use(func(c *fiber.Ctx) error { // app.Test hands over no context
		mei := &core.User{OpenID: "o-mei", Nickname: "Mei"}
		c.SetUserContext(core.WithUser(c.UserContext(), mei))
		return c.Next()
	})
	app.Get("/me", func(c *fiber.Ctx) error { return c.SendString("hello " + fiberwechat.User(c).Nickname) })

	show(app.Test(httptest.NewRequest("GET", "/me", nil), -1)) // a path; -1: without a time limit
	// Output: 200 hello Mei
}

// A test of the whole login, in this process: to the simulator, back and on with the
// session. In a test the first argument of Login is t.
func ExampleRequire_login() {
	sim, auth := newAccount()
	defer auth.Close()

	app := fiber.New()
	app.Get("/profile", fiberwechat.Require(auth, fiberwechat.Prompt), func(c *fiber.Ctx) error {
		return c.SendString("profile of " + fiberwechat.User(c).Nickname)
	})

	client := sim.Login(inExample{}, adaptor.FiberApp(app), "jun", "/profile")
	show(client.Get("/profile"))
	// Output: 200 profile of 阿俊
}

// Each account is an instance of its own, and each has its own session. A person has
// another open id for each account.
func ExampleRequire_severalAccounts() {
	accounts := []wxsim.Account{
		{AppID: "wx1111111111111111", Secret: "made-up-1", Domain: "app.example.com"},
		{AppID: "wx2222222222222222", Secret: "made-up-2", Domain: "app.example.com"},
	}
	sim, err := wxsim.New(wxsim.Config{Accounts: accounts})
	if err != nil {
		log.Fatal(err)
	}
	instance := func(account wxsim.Account) *core.Auth {
		auth, err := core.New(core.Config{
			AppID: account.AppID, AppSecret: account.Secret, PublicURL: "https://app.example.com",
			HTTPClient: &http.Client{Transport: sim.Transport()},
		})
		if err != nil {
			log.Fatal(err)
		}
		return auth
	}
	news, shop := instance(accounts[0]), instance(accounts[1])
	defer news.Close()
	defer shop.Close()

	app := fiber.New()
	openID := func(c *fiber.Ctx) error { return c.SendString(fiberwechat.User(c).OpenID) }
	app.Get("/news", fiberwechat.Require(news), openID)
	app.Get("/shop", fiberwechat.Require(shop), openID)

	client := sim.Login(inExample{}, adaptor.FiberApp(app), "mei", "/news")
	for path, account := range map[string]wxsim.Account{"/news": accounts[0], "/shop": accounts[1]} {
		answer, err := client.Get(path)
		if err != nil {
			log.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		fmt.Println(string(body) == sim.OpenID(account.AppID, "mei"))
	}
	// Output:
	// true
	// true
}

// newAccount makes an instance whose WeChat is a simulator in this process.
func newAccount() (*wxsim.Sim, *core.Auth) {
	const appID, secret = "wx0123456789abcdef", "made-up"
	sim, err := wxsim.New(wxsim.Config{Accounts: []wxsim.Account{{AppID: appID, Secret: secret, Domain: "app.example.com"}}})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config{
		AppID: appID, AppSecret: secret, PublicURL: "https://app.example.com",
		HTTPClient: &http.Client{Transport: sim.Transport()},
	})
	if err != nil {
		log.Fatal(err)
	}
	return sim, auth
}

// show prints an answer.
func show(answer *http.Response, err error) {
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	fmt.Println(answer.StatusCode, string(body))
}

// inExample stands in for *testing.T.
type inExample struct{}

func (inExample) Helper()                        {}
func (inExample) Fatalf(format string, v ...any) { log.Fatalf(format, v...) }
