package wxapi

// QRConnectURL returns the page of a website application's login (网站应用微信登录,
// developers.weixin.qq.com/doc/oplatform/developers/dev/auth/web.md): a visitor at a
// desktop browser scans its QR code with WeChat on a phone and allows the login there,
// or clicks if the desktop client of WeChat is running (快速登录). The client must be a
// website application's; see [Client.Application].
//
//   - redirectURI is an absolute URL, not escaped: this function escapes it once. Its
//     host must be the application's 授权回调域, without a port, or the page says
//     "redirect_uri 参数错误". It has no fragment: the code can land in front of it.
//   - state comes back unchanged: at most 128 of a-z, A-Z, 0-9, as for
//     [Client.AuthorizeURL].
//   - lang is the page's language, "cn" or "en"; "" is WeChat's default, cn.
//
// The only scope is snsapi_login. The page of an Official Account's app id says "Scope
// 参数错误或没有 Scope 权限". The parameters stand in the documented order. It checks nothing.
func (c *Client) QRConnectURL(redirectURI, state, lang string) string {
	query := []string{
		"appid", c.appID,
		"redirect_uri", redirectURI,
		"response_type", "code",
		"scope", "snsapi_login",
		"state", state,
	}
	if lang != "" {
		query = append(query, "lang", lang)
	}
	return c.openURL + "/connect/qrconnect?" + orderedQuery(query...) + "#wechat_redirect"
}

// Application returns a client for another application of the same site, such as a
// website application (网站应用). It has credentials of its own and shares the connections
// of c: [Client.DialAhead] and [Client.Close] of either are for both.
func (c *Client) Application(appID, appSecret string) (*Client, error) {
	if err := checkCredentials(appID, appSecret); err != nil {
		return nil, err
	}
	other := *c
	other.appID = appID
	other.secret = func() string { return appSecret }
	return &other, nil
}
