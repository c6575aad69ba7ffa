package platform

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/nethttp"
)

// shops serves accounts at /APPID/, each behind gates of its own.
func (r *rig) shops(p *Platform, appIDs ...string) http.Handler {
	r.t.Helper()
	mux := http.NewServeMux()
	for _, appID := range appIDs {
		auth := r.auth(p, appID)
		page := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			u := nethttp.User(req)
			io.WriteString(w, "user "+u.AppID+" "+u.OpenID+" "+u.Nickname)
		})
		mux.Handle("/"+appID+"/", nethttp.Require(auth)(page))
		mux.Handle("/"+appID+"/profile", nethttp.Require(auth, core.Prompt)(page))
		mux.Handle("/"+appID+"/members", nethttp.Require(auth, core.MustFollow)(page))
		mux.Handle("/"+appID+"/logout", nethttp.Logout(auth))
	}
	return mux
}

// visitor is a person's WeChat: a browser that keeps cookies and follows redirects
// between the app, in process, and the simulator.
type visitor struct {
	*http.Client
	t      *testing.T
	sim    string
	app    http.Handler
	jar    *cookiejar.Jar
	person string
	seen   []string // every Location
	change func(callback *url.URL)
}

func (r *rig) visitor(app http.Handler, person string) *visitor {
	v := &visitor{t: r.t, sim: r.url, app: app, person: person}
	v.jar, _ = cookiejar.New(nil)
	v.Client = &http.Client{Transport: v, Jar: v.jar, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		v.seen = append(v.seen, req.URL.String())
		if req.URL.Host == saas && v.change != nil && req.URL.Query().Get("code") != "" {
			v.change(req.URL)
		}
		if len(via) > 12 {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	return v
}

func (v *visitor) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50")
	req.Header.Set("Accept", "text/html")
	if strings.HasPrefix(req.URL.String(), v.sim) {
		req.AddCookie(&http.Cookie{Name: "wxsim_person", Value: v.person})
		return http.DefaultTransport.RoundTrip(req)
	}
	w := httptest.NewRecorder()
	in := httptest.NewRequest(req.Method, req.URL.String(), req.Body)
	in.Header, in.RequestURI = req.Header, req.URL.RequestURI() // as a server gets it
	v.app.ServeHTTP(w, in)
	return w.Result(), nil
}

// page opens a page of the app and returns its status and text. A consent page of
// WeChat's is agreed to.
func (v *visitor) page(path string) (status int, text string) {
	v.t.Helper()
	res, err := v.Get("https://" + saas + path)
	if err != nil {
		v.t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if _, after, found := strings.Cut(string(body), `name="uuid" value="`); found {
		uuid, _, _ := strings.Cut(after, `"`)
		res, err = v.PostForm(v.sim+wxsim.PathAuthorizeReply, url.Values{"uuid": {uuid}, "person": {v.person}, "allow": {"1"}})
		if err != nil {
			v.t.Fatal(err)
		}
		body, _ = io.ReadAll(res.Body)
		res.Body.Close()
	}
	return res.StatusCode, string(body)
}

func TestVisitorsLogInToAnAccountWithoutASecret(t *testing.T) {
	r := newRig(t)
	p := r.ready()
	r.connect(shopA)
	r.connect(shopB)
	app := r.shops(p, shopA, shopB)
	v := r.visitor(app, "mei")
	if status, text := v.page("/" + shopA + "/tea?a=1"); status != 200 || text != "user "+shopA+" "+r.sim.OpenID(shopA, "mei")+" " {
		t.Errorf("rule: a silent login: %d %s", status, text)
	}
	link, _ := url.Parse(v.seen[0])
	if want := "&state=" + link.Query().Get("state") + "&component_appid=" + platformID; !strings.HasSuffix(link.RawQuery, want) || link.Fragment != "wechat_redirect" {
		t.Errorf("rule: component_appid stands behind state, and nothing behind it: %s", link)
	}
	if last := v.seen[len(v.seen)-1]; last != "https://"+saas+"/"+shopA+"/tea?a=1" {
		t.Errorf("rule: it ends on the page that was asked for, without WeChat's appid: %s", last)
	}
	if status, text := v.page("/" + shopA + "/profile"); status != 200 || !strings.HasSuffix(text, "梅") && !strings.Contains(text, r.sim.OpenID(shopA, "mei")+" ") {
		t.Errorf("rule: a login with nickname: %d %s", status, text)
	}
	if status, _ := v.page("/" + shopA + "/members"); status != 403 {
		t.Errorf("rule: who does not follow is asked to: %d", status)
	}
	if err := r.sim.Follow(t.Context(), shopA, "mei"); err != nil {
		t.Errorf("rule: the follow is pushed to the platform: %v", err)
	}
	if status, text := v.page("/" + shopA + "/members"); status != 200 {
		t.Errorf("rule: who follows is let in with the next request: %d %s", status, text)
	}
	if status, text := v.page("/" + shopB + "/"); status != 200 || !strings.Contains(text, shopB+" "+r.sim.OpenID(shopB, "mei")) {
		t.Errorf("rule: at another account the same person is another openid: %d %s", status, text)
	}
	if status, text := v.page("/" + shopA + "/"); status != 200 || !strings.Contains(text, shopA) {
		t.Errorf("rule: and stays logged in at the first: %d %s", status, text)
	}
	auth := r.auth(p, shopA)
	if ticket, err := auth.AccountToken().JSTicket(t.Context()); err != nil || ticket == "" {
		t.Errorf("rule: JS-SDK tickets come by the authorizer's token: %v", err)
	}
	if r.calls(wxsim.PathAccessToken)+r.calls(wxsim.PathStableToken)+r.calls(wxsim.PathToken) != 0 {
		t.Error("rule: no call needs the account's secret")
	}
	if _, err := core.New(core.Config{AppID: shopA, AppSecret: "s", PublicURL: "https://" + saas}); err == nil || !strings.Contains(err.Error(), "twice on one site") {
		t.Errorf("rule: the same account with a secret of its own on one site is a set-up error: %v", err)
	}
	if _, err := core.New(core.Config{AppID: shopA, AppSecret: "s"}); err == nil {
		t.Error("rule: also on any site")
	}
	own, err := core.New(core.Config{AppID: shopA, AppSecret: "s", PublicURL: "https://elsewhere.example.com"})
	if err != nil {
		t.Fatalf("rule: on another site it is allowed: %v", err)
	}
	own.Close()
	p.Close()
	if own, err = core.New(core.Config{AppID: shopA, AppSecret: "s"}); err != nil {
		t.Errorf("rule: and once the platform is closed: %v", err)
	} else {
		own.Close()
	}
}

func TestTheCallbacksAppIDMustBeTheAccounts(t *testing.T) {
	r := newRig(t)
	p := r.ready()
	r.connect(shopA)
	r.connect(shopB)
	app := r.shops(p, shopA, shopB)
	set := func(name, value string) func(*url.URL) {
		return func(u *url.URL) {
			q := u.Query()
			q.Set(name, value)
			u.RawQuery = q.Encode()
		}
	}
	for rule, change := range map[string]func(*url.URL){
		"another account's":        set("appid", shopB),
		"none":                     set("appid", ""),
		"not an app id":            set("appid", "%00<script>"),
		"the platform's":           set("appid", platformID),
		"the right one, then more": func(u *url.URL) { u.RawQuery += "&appid=" + shopB },
		"missing": func(u *url.URL) {
			q := u.Query()
			q.Del("appid")
			u.RawQuery = q.Encode()
		},
		"in another case": func(u *url.URL) { u.RawQuery = strings.Replace(u.RawQuery, "appid=wx", "appid=WX", 1) },
	} {
		r.sim.ResetCalls()
		v := r.visitor(app, "mei")
		v.change = change
		status, text := v.page("/" + shopA + "/")
		if status != 400 || !strings.Contains(text, `data-page="stuck"`) || r.calls(wxsim.PathComponentAccessToken) != 0 {
			t.Errorf("rule: a code beside another appid is never spent, and the login ends after three attempts (%s): %d, %d exchanges, %d at WeChat", rule, status, r.calls(wxsim.PathComponentAccessToken), r.calls(wxsim.PathAuthorize))
		}
	}
	v := r.visitor(app, "mei")
	v.change = func(u *url.URL) { u.Path = "/" + shopB + "/" }
	if status, text := v.page("/" + shopA + "/"); status == 200 && strings.Contains(text, shopA) {
		t.Errorf("rule: a callback of one account logs nobody in to another: %d %s", status, text)
	}
	v = r.visitor(app, "mei")
	if status, text := v.page("/" + shopA + "/?appid=" + shopB + "&code=x"); status != 200 || v.seen[len(v.seen)-1] != "https://"+saas+"/"+shopA+"/?appid="+shopB+"&code=x" {
		t.Errorf("rule: a page with parameters of these names comes back byte for byte: %d %s %v", status, text, v.seen)
	}
}

func TestAMerchantWhoLeavesInTheMiddleOfALogin(t *testing.T) {
	for _, pushed := range []bool{true, false} {
		r := newRig(t)
		p := r.ready()
		r.connect(shopA)
		app := r.shops(p, shopA)
		before := r.visitor(app, "lei")
		before.page("/" + shopA + "/")
		r.sim.SetPlatformMode(platformID, wxsim.PlatformMode{WithoutPush: !pushed})
		r.sim.Advance(time.Second)
		v := r.visitor(app, "mei")
		left := false
		v.change = func(*url.URL) {
			if !left {
				left = true
				r.disconnect(shopA)
			}
		}
		status, text := v.page("/" + shopA + "/")
		if status != 403 || !strings.Contains(text, `data-page="withdrawn"`) || r.calls(wxsim.PathAuthorize) != 2 {
			t.Errorf("rule: the visitor reads that the account is gone, without a loop (pushed: %v): %d, %d times at WeChat: %.200s", pushed, status, r.calls(wxsim.PathAuthorize), text)
		}
		exchanges := 1 // the one of before
		if !pushed {
			exchanges++
		}
		if n := r.calls(wxsim.PathComponentAccessToken); n != exchanges {
			t.Errorf("rule: a code is not sent to WeChat once the platform knows that the account is gone (pushed: %v): %d exchanges", pushed, n)
		}
		if status, text := v.page("/" + shopA + "/"); status != 403 || !strings.Contains(text, `data-page="withdrawn"`) || r.calls(wxsim.PathAuthorize) != 2 {
			t.Errorf("rule: from then on nobody is sent to WeChat: %d %.100s", status, text)
		}
		if status, _ := before.page("/" + shopA + "/"); status != 200 {
			t.Errorf("rule: who is logged in stays so: %d", status)
		}
		r.sim.SetPlatformMode(platformID, wxsim.PlatformMode{})
		r.sim.Advance(time.Second)
		r.connect(shopA)
		if status, _ := r.visitor(app, "mei").page("/" + shopA + "/"); status != 200 {
			t.Errorf("rule: a merchant who comes back has visitors again, through the same gates: %d", status)
		}
	}
}

func TestTroubleWithThePlatformsTokenInALogin(t *testing.T) {
	r := newRig(t)
	p := r.ready()
	r.connect(shopA)
	app := r.shops(p, shopA)
	for i, code := range []int{40001, 40014, 42001, 42006} {
		r.sim.Fail(wxsim.PathComponentAccessToken, wxsim.Fault{Code: code, Times: 1})
		r.sim.Advance(time.Second)
		if status, text := r.visitor(app, "mei").page("/" + shopA + "/"); status != 200 || r.calls(wxsim.PathAuthorize) != i+1 {
			t.Errorf("rule: on %d the platform's token is renewed once, and the login goes on: %d %.200s", code, status, text)
		}
	}
	for _, code := range []int{61004, 61007, 61011, 41018, 41021} {
		r.sim.ResetCalls()
		r.sim.Fail(wxsim.PathComponentAccessToken, wxsim.Fault{Code: code, Times: 1})
		if status, text := r.visitor(app, "mei").page("/" + shopA + "/"); status != 503 || r.calls(wxsim.PathAuthorize) != 1 || r.calls(wxsim.PathComponentAccessToken) != 1 {
			t.Errorf("rule: on %d a page says that the login is unavailable, without a loop: %d %.200s", code, status, text)
		}
	}
	for _, code := range []int{40029, 40163} {
		r.sim.ResetCalls()
		r.sim.Fail(wxsim.PathComponentAccessToken, wxsim.Fault{Code: code, Times: 1})
		if status, _ := r.visitor(app, "mei").page("/" + shopA + "/"); status != 200 || r.calls(wxsim.PathAuthorize) != 2 {
			t.Errorf("rule: on %d the login starts anew, as ever: %d", code, status)
		}
	}
	if text := r.log.String(); strings.Contains(text, "component_access_token=") || strings.Contains(text, "68_") {
		t.Errorf("rule: no token is in the log: %s", text)
	}
}
