package wxsim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// The hosts of WeChat answer in this process: no port is opened, and the application
// keeps WeChat's own addresses.
func ExampleNew() {
	sim, err := wxsim.New(wxsim.Config{Accounts: []wxsim.Account{{AppID: "wx0123456789abcdef", Secret: "made-up", Domain: "shop.example.com"}}})
	if err != nil {
		log.Fatal(err)
	}
	wechat := &http.Client{Transport: sim.Transport()}

	code, err := sim.Code("wx0123456789abcdef", "mei", "snsapi_base") // as the visitor brings it back
	if err != nil {
		log.Fatal(err)
	}
	login := askForToken(wechat, "https://api.weixin.qq.com", code)
	fmt.Println(login.OpenID == sim.OpenID("wx0123456789abcdef", "mei"), login.Errcode)
	again := askForToken(wechat, "https://api.weixin.qq.com", code)
	fmt.Println(again.OpenID == "", again.Errcode)
	// Output:
	// true 0
	// true 40163
}

// A client whose hosts can be configured, in any language, is pointed at an address.
func ExampleStart() {
	sim, baseURL, stop, err := wxsim.Start(wxsim.Config{Accounts: []wxsim.Account{{AppID: "wx0123456789abcdef", Secret: "made-up", Domain: "localhost"}}})
	if err != nil {
		log.Fatal(err)
	}
	defer stop()
	code, err := sim.Code("wx0123456789abcdef", "mei", "snsapi_base")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(askForToken(http.DefaultClient, baseURL, code).OpenID == sim.OpenID("wx0123456789abcdef", "mei"))
	// Output: true
}

// The next exchange of a code fails as WeChat's system error does, and the one after it
// works.
func ExampleSim_Next() {
	sim, err := wxsim.New(wxsim.Config{Accounts: []wxsim.Account{{AppID: "wx0123456789abcdef", Secret: "made-up", Domain: "shop.example.com"}}})
	if err != nil {
		log.Fatal(err)
	}
	wechat := &http.Client{Transport: sim.Transport()}
	if err := sim.Next("-1"); err != nil {
		log.Fatal(err)
	}
	code, _ := sim.Code("wx0123456789abcdef", "mei", "snsapi_base")
	for range 2 {
		fmt.Println(askForToken(wechat, "https://api.weixin.qq.com", code).Errcode)
	}
	// Output:
	// -1
	// 0
}

// A code lives for five minutes. The clock is the test's own, so nothing waits.
func ExampleSim_Advance() {
	noon := time.Date(2026, time.January, 2, 12, 0, 0, 0, time.UTC)
	sim, err := wxsim.New(wxsim.Config{
		Accounts: []wxsim.Account{{AppID: "wx0123456789abcdef", Secret: "made-up", Domain: "shop.example.com"}},
		Now:      func() time.Time { return noon },
	})
	if err != nil {
		log.Fatal(err)
	}
	wechat := &http.Client{Transport: sim.Transport()}
	code, _ := sim.Code("wx0123456789abcdef", "mei", "snsapi_base")
	sim.Advance(6 * time.Minute)
	fmt.Println(sim.Now().Format(time.TimeOnly), askForToken(wechat, "https://api.weixin.qq.com", code).Errcode)
	// Output: 12:06:00 40029
}

// Simulators with the same seed give the same codes for the same calls.
func ExampleConfig_seed() {
	code := func(seed uint64) string {
		sim, err := wxsim.New(wxsim.Config{Seed: seed, Accounts: []wxsim.Account{{AppID: "wx0123456789abcdef", Secret: "made-up", Domain: "shop.example.com"}}})
		if err != nil {
			log.Fatal(err)
		}
		code, _ := sim.Code("wx0123456789abcdef", "mei", "snsapi_base")
		return code
	}
	first, second, other := code(7), code(7), code(8)
	fmt.Println(first == second, first == other)
	// Output: true false
}

// askForToken is what every application does with a code.
func askForToken(client *http.Client, host, code string) (answer struct {
	OpenID  string
	Errcode int
}) {
	res, err := client.Get(host + "/sns/oauth2/access_token?appid=wx0123456789abcdef&secret=made-up&grant_type=authorization_code&code=" + url.QueryEscape(code))
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		log.Fatal(err)
	}
	return answer
}

// A test logs a person in to its application and goes on as that person. In a
// real test the handler is the application behind its login middleware, and the
// first argument is t.
func ExampleSim_Login() {
	const appID, secret = "wx0123456789abcdef", "made-up"
	sim, err := wxsim.New(wxsim.Config{Accounts: []wxsim.Account{{AppID: appID, Secret: secret, Domain: "shop.example.com"}}})
	if err != nil {
		log.Fatal(err)
	}
	wechat := &http.Client{Transport: sim.Transport()}

	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if cookie, err := r.Cookie("openid"); err == nil {
			fmt.Fprintf(w, "orders of %s", cookie.Value)
			return
		}
		code := r.URL.Query().Get("code")
		if code == "" {
			back := "https://" + r.Host + r.URL.Path
			http.Redirect(w, r, "https://open.weixin.qq.com/connect/oauth2/authorize?appid="+appID+"&redirect_uri="+
				url.QueryEscape(back)+"&response_type=code&scope=snsapi_base&state=1#wechat_redirect", http.StatusFound)
			return
		}
		res, err := wechat.Get("https://api.weixin.qq.com/sns/oauth2/access_token?appid=" + appID + "&secret=" + secret +
			"&code=" + code + "&grant_type=authorization_code")
		if err != nil {
			http.Error(w, "WeChat does not answer", http.StatusServiceUnavailable)
			return
		}
		defer res.Body.Close()
		var token struct{ OpenID string }
		json.NewDecoder(res.Body).Decode(&token)
		http.SetCookie(w, &http.Cookie{Name: "openid", Value: token.OpenID, Path: "/", Secure: true})
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	})

	client := sim.Login(exampleTB{}, app, "mei")
	res, err := client.Get("/orders")
	if err != nil {
		log.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	fmt.Println(string(body) == "orders of "+sim.OpenID(appID, "mei"))
	// Output: true
}

// exampleTB stands in for *testing.T, which an example does not have.
type exampleTB struct{}

func (exampleTB) Helper()                           {}
func (exampleTB) Fatalf(format string, args ...any) { log.Fatalf(format, args...) }
