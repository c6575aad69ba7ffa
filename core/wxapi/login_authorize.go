package wxapi

// AuthorizeURL returns the address to which a visitor is sent to log in. WeChat
// sends the visitor back to redirectURI, with code and state added.
//
// The rules are those of the page "web page authorization":
//
//   - redirectURI is an absolute URL, not escaped: this function escapes it once.
//     Its host must be the one configured in the console, without a port;
//     otherwise WeChat shows page error 10003.
//   - scope is snsapi_base (silent, open id only) or snsapi_userinfo (asks the
//     visitor). Another scope leads to page error 10005, none to 10010.
//   - state comes back unchanged: at most 128 of a-z, A-Z, 0-9. A longer one
//     leads to the page error "state参数过长", none may lead to 10013.
//   - the parameters stand in the documented order and end in #wechat_redirect.
//     In another order the desktop client shows a blank page.
//
// With [Config.Delegation], component_appid stands behind state, where the page "web page
// authorization on behalf of an Official Account" has it, and redirectURI's host is
// one of the platform's 公众号开发域名.
//
// It checks nothing. It escapes the values, so they remain values whatever
// characters they have.
func (c *Client) AuthorizeURL(redirectURI, scope, state string) string {
	component := ""
	if c.delegation != nil {
		component = "&" + orderedQuery("component_appid", c.delegation.AppID)
	}
	return c.openURL + "/connect/oauth2/authorize?" + orderedQuery(
		"appid", c.appID,
		"redirect_uri", redirectURI,
		"response_type", "code",
		"scope", scope,
		"state", state,
	) + component + "#wechat_redirect"
}
