package wxapi

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Paths of a third-party platform's own calls.
const (
	componentPrefix     = "/cgi-bin/component/"
	componentTokenPath  = componentPrefix + "api_component_token"
	startTicketPath     = componentPrefix + "api_start_push_ticket"
	preAuthCodePath     = componentPrefix + "api_create_preauthcode"
	queryAuthPath       = componentPrefix + "api_query_auth"
	authorizerTokenPath = componentPrefix + "api_authorizer_token"
	authorizerInfoPath  = componentPrefix + "api_get_authorizer_info"
	authorizerListPath  = componentPrefix + "api_get_authorizer_list"
)

// maxAuthorizers is how many accounts one page of the list has (api_get_authorizer_list).
const maxAuthorizers = 500

// Component makes the calls of a third-party platform (第三方平台) that are about the
// platform itself and the accounts that it acts for. It is safe for concurrent use.
// Every call is made once, or twice after -1 where that changes nothing. token is
// the platform's component_access_token everywhere.
type Component struct{ client *Client }

// NewComponent returns a client for the platform in cfg, whose AppID and AppSecret
// are component_appid and component_appsecret. It does not call WeChat.
func NewComponent(cfg Config) (*Component, error) {
	client, err := New(cfg)
	if err != nil {
		return nil, err
	}
	return &Component{client}, nil
}

// Close closes idle connections.
func (c *Component) Close() { c.client.Close() }

// Authorization is what a platform holds of an account that has agreed. It masks its
// tokens in fmt.
type Authorization struct {
	// AppID is the account's.
	AppID string

	// AccessToken (authorizer_access_token) is the account's token for the endpoints
	// below /cgi-bin; empty in answers without one. ExpiresIn is its life, 2 hours as
	// documented.
	AccessToken string
	ExpiresIn   time.Duration

	// RefreshToken (authorizer_refresh_token) gets new access tokens until the account
	// takes its consent back. Whoever loses it finds it in the list of accounts.
	RefreshToken string

	// Permissions are the ids of the permission sets (权限集) that were granted.
	Permissions []int
}

// String shows no token.
func (a Authorization) String() string {
	return fmt.Sprintf("wxapi.Authorization{AppID: %q, AccessToken: %s, RefreshToken: %s}", a.AppID, masked(a.AccessToken), masked(a.RefreshToken))
}

// GoString is String.
func (a Authorization) GoString() string { return a.String() }

// Format writes String for every verb.
func (a Authorization) Format(s fmt.State, verb rune) { format(s, verb, a.String()) }

// AuthorizerInfo describes an account that has agreed.
type AuthorizerInfo struct {
	Name        string // nick_name
	OriginalID  string // user_name, "gh_" and 12 digits
	Verified    bool   // verify_type_info is 0 or more
	Service     bool   // a service account (服务号), service_type_info 2
	Permissions []int
}

// Token gets a component_access_token for a component_verify_ticket
// (api_component_token). 61005 and 61006 mean that the ticket is too old or wrong.
func (c *Component) Token(ctx context.Context, ticket string) (token string, life time.Duration, err error) {
	r, err := c.client.doRetryBusy(ctx, call{op: "component token", ownDial: true, path: componentTokenPath, secrets: []string{ticket}, body: struct {
		AppID  string `json:"component_appid"`
		Secret string `json:"component_appsecret"`
		Ticket string `json:"component_verify_ticket"`
	}{c.client.appID, c.client.secret(), ticket}})
	if err != nil {
		return "", 0, err
	}
	f, err := r.fetched("component_access_token", false)
	return f.value, f.life, err
}

// StartTickets asks WeChat to push tickets again (api_start_push_ticket). The ticket
// comes as a push.
func (c *Component) StartTickets(ctx context.Context) error {
	_, err := c.client.doRetryBusy(ctx, call{op: "start tickets", ownDial: true, path: startTicketPath, body: struct {
		AppID  string `json:"component_appid"`
		Secret string `json:"component_secret"`
	}{c.client.appID, c.client.secret()}})
	return err
}

