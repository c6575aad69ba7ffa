package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/silenceper/wechat/v2/openplatform"
	"github.com/silenceper/wechat/v2/openplatform/config"
	"github.com/silenceper/wechat/v2/util"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// TestAForeignSDKIsAPlatformOfTheSimulator goes the whole way with silenceper/wechat,
// whose addresses are WeChat's own: from the pushed ticket to a visitor's openid, and to
// 61003 once the merchant has left.
func TestAForeignSDKIsAPlatformOfTheSimulator(t *testing.T) {
	const (
		id, secret = "wxf0re16000000001", "made-up-secret-of-the-sdk"
		token      = "tokenOfTheSDK"
		aesKey     = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	)
	sdk := openplatform.NewOpenPlatform(&config.Config{AppID: id, AppSecret: secret, Token: token, EncodingAESKey: aesKey, Cache: cache.NewMemory()})
	var mu sync.Mutex
	var events []*message.MixMessage
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		server := sdk.GetServer(r, w)
		server.SetMessageHandler(func(m *message.MixMessage) *message.Reply {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, m)
			return nil
		})
		if err := server.Serve(); err != nil {
			http.Error(w, "refused", http.StatusForbidden)
			return
		}
		io.WriteString(w, "success") // the SDK leaves the answer to an encrypted event to the app
	}))
	defer receiver.Close()
	sim, err := wxsim.New(wxsim.Config{
		Accounts: []wxsim.Account{{AppID: teaShop, Secret: "s", Domain: "tea.example.com", Name: "清风茶舍"}},
		Platforms: []wxsim.Platform{{AppID: id, Secret: secret, Domain: "saas.example.com", Token: token, EncodingAESKey: aesKey,
			EventURL: receiver.URL}},
		AnyBrowser: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	before := util.DefaultHTTPClient
	util.DefaultHTTPClient = &http.Client{Transport: sim.Transport()}
	defer func() { util.DefaultHTTPClient = before }()
	ctx := t.Context()
	last := func(kind message.InfoType) *message.MixMessage {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if len(events) == 0 || events[len(events)-1].InfoType != kind {
			t.Fatalf("rule: the SDK reads the event %s: %d events", kind, len(events))
		}
		return events[len(events)-1]
	}

	if err := sim.PushTicket(ctx, id); err != nil {
		t.Fatalf("rule: the SDK takes the ticket: %v", err)
	}
	component, err := sdk.SetComponentAccessToken(ctx, last(message.InfoTypeVerifyTicket).ComponentVerifyTicket)
	if err != nil || component.AccessToken == "" {
		t.Fatalf("rule: the ticket gives component_access_token: %v", err)
	}

	// The merchant agrees on the page.
	page, err := sdk.GetComponentLoginPage("https://saas.example.com/back", 1, "")
	if err != nil {
		t.Fatal(err)
	}
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Transport: sim.Transport(), Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := browser.Get(page)
	if err != nil {
		t.Fatal(err)
	}
	html, _ := io.ReadAll(res.Body)
	uuid := regexp.MustCompile(`name="uuid" value="([0-9A-Za-z]+)"`).FindSubmatch(html)
	if uuid == nil {
		t.Fatalf("rule: the SDK's link shows the consent page: %s", res.Header.Get("X-Wxsim-Error"))
	}
	res, err = browser.PostForm("https://mp.weixin.qq.com"+wxsim.PathComponentReply, url.Values{"uuid": {string(uuid[1])}, "account": {teaShop}, "allow": {"1"}})
	if err != nil {
		t.Fatal(err)
	}
	back, _ := res.Location()
	if event := last(message.InfoTypeAuthorized); event.AuthorizerAppid != teaShop {
		t.Errorf("rule: the SDK reads whose consent it is: %q", event.AuthorizerAppid)
	}
	account, err := sdk.QueryAuthCode(back.Query().Get("auth_code"))
	if err != nil || account.Appid != teaShop || account.RefreshToken == "" {
		t.Fatalf("rule: the code gives the account's tokens: %+v %v", account, err)
	}
	if renewed, err := sdk.RefreshAuthrToken(teaShop, account.RefreshToken); err != nil || renewed.AccessToken == "" {
		t.Errorf("rule: the refresh token gives a new token: %v", err)
	}

	// A visitor logs in.
	oauth := sdk.GetOfficialAccount(teaShop).PlatformOauth()
	visit := func() string {
		link, err := oauth.GetRedirectURL("https://saas.example.com/shop", "snsapi_base", "state1", teaShop)
		if err != nil {
			t.Fatal(err)
		}
		res, err := browser.Get(link)
		if err != nil {
			t.Fatal(err)
		}
		to, err := res.Location()
		if err != nil || !strings.HasPrefix(to.String(), "https://saas.example.com/shop?code=") || to.Query().Get("appid") != teaShop {
			t.Fatalf("rule: the visitor comes back with code and appid: %v, page %q", to, res.Header.Get("X-Wxsim-Error"))
		}
		return to.Query().Get("code")
	}
	if got, err := oauth.GetUserAccessToken(visit(), teaShop, component.AccessToken); err != nil || got.OpenID != sim.OpenID(teaShop, "mei") {
		t.Errorf("rule: the SDK logs the visitor in: %+v %v", got, err)
	}
	code := visit()
	if err := sim.Disconnect(ctx, id, teaShop); err != nil {
		t.Errorf("rule: the SDK takes the withdrawal: %v", err)
	}
	last(message.InfoTypeUnauthorized)
	if _, err := oauth.GetUserAccessToken(code, teaShop, component.AccessToken); err == nil || !strings.Contains(err.Error(), "61003") {
		t.Errorf("rule: of a merchant who has left, it is 61003: %v", err)
	}
}
