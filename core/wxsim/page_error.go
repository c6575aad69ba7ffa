package wxsim

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/seed467724c4/wechat/core/wxsim/internal/timeline"
)

// Codes of WeChat's error pages, from 网页授权 "错误码".
const (
	pageRedirect     = 10003
	pageScope        = 10005
	pageSandbox      = 10006
	pageNoScope      = 10010
	pageNoRedirect   = 10011
	pageNoAppID      = 10012
	pageNotDelegated = 10015
	pageWebsite      = 10016
)

// pageCodes are the codes of the authorisation page.
func pageCodes() []int {
	return []int{pageRedirect, 10004, pageScope, pageSandbox, 10009, pageNoScope, pageNoRedirect, pageNoAppID, 10013, pageNotDelegated, pageWebsite}
}

// failure is an error page: WeChat's words, and the simulator's explanation for
// the developer.
type failure struct {
	Code int    // 0: WeChat shows a text only
	Word string // for X-Wxsim-Error when there is no code
	Text string // WeChat's words
	ZH   string // the simulator's explanation
	EN   string
}

// id is the value of X-Wxsim-Error.
func (f failure) id() string {
	if f.Code != 0 {
		return strconv.Itoa(f.Code)
	}
	return f.Word
}

// words is the page in a sentence, for the timeline.
func (f failure) words() timeline.Words {
	code := ""
	if f.Code != 0 {
		code = " " + strconv.Itoa(f.Code)
	}
	return timeline.Words{ZH: "错误页" + code + "：" + f.Text + "。" + f.ZH, EN: "error page" + code + ": " + f.EN}
}

// pageFailure is the page WeChat has for a code; text, if any, replaces its.
func pageFailure(code int, text string) failure {
	f := failure{Code: code}
	switch code {
	case pageRedirect:
		f.Text = "redirect_uri域名与后台配置不一致"
	case 10004:
		f.Text = "此公众号被封禁"
	case pageScope:
		f.Text = "Scope 参数错误或没有 Scope 权限"
		f.ZH = "scope 只能是 snsapi_base 或 snsapi_userinfo。没有参数可以放行。"
		f.EN = "scope must be snsapi_base or snsapi_userinfo. No flag lets this pass."
	case pageSandbox:
		f.Text, f.ZH, f.EN = "必须关注此测试号", "这个人还没有关注此测试号，请先在首页关注，或在 -config 文件里去掉 sandbox。", "This person does not follow the test account yet. Follow it on the simulator's page, or leave sandbox out of the -config file."
	case 10009:
		f.Text = "操作太频繁了，请稍后重试"
	case pageNoScope:
		f.Text, f.ZH, f.EN = "scope不能为空", "链接里缺少 scope。没有参数可以放行。", "The link has no scope. No flag lets this pass."
	case pageNoRedirect:
		f.Text, f.ZH, f.EN = "redirect_uri不能为空", "链接里缺少 redirect_uri。没有参数可以放行。", "The link has no redirect_uri. No flag lets this pass."
	case pageNoAppID:
		f.Text, f.ZH, f.EN = "appid不能为空", "链接里缺少 appid。没有参数可以放行。", "The link has no appid. No flag lets this pass."
	case 10013:
		f.Text = "state不能为空"
	case pageNotDelegated:
		f.Text = "公众号未授权第三方平台，请检查授权状态"
	case pageWebsite:
		f.Text = "不支持微信开放平台的Appid，请使用公众号Appid"
		f.ZH, f.EN = "这是网站应用的 AppID，扫码登录的地址是 /connect/qrconnect。要用公众号登录，请换成 -app-id 的值。", "This is the appid of a website application. Its scan login is at /connect/qrconnect. For a login with the Official Account use the appid of -app-id."
	default:
		f.Text = "该链接无法访问"
	}
	if text != "" {
		f.Text = text
	}
	switch {
	case f.ZH != "":
	case code == pageRedirect: // a fault: the link itself has a better explanation
		f.ZH, f.EN = "redirect_uri 的主机名不是登记的域名。登记的域名由 -domain 设置，也可以在首页改。", "The host of redirect_uri is no registered domain. -domain sets the registered one, and so does the simulator's page."
	default:
		f.ZH, f.EN = "模拟器自己不会给出这个错误：有人在“下一次回答”里安排了它，可以在首页收回。没有参数可以放行。", "The simulator does not answer this by itself: somebody has arranged it as the next answer. The simulator's page takes it back. No flag lets this pass."
	}
	return f
}

func failNotWeChat() failure {
	return failure{Word: "ua", Text: "请在微信客户端打开链接",
		ZH: "浏览器的 User-Agent 不含 MicroMessenger，或者是企业微信（wxwork）。在电脑上调试时，请打开 AnyBrowser（命令行：-any-browser）。",
		EN: "The User-Agent lacks MicroMessenger, or is WeCom's (wxwork). Config.AnyBrowser (flag -any-browser) lets every browser in."}
}

func failAppID() failure {
	return failure{Word: "appid", Text: "AppID 参数错误",
		ZH: "模拟器里没有这个 AppID。用 -app-id 或 -config 让模拟器认识它，或者让应用用模拟器打印的 AppID。", EN: "The simulator has no account with this appid. Give it one with -app-id or -config, or let the application use the appid that the simulator prints."}
}