// PreAuthCode gets a code that one consent page is opened with
// (api_create_preauthcode).
func (c *Component) PreAuthCode(ctx context.Context, token string) (string, error) {
	r, err := c.withToken(ctx, preAuthCodePath, "pre-auth code", token, struct {
		AppID string `json:"component_appid"`
	}{c.client.appID})
	if err != nil {
		return "", err
	}
	code, ok := r.text("pre_auth_code")
	if !ok || !authCodeShape(code) {
		return "", r.bad("it has no valid pre_auth_code")
	}
	return code, nil
}

// ConsentURL is the page on which an account's administrator agrees that the platform
// acts for the account: on a computer, or inside WeChat on a phone. It must be opened
// by a click on a page of the registered 授权发起页域名 that sends its Referer.
// redirectURI gets auth_code and expires_in. pages is where the page for computers
// is; "" for https://mp.weixin.qq.com. appID, if not "", is the only account that the
// administrator can choose.
func (c *Component) ConsentURL(pages, preAuthCode, redirectURI, appID string, phone bool) string {
	query := []string{"component_appid", c.client.appID, "pre_auth_code", preAuthCode, "redirect_uri", redirectURI, "auth_type", "1"}
	if appID != "" {
		query = append(query[:6], "biz_appid", appID)
	}
	if phone {
		return c.client.openURL + "/wxaopen/safe/bindcomponent?action=bindcomponent&no_scan=1&" + orderedQuery(query...) + "#wechat_redirect"
	}
	if pages == "" {
		pages = "https://mp.weixin.qq.com"
	}
	return strings.TrimRight(pages, "/") + "/cgi-bin/componentloginpage?" + orderedQuery(query...)
}

// QueryAuth turns the authorization code of a consent into the account's tokens
// (api_query_auth). A code works once, within an hour: then 61009 or 61010.
func (c *Component) QueryAuth(ctx context.Context, token, code string) (*Authorization, error) {
	if !authCodeShape(code) {
		return nil, ErrCode
	}
	r, err := c.withTokenOnce(ctx, queryAuthPath, "authorization", token, struct {
		AppID string `json:"component_appid"`
		Code  string `json:"authorization_code"`
	}{c.client.appID, code}, code)
	if err != nil {
		return nil, err
	}
	info, err := r.object("authorization_info")
	if err != nil {
		return nil, err
	}
	return info.authorization(true)
}

// AccountToken gets a new authorizer_access_token for an account
// (api_authorizer_token). 61023 means that the refresh token is not the one in
// force, 61003 that the account took its consent back.
func (c *Component) AccountToken(ctx context.Context, token, appID, refreshToken string) (*Authorization, error) {
	r, err := c.withToken(ctx, authorizerTokenPath, "account token", token, struct {
		AppID   string `json:"component_appid"`
		Account string `json:"authorizer_appid"`
		Refresh string `json:"authorizer_refresh_token"`
	}{c.client.appID, appID, refreshToken}, refreshToken)
	if err != nil {
		return nil, err
	}
	f, err := r.fetched("authorizer_access_token", false)
	if err != nil {
		return nil, err
	}
	a := &Authorization{AppID: appID, AccessToken: f.value, ExpiresIn: f.life, RefreshToken: refreshToken}
	if s, ok := r.text("authorizer_refresh_token"); ok && authCodeShape(s) {
		a.RefreshToken = s
	}
	return a, nil
}

// AccountInfo describes an account that has agreed (api_get_authorizer_info).
func (c *Component) AccountInfo(ctx context.Context, token, appID string) (*AuthorizerInfo, error) {
	r, err := c.withToken(ctx, authorizerInfoPath, "account info", token, struct {
		AppID   string `json:"component_appid"`
		Account string `json:"authorizer_appid"`
	}{c.client.appID, appID})
	if err != nil {
		return nil, err
	}
	about, err := r.object("authorizer_info")
	if err != nil {
		return nil, err
	}
	info := &AuthorizerInfo{}
	info.Name, _ = about.text("nick_name")
	if id, ok := about.text("user_name"); ok && idShape.MatchString(id) {
		info.OriginalID = id
	}
	if kind, err := about.object("service_type_info"); err == nil {
		id, ok := kind.number("id")
		info.Service = ok && id == 2
	}
	if kind, err := about.object("verify_type_info"); err == nil {
		id, ok := kind.number("id")
		info.Verified = ok && id >= 0 && kind.has("id")
	}
	if granted, err := r.object("authorization_info"); err == nil {
		info.Permissions = granted.permissions()
	}
	return info, nil
}

