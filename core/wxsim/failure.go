package wxsim

import (
	"fmt"
	"strconv"
)

// Codes of WeChat's error pages, from 网页授权 "错误码".
const (
	pageRedirect   = 10003
	pageScope      = 10005
	pageNoScope    = 10010
	pageNoRedirect = 10011
	pageNoAppID    = 10012
	pageNoState    = 10013
)

// failure is an error page: what WeChat shows, and what the simulator adds for
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
		f.ZH = "scope 只能是 snsapi_base 或 snsapi_userinfo。"
		f.EN = "scope must be snsapi_base or snsapi_userinfo."
	case 10006:
		f.Text = "必须关注此测试号"
	case 10009:
		f.Text = "操作太频繁了，请稍后重试"
	case pageNoScope:
		f.Text, f.ZH, f.EN = "scope不能为空", "链接里缺少 scope。", "The link has no scope."
	case pageNoRedirect:
		f.Text, f.ZH, f.EN = "redirect_uri不能为空", "链接里缺少 redirect_uri。", "The link has no redirect_uri."
	case pageNoAppID:
		f.Text, f.ZH, f.EN = "appid不能为空", "链接里缺少 appid。", "The link has no appid."
	case pageNoState:
		f.Text, f.ZH, f.EN = "state不能为空", "链接里缺少 state。", "The link has no state."
	case 10015:
		f.Text = "公众号未授权第三方平台，请检查授权状态"
	case 10016:
		f.Text = "不支持微信开放平台的Appid，请使用公众号Appid"
	default:
		f.Text = "该链接无法访问"
	}
	if text != "" {
		f.Text = text
	}
	return f
}

func failNotWeChat() failure {
	return failure{Word: "ua", Text: "请在微信客户端打开链接",
		ZH: "浏览器的 User-Agent 不含 MicroMessenger，或者是企业微信（wxwork）。在电脑上调试可打开 AnyBrowser。",
		EN: "The User-Agent lacks MicroMessenger, or is WeCom's (wxwork). AnyBrowser lets every browser in."}
}

func failAppID() failure {
	return failure{Word: "appid", Text: "AppID 参数错误",
		ZH: "模拟器里没有这个 AppID。", EN: "The simulator has no account with this appid."}
}

func failRedirect(got string, a Account, strictPort bool) failure {
	f := pageFailure(pageRedirect, "")
	if strictPort {
		f.ZH, f.EN = "不可以带端口号。", " It must not have a port."
	}
	f.ZH = fmt.Sprintf("redirect_uri 是 %q，而登记的域名是 %q。两者的主机名必须完全相同，必须是经过编码的完整 http(s) 地址。%s", got, a.Domain, f.ZH)
	f.EN = fmt.Sprintf("redirect_uri is %q but the registered domain is %q. It must be a whole http(s) address with exactly that host, percent-encoded once.%s", got, a.Domain, f.EN)
	return f
}

func failResponseType() failure {
	return failure{Word: "response_type", Text: "该链接无法访问",
		ZH: "response_type 必须是 code。", EN: "response_type must be code."}
}

func failStateLong(n int) failure {
	return failure{Word: "state", Text: "state参数过长",
		ZH: fmt.Sprintf("state 有 %d 字节，最多 %d 字节。", n, maxState),
		EN: fmt.Sprintf("state has %d bytes, at most %d are allowed.", n, maxState)}
}

func failOrder(name string) failure {
	return failure{Word: "order", Text: "该链接无法访问",
		ZH: fmt.Sprintf("参数 %q 的位置不对，或重复，或未知。顺序必须是 appid、redirect_uri、response_type、scope、state，然后才是 forcePopup 等。电脑版微信在这里只显示空白页。redirect_uri 没有编码时也会这样。", name),
		EN: fmt.Sprintf("Parameter %q is out of place, doubled or unknown. The order must be appid, redirect_uri, response_type, scope, state, then forcePopup and the like. Desktop WeChat shows a blank page here. A redirect_uri that is not percent-encoded ends here too.", name)}
}

func failPending() failure {
	return failure{Word: "uuid", Text: "该链接无法访问",
		ZH: "这个授权请求已经回答过，或者超过了 10 分钟，请从应用重新开始。",
		EN: "This request was answered already, or is older than 10 minutes. Start again from the application."}
}

func failAction() failure {
	return failure{Word: "action", Text: "该链接无法访问",
		ZH: "公众号主页的地址是 /mp/profile_ext?action=home&__biz=AppID，按钮只有关注和取消关注。",
		EN: "An account's page is /mp/profile_ext?action=home&__biz=AppID, and its buttons follow and unfollow."}
}

func failPerson() failure {
	return failure{Word: "person", Text: "该链接无法访问",
		ZH: "模拟器里没有这个人。", EN: "The simulator has no such person."}
}

func failCrossSite() failure {
	return failure{Word: "cross-site", Text: "该链接无法访问",
		ZH: "这个表单来自别的网站。", EN: "This form was sent by another site."}
}
