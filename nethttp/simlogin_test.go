package nethttp_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/nethttp"
)

// TestSimLogin starts handler tests as somebody who is logged in by the real
// middleware, whatever the application's address and however it reaches WeChat.
func TestSimLogin(t *testing.T) {
	const appID, secret = "wx0123456789abcdef", "made-up"
	account := wxsim.Config{Accounts: []wxsim.Account{{AppID: appID, Secret: secret, Domain: "shop.example.com"}}}
	sim, base, stop, err := wxsim.Start(account)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	overSocket := core.Config{AppID: appID, AppSecret: secret, OpenURL: base, APIURL: base}
	inProcess := core.Config{AppID: appID, AppSecret: secret, HTTPClient: &http.Client{Transport: sim.Transport()}}
	https, plain := overSocket, overSocket
	https.PublicURL, plain.PublicURL = "https://shop.example.com", "http://shop.example.com:8080"
	for rule, cfg := range map[string]core.Config{
		"over a socket": overSocket, "in process": inProcess, "at a public https address": https, "at a public http address with a port": plain,
	} {
		for _, scope := range []core.Scope{core.Silent, core.Prompt} {
			auth, err := core.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			app := nethttp.Require(auth, scope)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, "%s %s", r.Method, nethttp.User(r).OpenID)
			}))
			client := sim.Login(t, app, "jun", "/me")
			res, err := client.Get("/orders")
			if err != nil {
				t.Fatal(err)
			}
			raw, _ := io.ReadAll(res.Body)
			if want := "GET " + sim.OpenID(appID, "jun"); string(raw) != want {
				t.Errorf("rule: a test goes on as the person who was logged in, %s, %s; got %d %s", rule, scope, res.StatusCode, raw)
			}
			auth.Close()
		}
	}
}
