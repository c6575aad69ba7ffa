package hostile

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"
)

// toWeChat is the parameters of a redirect to WeChat.
type toWeChat struct{ appID, back, scope, state string }

var authorizeShape = regexp.MustCompile(`^[^?]+/connect/oauth2/authorize\?appid=([^&#]*)&redirect_uri=([^&#]*)&response_type=code&scope=([^&#]*)&state=([0-9A-Za-z]{53})(?:&component_appid=[^&#]*)?#wechat_redirect$`)

var scanShape = regexp.MustCompile(`^[^?]+/connect/qrconnect\?appid=([^&#]*)&redirect_uri=([^&#]*)&response_type=code&scope=(snsapi_login)&state=([0-9A-Za-z]{53})#wechat_redirect$`)

// authorize reads the redirect that starts a login. It returns zero if the answer is
// not such a redirect, or not in the form that WeChat requires.
func authorize(a *result) toWeChat {
	m := authorizeShape.FindStringSubmatch(a.Header.Get("Location"))
	if m == nil {
		m = scanShape.FindStringSubmatch(a.Header.Get("Location"))
	}
	if m == nil {
		return toWeChat{}
	}
	back, err := url.QueryUnescape(m[2])
	if err != nil {
		return toWeChat{}
	}
	return toWeChat{m[1], back, m[3], m[4]}
}

// outbound is the page as it stands in the redirect URI. If its query uses one of
// WeChat's parameter names, the whole query is carried in the parameter _wx.
func outbound(page string) string {
	path, query, asks := strings.Cut(page, "?")
	if !asks {
		return page
	}
	for pair := range strings.SplitSeq(query, "&") {
		switch name, _, _ := strings.Cut(pair, "="); name {
		case "code", "state", "appid", "_wx":
			return path + "?_wx=" + base64.RawURLEncoding.EncodeToString([]byte(query))
		}
	}
	return page
}

// stateOf is the last state in a target. The last one counts.
func stateOf(target string) (state string) {
	_, query, _ := strings.Cut(target, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); name == "state" {
			state = value
		}
	}
	return state
}
