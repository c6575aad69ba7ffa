package wxsim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// guarded is a little application with a login of its own: pages need a session
// cookie, and without one the visitor is sent to WeChat.
type guarded struct {
	openURL string // WeChat's
	apiURL  string
	scope   string
	wechat  *http.Client
	secret  string
}

func (a guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	self := "https://" + r.Host
	if r.TLS == nil {
		self = "http://" + r.Host
	}
	switch {
	case r.URL.Path == "/open":
		fmt.Fprint(w, "for everybody")
	case r.URL.Path == "/broken":
		panic(http.ErrAbortHandler)
	case r.URL.Query().Get("code") != "":
		res, err := a.wechat.Get(a.apiURL + PathAccessToken + "?appid=" + app + "&secret=" + a.secret + "&code=" + r.URL.Query().Get("code") + "&grant_type=authorization_code")
		if err != nil {
			http.Error(w, "no WeChat", http.StatusServiceUnavailable)
			return
		}
		defer res.Body.Close()
		var b body
		json.NewDecoder(res.Body).Decode(&b)
		if b.OpenID == "" {
			http.Error(w, "refused", http.StatusForbidden)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: b.OpenID, Path: "/", Secure: r.TLS != nil, HttpOnly: true})
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	default:
		c, err := r.Cookie("session")
		if err != nil {
			http.Redirect(w, r, a.openURL+PathAuthorize+"?appid="+app+"&redirect_uri="+url.QueryEscape(self+r.URL.Path)+
				"&response_type=code&scope="+a.scope+"&state=1#wechat_redirect", http.StatusFound)
			return
		}
		fmt.Fprintf(w, "%s %s as %s, %s", r.Method, r.URL.Path, c.Value, r.UserAgent())
	}
}

// failed is a TB that keeps the first failure.
type failed struct{ text string }

func (f *failed) Helper() {}
func (f *failed) Fatalf(format string, args ...any) {
	if f.text == "" {
		f.text = fmt.Sprintf(format, args...)
	}
}

func TestLoginReturnsALoggedInClient(t *testing.T) {
	for _, scope := range []string{scopeBase, scopeUserInfo} {
		g := newRig(t)
		client := g.Login(t, guarded{"https://open.weixin.qq.com", "https://api.weixin.qq.com", scope, &http.Client{Transport: g.Transport()}, secret}, "jun")
		for _, address := range []string{"/me?x=1", "https://app.example.com/me", "/"} {
			res, err := client.Get(address)
			if err != nil {
				t.Fatal(err)
			}
			raw, _ := io.ReadAll(res.Body)
			if !strings.Contains(string(raw), " as "+g.OpenID(app, "jun")+", ") || !strings.Contains(string(raw), "MicroMessenger") {
				t.Errorf("rule: the client is logged in, by a path or a whole address; %s got %s", address, raw)
			}
		}
		if res, _ := client.Post("/order", "text/plain", strings.NewReader("x")); res.StatusCode != 200 {
			t.Errorf("rule: it can do more than GET; got %d", res.StatusCode)
		}
		if res, err := client.Get("/broken"); err == nil {
			t.Errorf("rule: a handler that closes the connection is an error; got %d", res.StatusCode)
		}
		if n := g.Calls(PathAuthorize); n != 1 {
			t.Errorf("rule: one login is one visit to WeChat; got %d", n)
		}
	}
}

func TestLoginOverASocket(t *testing.T) {
	sim, base, stop, err := Start(Config{Accounts: []Account{{AppID: app, Secret: secret, Domain: "app.example.com"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	client := sim.Login(t, guarded{base, base, scopeBase, http.DefaultClient, secret}, "lin", "/me")
	res, err := client.Get("/me")
	if err != nil {
		t.Fatal(err)
	}
	if raw, _ := io.ReadAll(res.Body); !strings.Contains(string(raw), sim.OpenID(app, "lin")) {
		t.Errorf("rule: the application may reach the simulator over a socket; got %s", raw)
	}
}

func TestLoginSaysWhatIsWrong(t *testing.T) {
	g := newRig(t)
	wechat := &http.Client{Transport: g.Transport()}
	for rule, tc := range map[string]struct {
		app    guarded
		person string
		page   string
		says   string
	}{
		"an unknown person":            {guarded{"", "", scopeBase, wechat, secret}, "x", "/", "no person"},
		"a page that is not guarded":   {guarded{"", "", scopeBase, wechat, secret}, "mei", "/open", "did not send the visitor to WeChat"},
		"a link that WeChat refuses":   {guarded{"", "", "snsapi_x", wechat, secret}, "mei", "/", "error \"10005\""},
		"an application that says no":  {guarded{"", "", scopeBase, wechat, "wrong"}, "mei", "/", "answered 403: refused"},
		"an application without sim":   {guarded{"", "http://127.0.0.1:1", scopeBase, http.DefaultClient, secret}, "mei", "/", "answered 503"},
		"a handler that panics at all": {guarded{"", "", scopeBase, wechat, secret}, "mei", "/broken", "did not come to its end"},
	} {
		if tc.app.openURL == "" {
			tc.app.openURL = "https://open.weixin.qq.com"
		}
		if tc.app.apiURL == "" {
			tc.app.apiURL = "https://api.weixin.qq.com"
		}
		var f failed
		if client := g.Login(&f, tc.app, tc.person, tc.page); client != nil || !strings.Contains(f.text, tc.says) {
			t.Errorf("rule: Login says what is wrong with %s; got %q", rule, f.text)
		}
	}
}
