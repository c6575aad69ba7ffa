package wxapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// Every code that a third-party platform can meet, with what is done about it.
func TestCodesOfAPlatform(t *testing.T) {
	const exchange, query = componentExchangePath, queryAuthPath
	for _, c := range []struct {
		code     int
		endpoint string
		want     Class
		retry    bool
		done     string
	}{
		{40001, exchange, ClassRefresh, false, ""},
		{40014, exchange, ClassRefresh, false, ""},
		{42001, exchange, ClassRefresh, false, ""},
		{42006, exchange, ClassRefresh, false, ""},
		{42006, query, ClassRefresh, false, ""},
		{40001, componentTokenPath, ClassOperator, false, ""},
		{40125, componentTokenPath, ClassOperator, false, "AppSecret"},
		{41018, query, ClassOperator, false, "AppID"},
		{41021, query, ClassOperator, false, "token"},
		{61003, exchange, ClassUser, false, "authorise the platform again"},
		{61003, authorizerTokenPath, ClassUser, false, "authorise the platform again"},
		{61004, exchange, ClassOperator, false, "白名单IP地址列表"},
		{61005, componentTokenPath, ClassRetry, false, "api_start_push_ticket"},
		{61006, componentTokenPath, ClassRetry, false, "api_start_push_ticket"},
		{61007, query, ClassOperator, false, "权限集"},
		{61009, query, ClassUser, false, "consent again"},
		{61010, query, ClassUser, false, "consent again"},
		{61011, exchange, ClassOperator, false, "全网发布"},
		{61023, authorizerTokenPath, ClassUser, false, "api_get_authorizer_list"},
		{61024, tokenPath, ClassOperator, false, "platform"},
		{40029, exchange, ClassRestart, false, ""},
		{40163, exchange, ClassRestart, false, ""},
		{-1, exchange, ClassRetry, true, ""},
		{45011, exchange, ClassRetry, false, ""},
		{61003, "/sns/userinfo", ClassNone, false, ""},
	} {
		err := &Error{Endpoint: c.endpoint, Code: c.code}
		if err.Class() != c.want || Retryable(err) != c.retry {
			t.Errorf("rule: %d of %s is %v (once more: %v); got %v, %v", c.code, c.endpoint, c.want, c.retry, err.Class(), Retryable(err))
		}
		if c.done != "" && !strings.Contains(err.Advice(), c.done) {
			t.Errorf("rule: whoever runs the platform reads what to do about %d: %q", c.code, err.Advice())
		}
	}
	for code := range componentClasses {
		if _, ok := componentAdvices[code]; !ok {
			t.Errorf("rule: every code has an advice, or says that none is needed: %d", code)
		}
	}
	if !IsWithdrawn(fmt.Errorf("a: %w", &Error{Code: 61003})) || IsWithdrawn(&Error{Code: 61004}) || IsWithdrawn(nil) {
		t.Error("rule: 61003 alone says that the account is not delegated")
	}
}