// Accounts lists the accounts that have agreed, with their refresh tokens, from
// offset on, at most 500 at once (api_get_authorizer_list). total is how many there
// are in all.
func (c *Component) Accounts(ctx context.Context, token string, offset int) (page []Authorization, total int, err error) {
	r, err := c.withToken(ctx, authorizerListPath, "accounts", token, struct {
		AppID  string `json:"component_appid"`
		Offset int    `json:"offset"`
		Count  int    `json:"count"`
	}{c.client.appID, offset, maxAuthorizers})
	if err != nil {
		return nil, 0, err
	}
	total, ok := r.number("total_count")
	if !ok || total < 0 {
		return nil, 0, r.bad("its total_count is not a number")
	}
	var list []struct {
		AppID   string `json:"authorizer_appid"`
		Refresh string `json:"refresh_token"`
	}
	if json.Unmarshal(r.fields["list"], &list) != nil || len(list) > maxAuthorizers {
		return nil, 0, r.bad("its list is not one of accounts")
	}
	for _, a := range list {
		if credentialShape.MatchString(a.AppID) && authCodeShape(a.Refresh) {
			page = append(page, Authorization{AppID: a.AppID, RefreshToken: a.Refresh})
		}
	}
	return page, total, nil
}

// withToken sends a call that may be repeated after -1.
func (c *Component) withToken(ctx context.Context, path, op, token string, body any, secrets ...string) (reply, error) {
	return c.client.doRetryBusy(ctx, c.call(path, op, token, body, secrets))
}

// withTokenOnce sends a call that spends a code.
func (c *Component) withTokenOnce(ctx context.Context, path, op, token string, body any, secrets ...string) (reply, error) {
	return c.client.do(ctx, c.call(path, op, token, body, secrets))
}

func (c *Component) call(path, op, token string, body any, secrets []string) call {
	out := call{op: op, ownDial: true, path: path, query: []string{"component_access_token", token}, secrets: append(secrets, token), body: body}
	if path == authorizerListPath {
		out.limit = 1 << 20 // 500 accounts
	}
	return out
}

// authorization reads authorization_info.
func (r reply) authorization(withToken bool) (*Authorization, error) {
	a := &Authorization{}
	var ok bool
	if a.AppID, ok = r.text("authorizer_appid"); !ok || !credentialShape.MatchString(a.AppID) {
		return nil, r.bad("it has no valid authorizer_appid")
	}
	if a.RefreshToken, ok = r.text("authorizer_refresh_token"); !ok || !authCodeShape(a.RefreshToken) {
		return nil, r.bad("it has no valid authorizer_refresh_token")
	}
	if a.AccessToken, ok = r.text("authorizer_access_token"); withToken && (!ok || !tokenShape.MatchString(a.AccessToken)) {
		return nil, r.bad("it has no valid authorizer_access_token")
	}
	a.ExpiresIn = r.expiresIn()
	a.Permissions = r.permissions()
	return a, nil
}

// permissions reads func_info. Entries that cannot be read are left out.
func (r reply) permissions() []int {
	var list []struct {
		Category struct {
			ID json.Number `json:"id"`
		} `json:"funcscope_category"`
	}
	if json.Unmarshal(r.fields["func_info"], &list) != nil {
		return nil
	}
	var ids []int
	for _, f := range list {
		if id, err := strconv.Atoi(f.Category.ID.String()); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// object reads a field that is an object.
func (r reply) object(name string) (reply, error) {
	inner := reply{status: r.status, fields: map[string]json.RawMessage{}}
	if len(r.fields[name]) == 0 || inner.read(r.fields[name]) != nil {
		return reply{}, r.bad("it has no valid " + name)
	}
	return inner, nil
}

// authCodeShape holds for codes and refresh tokens of a platform: printable ASCII such
// as "queryauthcode@@@k3Tx...".
func authCodeShape(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '"' || s[i] == '\\' {
			return false
		}
	}
	return s != "" && len(s) <= 512
}
