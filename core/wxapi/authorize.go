package wxapi

// AuthorizeURL returns the address that a visitor is sent to in order to log
// in. WeChat sends the visitor back to redirectURI with code and state added.
//
// The rules are those of the page "web page authorization":
//
//   - redirectURI is an absolute URL, given unescaped: it is escaped here,
//     exactly once. Its host must be the configured one, without a port, else
//     WeChat shows page error 10003.
//   - scope is snsapi_base (silent, open id only) or snsapi_userinfo (asks the
//     visitor). Another or none ends on page error 10005 or 10010.
//   - state comes back unchanged: at most 128 of a-z, A-Z, 0-9. More ends on
//     the page error "state参数过长", none may end on 10013.
//   - the parameters stand in the documented order, without which the desktop
//     client shows a blank page, and end in #wechat_redirect.
//
// Nothing is checked here; the caller's values end up as values, whatever
// characters they have.
func (c *Client) AuthorizeURL(redirectURI, scope, state string) string {
	return c.openURL + "/connect/oauth2/authorize?" + query(
		"appid", c.appID,
		"redirect_uri", redirectURI,
		"response_type", "code",
		"scope", scope,
		"state", state,
	) + "#wechat_redirect"
}
