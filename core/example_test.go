package core_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/nethttp"
)

const (
	appID  = "wx0123456789abcdef"
	secret = "made-up"
)

// Only followers of the account see the page. Mei follows, and Jun reads how to follow.
func ExampleMustFollow() {
	sim, auth := newAccount(nil)
	defer auth.Close()

	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "welcome") })
	site := http.NewServeMux()
	site.Handle("GET /", nethttp.Require(auth)(page))
	site.Handle("GET /members", nethttp.Require(auth, core.MustFollow)(page))

	for _, person := range []string{"mei", "jun"} {
		if err := sim.SetFollowing(appID, person, person == "mei"); err != nil {
			log.Fatal(err)
		}
		answer, body := get(sim.Login(inExample{}, site, person, "/"), "/members")
		fmt.Println(person, answer.StatusCode, strings.Contains(body, "关注"))
	}
	// Output:
	// mei 200 false
	// jun 403 true
}

// users stands in for a table of an app, keyed by app id and open id.
type users map[string]string

// Each login finds its row in the app's own table, or makes one, and the session keeps the
// row's id.
func ExampleConfig_onLogin() {
	table := users{}
	sim, auth := newAccount(func(c *core.Config) {
		c.OnLogin = func(ctx context.Context, u *core.User) error {
			key := u.AppID + " " + u.OpenID
			if table[key] == "" {
				table[key] = fmt.Sprintf("user-%d", len(table)+1)
			}
			u.AppUserID = table[key]
			return nil
		}
	})
	defer auth.Close()
	me := nethttp.Require(auth)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, nethttp.User(r).AppUserID)
	}))

	for _, person := range []string{"mei", "jun", "mei"} {
		_, body := get(sim.Login(inExample{}, me, person, "/me"), "/me")
		fmt.Println(person, body)
	}
	// Output:
	// mei user-1
	// jun user-2
	// mei user-1
}

// Member is an app's own user.
type Member struct{ Name string }

// The app's own user is loaded on every request of a logged-in visitor, and handlers get it
// with its type.
func ExampleLoadUser() {
	sim, auth := newAccount(nil)
	defer auth.Close()
	load := func(ctx context.Context, u *core.User) (*Member, error) { return &Member{Name: "Member Mei"}, nil }
	me := nethttp.Require(auth, core.LoadUser(load))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		member, _ := core.Loaded[*Member](r.Context())
		fmt.Fprint(w, member.Name)
	}))

	_, body := get(sim.Login(inExample{}, me, "mei", "/me"), "/me")
	fmt.Println(body)
	// Output: Member Mei
}

// Sessions live in the app's own store, so that they survive a deploy and all nodes have
// them. The store here is memory; with Redis it is goredisstore.New(client), see
// example/cluster.
func ExampleConfig_sessions() {
	store := memstore.NewWithCleanupInterval(0)
	sessions := scs.New()
	sessions.Store = store
	sessions.Codec = core.Codec{}
	sessions.HashTokenInStore = true
	sessions.Cookie.Name = "__Host-session"
	sessions.Cookie.Secure = true
	shared := func(c *core.Config) { c.Sessions, c.Cache = sessions, store }

	sim, one := newAccount(shared)
	defer one.Close()
	two, err := core.New(core.Config{AppID: appID, AppSecret: secret, PublicURL: "https://app.example.com", Sessions: sessions, Cache: store})
	if err != nil {
		log.Fatal(err)
	}
	defer two.Close()
	me := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, nethttp.User(r).OpenID == sim.OpenID(appID, "mei"))
	})
	site := http.NewServeMux()
	site.Handle("/one", nethttp.Require(one)(me))
	site.Handle("/two", nethttp.Require(two)(me)) // stands for another node

	answer, body := get(sim.Login(inExample{}, site, "mei", "/one"), "/two")
	fmt.Println(answer.StatusCode, body, "logins:", sim.Calls(wxsim.PathAccessToken))
	// Output: 200 true logins: 1
}

// The account of each request comes from its host. Accounts can come and go while the app
// runs.
func ExampleChoose() {
	sim, auth := newAccount(nil)
	defer auth.Close()
	accounts := map[string]*core.Auth{"app.example.com": auth}
	site := nethttp.Require(core.Choose(func(ctx context.Context, r *core.Request) (*core.Auth, error) {
		return accounts[r.Host], nil // nil: there is no such account
	}))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "the shop") }))

	_, body := get(sim.Login(inExample{}, site, "mei", "/"), "/")
	fmt.Println(body)
	w := httptest.NewRecorder()
	site.ServeHTTP(w, httptest.NewRequest("GET", "https://other.example.com/", nil))
	fmt.Println(w.Code)
	// Output:
	// the shop
	// 404
}

// At the start, and from a health check for operators: what is wrong, and what to do.
func ExampleAuth_Check() {
	sim, auth := newAccount(nil)
	defer auth.Close()
	fmt.Println(len(auth.Check(context.Background())))

	if err := sim.SetIPs(appID, "203.0.113.7"); err != nil { // the IP whitelist has another machine
		log.Fatal(err)
	}
	sim.ExpireTokens(appID)
	for _, finding := range auth.Check(context.Background()) {
		fmt.Println(finding.Kind, finding.Severity)
	}
	// Output:
	// 0
	// ip_whitelist failing
}

// Handlers and functions that have only a context find the user in it.
func ExampleFromContext() {
	greet := func(ctx context.Context) (string, error) {
		user, ok := core.FromContext(ctx)
		if !ok {
			return "", errors.New("nobody is logged in")
		}
		return "hello " + user.Nickname, nil
	}
	fmt.Println(greet(context.Background()))
	fmt.Println(greet(core.WithUser(context.Background(), &core.User{OpenID: "o-mei", Nickname: "Mei"})))
	// Output:
	//  nobody is logged in
	// hello Mei <nil>
}

// newAccount makes an instance whose WeChat is a simulator in this process.
func newAccount(change func(*core.Config)) (*wxsim.Sim, *core.Auth) {
	sim, err := wxsim.New(wxsim.Config{Accounts: []wxsim.Account{{AppID: appID, Secret: secret, Domain: "app.example.com"}}})
	if err != nil {
		log.Fatal(err)
	}
	config := core.Config{AppID: appID, AppSecret: secret, PublicURL: "https://app.example.com", HTTPClient: &http.Client{Transport: sim.Transport(), Timeout: time.Minute}}
	if change != nil {
		change(&config)
	}
	auth, err := core.New(config)
	if err != nil {
		log.Fatal(err)
	}
	return sim, auth
}

func get(client *http.Client, path string) (*http.Response, string) {
	answer, err := client.Get(path)
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		log.Fatal(err)
	}
	return answer, string(body)
}

// inExample stands in for *testing.T.
type inExample struct{}

func (inExample) Helper()                        {}
func (inExample) Fatalf(format string, v ...any) { log.Fatalf(format, v...) }