// wechatFor answers every call with a body and keeps what was asked.
func wechatFor(t *testing.T, answers ...string) (base string, asked *[]*http.Request) {
	t.Helper()
	asked = &[]*http.Request{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := min(len(*asked), len(answers)-1)
		*asked = append(*asked, r)
		fmt.Fprint(w, answers[n])
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func TestALoginForAnAccountOfAPlatform(t *testing.T) {
	const good = `{"access_token":"TOKEN","expires_in":7200,"refresh_token":"REFRESH","openid":"oABCDEFGH","scope":"snsapi_base"}`
	base, asked := wechatFor(t, `{"errcode":42006,"errmsg":"component_access_token expired COMPONENT1"}`, good)
	var rejected []string
	c, err := New(Config{AppID: testAppID, AppSecret: testSecret, APIURL: base, Delegation: &Delegation{AppID: "wxplatform",
		Token: func(_ context.Context, refused string) (string, error) {
			rejected = append(rejected, refused)
			return fmt.Sprintf("COMPONENT%d", len(rejected)), nil
		}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.AuthorizeURL("https://a.example/", "snsapi_base", "S1"); !strings.HasSuffix(got, "&scope=snsapi_base&state=S1&component_appid=wxplatform#wechat_redirect") {
		t.Errorf("rule: component_appid comes last, as documented: %s", got)
	}
	token, err := c.Exchange(t.Context(), "CODE")
	if err != nil || token.OpenID != "oABCDEFGH" || !slices.Equal(rejected, []string{"", "COMPONENT1"}) {
		t.Errorf("rule: a refused platform token is replaced once: %v %v %q", token, err, rejected)
	}
	want := url.Values{"appid": {testAppID}, "code": {"CODE"}, "grant_type": {"authorization_code"}, "component_appid": {"wxplatform"}, "component_access_token": {"COMPONENT2"}}
	if got := (*asked)[1].URL; got.Path != "/sns/oauth2/component/access_token" || got.Query().Encode() != want.Encode() {
		t.Errorf("rule: the exchange names the platform and no secret: %s", got)
	}
	if _, err := c.Refresh(t.Context(), "REFRESH"); err != nil || (*asked)[2].URL.Path != "/sns/oauth2/component/refresh_token" || strings.Contains((*asked)[2].URL.RawQuery, testSecret) {
		t.Errorf("rule: so does the refresh: %v", err)
	}
	if _, err := c.AccountToken(AccountTokenConfig{}); err == nil {
		t.Error("rule: without a source there is no account token")
	}
	if _, err := New(Config{AppID: testAppID, AppSecret: testSecret, Delegation: &Delegation{}}); err == nil || !strings.Contains(err.Error(), "Delegation.AppID") || !strings.Contains(err.Error(), "Delegation.Token") {
		t.Errorf("rule: a delegation needs both fields: %v", err)
	}
	base, asked = wechatFor(t, `{"errcode":40001,"errmsg":"invalid credential COMPONENT"}`)
	c, _ = New(Config{AppID: testAppID, AppSecret: testSecret, APIURL: base, Delegation: &Delegation{AppID: "wxplatform",
		Token: func(context.Context, string) (string, error) { return "COMPONENT", nil }}})
	if _, err := c.Exchange(t.Context(), "CODE"); Classify(err) != ClassRefresh || len(*asked) != 2 || strings.Contains(err.Error(), "COMPONENT") {
		t.Errorf("rule: no third try, and no token in the error: %v, %d calls", err, len(*asked))
	}
	failed := errors.New("no token")
	c, _ = New(Config{AppID: testAppID, AppSecret: testSecret, APIURL: base, Delegation: &Delegation{AppID: "wxplatform",
		Token: func(context.Context, string) (string, error) { return "", failed }}})
	if _, err := c.Exchange(t.Context(), "CODE"); !errors.Is(err, failed) || len(*asked) != 2 {
		t.Errorf("rule: without a platform token WeChat is not asked: %v", err)
	}
}

func TestAnswersThatAreNoneAreRefused(t *testing.T) {
	ctx := t.Context()
	ask := map[string]func(*Component) error{
		"token":      func(c *Component) error { _, _, err := c.Token(ctx, "ticket"); return err },
		"pre-auth":   func(c *Component) error { _, err := c.PreAuthCode(ctx, "t"); return err },
		"query":      func(c *Component) error { _, err := c.QueryAuth(ctx, "t", "code"); return err },
		"authorizer": func(c *Component) error { _, err := c.AccountToken(ctx, "t", "wx1", "r"); return err },
		"list":       func(c *Component) error { _, _, err := c.Accounts(ctx, "t", 0); return err },
	}
	for _, body := range []string{
		``, `{}`, `<html>`, `null`, `[]`, `{"errcode":0}`,
		`{"component_access_token":"","pre_auth_code":"a b","authorization_info":{},"authorizer_access_token":5,"total_count":"x"}`,
		`{"component_access_token":{"a":1},"pre_auth_code":[],"authorization_info":"x","total_count":1,"list":{}}`,
		`{"authorization_info":{"authorizer_appid":"wx 1","authorizer_access_token":"t","authorizer_refresh_token":"r"},"total_count":-1,"list":[]}`,
		`{"authorization_info":{"authorizer_appid":"wx1","authorizer_access_token":"t","authorizer_refresh_token":"a\nb"}}`,
		`{"authorization_info":{"authorizer_appid":"wx1","authorizer_appid":"wx2","authorizer_access_token":"t","authorizer_refresh_token":"r"}}`,
	} {
		for name, call := range ask {
			base, _ := wechatFor(t, body)
			c, err := NewComponent(Config{AppID: "wxplatform", AppSecret: testSecret, APIURL: base})
			if err != nil {
				t.Fatal(err)
			}
			if err := call(c); !errors.Is(err, ErrReply) {
				t.Errorf("rule: %s is no answer to %s: %v", body, name, err)
			}
		}
	}
	base, _ := wechatFor(t, `{"authorization_info":{"authorizer_appid":"wx1","authorizer_access_token":"TOKEN","expires_in":7200,"authorizer_refresh_token":"refreshtoken@@@x","func_info":[{"funcscope_category":{"id":1}},{"funcscope_category":{"id":"4"}},{}]}}`)
	c, _ := NewComponent(Config{AppID: "wxplatform", AppSecret: testSecret, APIURL: base})
	a, err := c.QueryAuth(ctx, "t", "code")
	if err != nil || a.AppID != "wx1" || a.AccessToken != "TOKEN" || !slices.Equal(a.Permissions, []int{1, 4}) {
		t.Errorf("rule: a whole answer is read: %+v %v", a, err)
	}
	if text := fmt.Sprintf("%v %+v %#v %s", a, *a, *a, a); strings.Contains(text, "TOKEN") || strings.Contains(text, "refreshtoken") {
		t.Errorf("rule: it prints without tokens: %s", text)
	}
	if _, err := c.QueryAuth(ctx, "t", "a b"); !errors.Is(err, ErrCode) {
		t.Errorf("rule: what cannot be a code is not sent: %v", err)
	}
}
