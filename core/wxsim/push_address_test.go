package wxsim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestVerifyPush(t *testing.T) {
	for rule, tc := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		err    string
	}{
		"echostr, byte for byte, is right": {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Query().Get("echostr")) }, ""},
		"with a line break it is not":      {func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, r.URL.Query().Get("echostr")) }, "byte for byte"},
		"success is not":                   {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "success") }, "byte for byte"},
		"nothing is not":                   {func(w http.ResponseWriter, r *http.Request) {}, "byte for byte"},
		"another status is not": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(403)
			io.WriteString(w, r.URL.Query().Get("echostr"))
		}, "status 403"},
	} {
		for mode, key := range modes {
			g, v := pushRig(t, key)
			v.answer = tc.answer
			err := g.VerifyPush(context.Background(), app)
			if tc.err == "" && err != nil || tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)) {
				t.Errorf("rule: %s, %s; got %v", rule, mode, err)
			}
			if d := v.one(); d.method != "GET" || len(d.query.Get("echostr")) != 19 || d.query.Has("openid") {
				t.Errorf("rule: the address is verified by one GET with echostr, %s; got %+v", mode, d)
			}
		}
	}
	for _, appID := range []string{app, "wxunknown"} {
		if err := newRig(t).VerifyPush(context.Background(), appID); err == nil {
			t.Errorf("rule: without push address there is nothing to verify; %s", appID)
		}
	}
}

func TestPushSettings(t *testing.T) {
	g := newRig(t)
	for rule, tc := range map[string]struct{ url, token, key, wrong string }{
		"nothing is no push":                  {"", "", "", ""},
		"address and token are plain mode":    {"http://127.0.0.1:1/x?y=1", pushToken, "", ""},
		"a key makes it encrypted":            {"https://app.example.com/", pushToken, demoKey, ""},
		"a token may wait for its address":    {"", pushToken, demoKey, ""},
		"an address needs a token":            {"http://a/", "", "", "PushToken"},
		"a token has 3 characters":            {"http://a/", "ab", "", "PushToken"},
		"a token has 32 characters at most":   {"http://a/", strings.Repeat("a", 33), "", "PushToken"},
		"a token is letters and digits":       {"http://a/", "a-secret-token", "", "PushToken"},
		"an address is absolute":              {"/push", pushToken, "", "PushURL"},
		"an address is http or https":         {"ftp://a/", pushToken, "", "PushURL"},
		"an address has a host":               {"http://:80/", pushToken, "", "PushURL"},
		"an address has no user":              {"http://u:hidden@a/", pushToken, "", "PushURL"},
		"an address has no fragment":          {"http://a/#x", pushToken, "", "PushURL"},
		"an address has no control character": {"http://a/\n", pushToken, "", "PushURL"},
		"a key has 43 characters":             {"http://a/", pushToken, "short-hidden", "EncodingAESKey"},
	} {
		err := g.SetPush(app, tc.url, tc.token, tc.key)
		_, newErr := New(Config{Accounts: []Account{{AppID: "wx1", Secret: "s", Domain: "d", PushURL: tc.url, PushToken: tc.token, EncodingAESKey: tc.key}}})
		for _, err := range []error{err, newErr} {
			if tc.wrong == "" && err != nil || tc.wrong != "" && (err == nil || !strings.HasPrefix(err.Error(), "wxsim: ") || !strings.Contains(err.Error(), tc.wrong)) {
				t.Errorf("rule: %s; got %v", rule, err)
			}
			if err != nil && (strings.Contains(err.Error(), "hidden") || strings.Contains(err.Error(), "a-secret-token")) {
				t.Errorf("rule: an error shows no value (%s); got %v", rule, err)
			}
		}
	}
	if err := g.SetPush("wxunknown", "", "", ""); err == nil {
		t.Error("rule: the account must be known")
	}
	g, v := pushRig(t, "")
	g.SetPush(app, "", "", "")
	if err := g.Follow(context.Background(), app, "mei"); err != nil || len(v.all()) != 0 {
		t.Errorf("rule: without an address nothing is sent, and that is no error; got %v", err)
	}
}

func TestPushesAreShownWithoutSecrets(t *testing.T) {
	var log bytes.Buffer
	v := newReceiver(t, demoKey)
	g := newRig(t, func(c *Config) {
		c.Logger = slog.New(slog.NewJSONHandler(&log, nil))
		c.Accounts[0].PushURL, c.Accounts[0].PushToken, c.Accounts[0].EncodingAESKey = v.url+"&key=hush", pushToken, demoKey
	})
	ctx := context.Background()
	g.Follow(ctx, app, "mei")
	v.answer = func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }
	said := []error{g.SendText(ctx, app, "mei", "private"), g.VerifyPush(ctx, app)}
	g.SetPush(app, "http://127.0.0.1:1/?key=hush", pushToken, demoKey) // nobody listens on port 1
	said = append(said, g.Unfollow(ctx, app, "mei"))
	stable, ticket := g.stableBody(false).AccessToken, ""
	token := g.coreText()
	ticket = g.get(PathTicket + "?type=jsapi&access_token=" + token).Body.String()
	ticket = regexp.MustCompile(`[\w-]{86}`).FindString(ticket)
	g.use(token)
	g.json(PathFollowers+"?access_token="+token, `{"user_list":[{"openid":"`+g.OpenID(app, "mei")+`"}]}`)
	page := g.get("/").Body.String()
	for _, e := range said {
		if e == nil || !strings.HasPrefix(e.Error(), "wxsim: ") {
			t.Fatalf("rule: a push that fails is an error; got %v", said)
		}
		page += e.Error()
	}
	for _, hidden := range []string{secret, token, stable, ticket, pushToken, demoKey, "hush", "signature", g.OpenID(app, "mei"),
		v.all()[0].query.Get("signature"), v.all()[0].query.Get("nonce")} {
		if hidden == "" || strings.Contains(page, hidden) || strings.Contains(log.String(), hidden) {
			t.Errorf("rule: neither page, log nor error shows a secret, token, ticket or address; %q is there", hidden)
		}
	}
	if strings.Contains(log.String(), "private") || strings.Contains(said[0].Error(), "private") {
		t.Error("rule: what people write is on the page alone, not in the log or an error")
	}
	for _, c := range g.lastCalls() {
		page += c.Detail + "\n"
	}
	for _, shown := range []string{"private", "push=subscribe tries=1", ">已送达<", "push=text tries=3", "status 500", "push=verify tries=1", "push=unsubscribe tries=3",
		"grant_type=client_credential", "type=jsapi", PathStableToken, PathFollowers} {
		if !strings.Contains(page, shown) {
			t.Errorf("rule: the page shows each push and how it went, and the calls; no %q in\n%s", shown, page)
		}
	}
	if !strings.Contains(log.String(), `"what":"subscribe"`) {
		t.Errorf("rule: the log has the pushes, too; got %s", log.String())
	}
}
