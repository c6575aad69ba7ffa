package nethttp_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/nethttp"
)

func Example() {
	me := func(w http.ResponseWriter, r *http.Request) { _ = json.NewEncoder(w).Encode(nethttp.User(r)) }

	mux := http.NewServeMux()
	mux.HandleFunc("GET /me", me)
	mux.Handle("GET /profile", nethttp.Require(nethttp.Prompt)(http.HandlerFunc(me)))
	log.Fatal(http.ListenAndServe(":8080", nethttp.Require()(mux)))
}

// A group and a route in it may need different scopes. With core.Scopes on the group, a
// visitor of /club/profile goes to WeChat once, not once for each.
func ExampleRequire_group() {
	sim, auth := newAccount()
	defer auth.Close()

	profile := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "profile of %s", nethttp.User(r).Nickname)
	})
	club := http.NewServeMux()
	club.HandleFunc("GET /club/news", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "news for %s", nethttp.User(r).Nickname)
	})
	club.Handle("GET /club/profile", nethttp.Require(auth, nethttp.Prompt)(profile))
	site := http.NewServeMux()
	site.Handle("/club/", nethttp.Require(auth, core.Scopes(func(r *core.Request) core.Scope {
		if r.Path() == "/club/profile" {
			return core.Prompt
		}
		return core.Silent
	}))(club))

	client := sim.Login(inExample{}, site, "jun", "/club/profile")
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

	me := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { json.NewEncoder(w).Encode(nethttp.User(r)) })
	api := nethttp.Require(auth, core.API())(me)

	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "https://app.example.com/api/me", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	// Output: 401 application/problem+json
}

// A test of a handler alone: core.WithUser says who is logged in, without WeChat and
// without a session.
func ExampleUser() {
	me := func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "hello %s", nethttp.User(r).Nickname) }

	request := httptest.NewRequest("GET", "https://app.example.com/me", nil) // or http.NewRequest with "/me"
	mei := &core.User{OpenID: "o-mei", Nickname: "Mei"}
	w := httptest.NewRecorder()
	me(w, request.WithContext(core.WithUser(request.Context(), mei)))
	fmt.Println(w.Code, w.Body)
	// Output: 200 hello Mei
}

// A test of the whole login, in this process: to the simulator, back and on with the
// session. In a test the first argument of Login is t.
func ExampleRequire_login() {
	sim, auth := newAccount()
	defer auth.Close()

	profile := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "profile of %s", nethttp.User(r).Nickname)
	})
	site := nethttp.Require(auth, nethttp.Prompt)(profile)

	client := sim.Login(inExample{}, site, "jun", "/profile")
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

	openID := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, nethttp.User(r).OpenID) })
	site := http.NewServeMux()
	site.Handle("GET /news", nethttp.Require(news)(openID))
	site.Handle("GET /shop", nethttp.Require(shop)(openID))

	client := sim.Login(inExample{}, site, "mei", "/news")
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
