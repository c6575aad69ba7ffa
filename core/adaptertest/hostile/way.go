package hostile

import "github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"

// way is how the visitors of a site log in.
type way struct {
	appID, secret string
	agent         string // the browser's User-Agent
	page          string // WeChat's page on which logins start
	reply         string // where that page sends the visitor's consent
}

// inWeChat is a login with the account, in WeChat's own browser.
var inWeChat = way{
	appID: appID, secret: secret, agent: rawhttp.WeChatAgent,
	page: "/connect/oauth2/authorize", reply: "/connect/oauth2/authorize_reply",
}

// byScan is a login with a website application, in a desktop browser.
var byScan = way{
	appID: websiteID, secret: websiteSecret, agent: rawhttp.DesktopAgent,
	page: "/connect/qrconnect", reply: "/connect/qrconnect",
}

// scans holds for scan login.
func (w way) scans() bool { return w == byScan }
