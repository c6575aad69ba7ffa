package core

import (
	"net/url"
	"strings"

	"github.com/seed467724c4/wechat/core/internal/page"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// followCode is Config.FollowQRCode as the page shows it.
type followCode struct {
	image  string // address or data URI
	local  bool   // image is a path of this site
	link   string // where WeChat shows the account, "" where only a scan leads there
	source string // what the page's policy must let in, with a space before it
}

// parseFollowCode tells images from links, of which the page draws the code itself:
// WeChat's links to accounts are weixin.qq.com/r/… and /q/…, and mp.weixin.qq.com/mp/…
// (and the simulator's, at openURL); mp.weixin.qq.com/cgi-bin/showqrcode and what is on
// other hosts is an image. An article, mp.weixin.qq.com/s/…, is neither.
func parseFollowCode(value, openURL string) (code followCode, ok bool) {
	switch {
	case value == "":
		return followCode{}, true
	case strings.HasPrefix(value, "data:image/"):
		return followCode{image: value}, true
	case strings.HasPrefix(value, "/"):
		return followCode{image: value, local: true, source: " 'self'"}, web.IsLocal(value)
	}
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || !web.ValidHost(u.Host) {
		return followCode{}, false
	}
	own, err := url.Parse(openURL)
	isWeChat := u.Host == "mp.weixin.qq.com" || err == nil && openURL != "" && u.Host == own.Host
	isScan := u.Host == "weixin.qq.com" && (strings.HasPrefix(u.Path, "/r/") || strings.HasPrefix(u.Path, "/q/"))
	switch {
	case isScan:
		code.image = page.QRCode(value)
	case isWeChat && strings.HasPrefix(u.Path, "/mp/"):
		code.image, code.link = page.QRCode(value), value
	case u.Host == "mp.weixin.qq.com" && u.Path != "/cgi-bin/showqrcode", u.Host == "weixin.qq.com":
		return followCode{}, false
	default:
		return followCode{image: value, source: " " + u.Scheme + "://" + u.Host}, true
	}
	return code, code.image != ""
}