func failRedirect(got string, a Account, strictPort bool) failure {
	f := pageFailure(pageRedirect, "")
	f.ZH, f.EN = redirectHelp(got, a, strictPort)
	return f
}

func failWebsiteRedirect(got string, a Account, strictPort bool) failure {
	f := failure{Word: "redirect_uri", Text: "redirect_uri 参数错误"}
	f.ZH, f.EN = redirectHelp(got, a, strictPort)
	return f
}

func redirectHelp(got string, a Account, strictPort bool) (zh, en string) {
	domains := strings.Join(a.domains(), ", ")
	zh = fmt.Sprintf("redirect_uri 是 %q，登记的域名是 %q。redirect_uri 必须是编码过一次的完整 http(s) 地址，主机名与登记的域名完全相同。登记的域名由 -domain 设置，也可以在首页改。", clipped(got), domains)
	en = fmt.Sprintf("redirect_uri is %q, the registered domain is %q. redirect_uri must be a whole http(s) address with exactly that host, percent-encoded once. -domain sets the registered domain, and so does the simulator's page.", clipped(got), domains)
	if strictPort {
		zh, en = zh+"不可以带端口号，除非去掉 -strict-port。", en+" It must not have a port, unless -strict-port is left out."
	}
	return zh, en
}

func failNotWebsite() failure {
	return failure{Word: "scope", Text: "Scope 参数错误或没有 Scope 权限",
		ZH: "扫码登录需要网站应用的 AppID，这是公众号的。公众号的地址是 /connect/oauth2/authorize。没有参数可以放行。",
		EN: "Scan login needs the appid of a website application; this one is an Official Account's. Its address is /connect/oauth2/authorize. No flag lets this pass."}
}

func failWebsiteScope() failure {
	return failure{Word: "scope", Text: "Scope 参数错误或没有 Scope 权限",
		ZH: "网站应用的 scope 只能是 snsapi_login。没有参数可以放行。", EN: "The scope of a website application must be snsapi_login. No flag lets this pass."}
}

func failScan() failure {
	return failure{Word: "uuid", Text: "二维码已失效",
		ZH: "二维码不存在、已经用过，或者超过了 5 分钟。请刷新电脑上的页面。没有参数可以放行。",
		EN: "The QR code is unknown, was used, or is older than 5 minutes. Reload the page on the computer. No flag lets this pass."}
}

func failResponseType() failure {
	return failure{Word: "response_type", Text: "该链接无法访问",
		ZH: "response_type 必须是 code。没有参数可以放行。", EN: "response_type must be code. No flag lets this pass."}
}

func failStateLong(n int) failure {
	return failure{Word: "state", Text: "state参数过长",
		ZH: fmt.Sprintf("state 有 %d 字节，最多 %d 字节。没有参数可以放行。", n, maxState),
		EN: fmt.Sprintf("state has %d bytes, at most %d are allowed. No flag lets this pass.", n, maxState)}
}

func failOrder(name string) failure {
	return failure{Word: "order", Text: "该链接无法访问",
		ZH: fmt.Sprintf("参数 %q 的位置不对，或重复，或未知。顺序必须是 appid、redirect_uri、response_type、scope、state，然后才是 forcePopup 等。电脑版微信在这里只显示空白页，手机版微信照常登录。redirect_uri 没有编码时也会这样。要让模拟器接受，请打开 AnyOrder（命令行：-any-order）。", name),
		EN: fmt.Sprintf("Parameter %q is out of place, doubled or unknown. The order must be appid, redirect_uri, response_type, scope, state, then forcePopup and the like. Desktop WeChat shows a blank page here; WeChat on phones logs in. A redirect_uri that is not percent-encoded ends here, too. To accept the link here, set Config.AnyOrder (flag -any-order).", name)}
}

func failPending() failure {
	return failure{Word: "uuid", Text: "该链接无法访问",
		ZH: "这个授权请求已经回答过，或者超过了 10 分钟，请从应用重新开始。没有参数可以放行。",
		EN: "This request was answered already, or is older than 10 minutes. Start again from the application. No flag lets this pass."}
}

func failAction() failure {
	return failure{Word: "action", Text: "该链接无法访问",
		ZH: "公众号主页的地址是 /mp/profile_ext?action=home&__biz=AppID，按钮只有关注和取消关注。没有参数可以放行。",
		EN: "An account's page is /mp/profile_ext?action=home&__biz=AppID, and its buttons follow and unfollow. No flag lets this pass."}
}

func failButton() failure {
	return failure{Word: "do", Text: "该链接无法访问",
		ZH: "模拟器的页面没有这个按钮，请重新打开首页。没有参数可以放行。", EN: "The simulator's page has no such button. Open the page anew. No flag lets this pass."}
}

func failPerson() failure {
	return failure{Word: "person", Text: "该链接无法访问",
		ZH: "模拟器里没有这个人。-config 文件可以添加人。", EN: "The simulator has no such person. A -config file adds people."}
}

func failCrossSite() failure {
	return failure{Word: "cross-site", Text: "该链接无法访问",
		ZH: "这个表单来自别的网站。请在模拟器自己的页面上操作。没有参数可以放行。", EN: "This form was sent by another site. Use the simulator's own page. No flag lets this pass."}
}
