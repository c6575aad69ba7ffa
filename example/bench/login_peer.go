package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/markbates/goth/providers/wechat"
	silenceper "github.com/silenceper/wechat/v2"
	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/officialaccount/config"
	silenceperutil "github.com/silenceper/wechat/v2/util"
	"golang.org/x/oauth2"

	"github.com/seed467724c4/wechat/core"
)

// loginPeer turns a code into a user, as the callback handler of an app does it with a
// library.
type loginPeer struct {
	// start is what happens before the visitor goes to WeChat; it may be nil.
	start func(scope string) error
	// login is the callback. The visitor waits for it.
	login func(ctx context.Context, code, scope string) error
	// idle closes what the server has closed after a minute without logins.
	idle  func()
	close func()
}

// loginPeers are made anew for every process that is measured.
var loginPeers = []struct {
	name   string
	silent bool // it can log in without the profile
	make   func(api string) (*loginPeer, error)
}{
	{"wechat (this library)", true, ourLogin},
	{"net/http, connections kept", true, bareLogin},
	{"x/oauth2, connections kept", true, oauth2Login},
	{"silenceper/wechat", true, silenceperLogin},
	{"markbates/goth", false, gothLogin},
}

const inWeChatAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50(0x1800323b) NetType/WIFI Language/zh_CN"

// ourLogin goes through the gate: a redirect, and WeChat's way back.
func ourLogin(api string) (*loginPeer, error) {
	auth, err := core.New(core.Config{
		AppID: loginAppID, AppSecret: loginSecret, PublicURL: "https://app.example.com", OpenURL: "https://open.example.com", APIURL: "https://" + api,
	})
	if err != nil {
		return nil, err
	}
	gates := map[string]*core.Gate{
		string(core.Silent): core.NewGate(core.ModeRequire, auth), string(core.Prompt): core.NewGate(core.ModeRequire, auth, core.Prompt),
	}
	var state, cookie string
	visit := func(scope, target, cookie string) *core.Outcome {
		h := http.Header{"User-Agent": {inWeChatAgent}, "Accept": {"text/html"}}
		if cookie != "" {
			h.Set("Cookie", cookie)
		}
		return gates[scope].Handle(context.Background(), &core.Request{Method: "GET", Target: target, Host: "app.example.com", TLS: true, Header: h})
	}
	return &loginPeer{
		start: func(scope string) error {
			out := visit(scope, "/me", "")
			to, err := url.Parse(out.Header.Get("Location"))
			if err != nil || out.Status != http.StatusFound {
				return fmt.Errorf("no start of a login: %d %v", out.Status, err)
			}
			state = to.Query().Get("state")
			cookie, _, _ = strings.Cut(out.Header.Get("Set-Cookie"), ";")
			return nil
		},
		login: func(_ context.Context, code, scope string) error {
			if out := visit(scope, "/me?code="+code+"&state="+state, cookie); out.Status != http.StatusSeeOther {
				return fmt.Errorf("no login: %d %v", out.Status, out.Err)
			}
			return nil
		},
		close: func() { auth.Close() },
	}, nil
}

// keptConnections is net/http as it comes, with WeChat at another address.
func keptConnections(api string) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, api)
	}
	transport.TLSClientConfig = &tls.Config{}
	return &http.Client{Transport: transport}
}

func get(ctx context.Context, client *http.Client, target string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

type loginReply struct {
	AccessToken string `json:"access_token"`
	OpenID      string `json:"openid"`
	Nickname    string `json:"nickname"`
}

func profile(ctx context.Context, client *http.Client, token, openID string) error {
	var r loginReply
	err := get(ctx, client, "https://"+wechatHost+"/sns/userinfo?access_token="+url.QueryEscape(token)+"&openid="+openID+"&lang=zh_CN", &r)
	if err == nil && r.Nickname == "" {
		err = errors.New("no profile")
	}
	return err
}

func bareLogin(api string) (*loginPeer, error) {
	client := keptConnections(api)
	return &loginPeer{idle: client.CloseIdleConnections, close: client.CloseIdleConnections, login: func(ctx context.Context, code, scope string) error {
		var r loginReply
		err := get(ctx, client, "https://"+wechatHost+"/sns/oauth2/access_token?appid="+loginAppID+"&secret="+loginSecret+"&code="+code+"&grant_type=authorization_code", &r)
		if err != nil || r.OpenID == "" {
			return fmt.Errorf("no login: %v", err)
		}
		if scope == string(core.Prompt) {
			return profile(ctx, client, r.AccessToken, r.OpenID)
		}
		return nil
	}}, nil
}

// asJSON names the content type that x/oauth2 needs; WeChat sends text/plain.
type asJSON struct{ next http.RoundTripper }

func (t asJSON) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if err == nil {
		resp.Header.Set("Content-Type", "application/json")
	}
	return resp, err
}

func oauth2Login(api string) (*loginPeer, error) {
	kept := keptConnections(api)
	client := &http.Client{Transport: asJSON{kept.Transport}}
	cfg := &oauth2.Config{ClientID: loginAppID, ClientSecret: loginSecret, Endpoint: oauth2.Endpoint{
		AuthStyle: oauth2.AuthStyleInParams,
		TokenURL:  "https://" + wechatHost + "/sns/oauth2/access_token?appid=" + loginAppID + "&secret=" + loginSecret + "&grant_type=authorization_code",
	}}
	return &loginPeer{idle: kept.CloseIdleConnections, close: kept.CloseIdleConnections, login: func(ctx context.Context, code, scope string) error {
		token, err := cfg.Exchange(context.WithValue(ctx, oauth2.HTTPClient, client), code)
		if err != nil {
			return err
		}
		openID, _ := token.Extra("openid").(string)
		if scope == string(core.Prompt) {
			return profile(ctx, client, token.AccessToken, openID)
		}
		return nil
	}}, nil
}

// silenceperLogin shares its client with the whole process, so it is measured in one of
// its own.
func silenceperLogin(api string) (*loginPeer, error) {
	client := keptConnections(api)
	silenceperutil.DefaultHTTPClient = client
	oauth := silenceper.NewWechat().GetOfficialAccount(&config.Config{AppID: loginAppID, AppSecret: loginSecret, Cache: cache.NewMemory()}).GetOauth()
	return &loginPeer{idle: client.CloseIdleConnections, close: client.CloseIdleConnections, login: func(ctx context.Context, code, scope string) error {
		token, err := oauth.GetUserAccessTokenContext(ctx, code)
		if err == nil && scope == string(core.Prompt) {
			_, err = oauth.GetUserInfoContext(ctx, token.AccessToken, token.OpenID, "zh_CN")
		}
		return err
	}}, nil
}

// gothLogin always reads the profile.
func gothLogin(api string) (*loginPeer, error) {
	client := keptConnections(api)
	http.DefaultClient = client // goth offers no other way in; this process is its own
	provider := wechat.New(loginAppID, loginSecret, "https://app.example.com/callback", wechat.WECHAT_LANG_CN)
	return &loginPeer{idle: client.CloseIdleConnections, close: client.CloseIdleConnections, login: func(_ context.Context, code, _ string) error {
		session, err := provider.BeginAuth("state")
		if err != nil {
			return err
		}
		if _, err := session.Authorize(provider, url.Values{"code": {code}}); err != nil {
			return err
		}
		_, err = provider.FetchUser(session)
		return err
	}}, nil
}
