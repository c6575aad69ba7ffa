package wxsim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"

	"github.com/seed467724c4/wechat/core/wxsim"
)

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
