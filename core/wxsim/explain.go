package wxsim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/seed467724c4/wechat/core/wxsim/internal/timeline"
)

// about says what an endpoint is for, and what it did when nothing went wrong.
type about struct{ name, done timeline.Words }

// endpoints has a row for every path of the table of routes.
func endpoints() map[string]about {
	w := func(zh, en string) timeline.Words { return timeline.Words{ZH: zh, EN: en} }
	return map[string]about{
		"/":                {w("模拟器首页", "the simulator's page"), w("显示了页面", "shown")},
		PathAuthorize:      {w("打开网页授权链接", "opens the authorisation link"), w("显示授权页，等用户选择", "the consent page is shown, the person decides")},
		PathAuthorizeReply: {w("回答授权页", "answers the consent page"), w("收到了回答", "answered")},
		PathQRConnect:      {w("打开扫码登录页", "opens the scan login page"), w("显示二维码，等手机扫描", "the QR code is shown and waits for a phone")},
		PathQRPoll:         {w("扫码页询问进展", "the scan page asks for news"), w("有了进展", "there is news")},
		PathConfirm:        {w("手机确认扫码登录", "the phone confirms the scan login"), w("显示确认页", "the confirm page is shown")},
		PathProfile:        {w("打开公众号主页", "opens the account's page"), w("显示公众号主页", "the account's page is shown")},
		qrLinkPrefix:       {w("扫描带参数的二维码", "scans a QR code with a scene"), w("显示公众号主页", "the account's page is shown")},
		avatarPrefix:       {w("头像", "avatar"), w("画了头像", "drawn")},
		PathQRCode:         {w("登录二维码", "the login's QR code"), w("画了二维码", "drawn")},

		PathAccessToken:  {w("用 code 换 token", "exchanges the code for tokens"), w("code 换成功了，已经用掉", "the code was good and is spent now")},
		PathRefreshToken: {w("刷新网页 token", "refreshes the web token"), w("拿到了 token", "the token was renewed")},
		PathAuth:         {w("检查网页 token", "checks the web token"), w("token 有效", "the token is good")},
		PathUserInfo:     {w("读取昵称头像", "reads nickname and avatar"), w("给了昵称和头像", "nickname and avatar were given")},
		PathSession:      {w("小程序 code 换会话", "exchanges a mini program's code"), w("换成功了", "the code was good")},

		PathToken:                 {w("取公众号 token（会顶掉旧的）", "gets an account token, which replaces the older one"), w("发了新 token，旧的 5 分钟后失效", "a new token; the older one ends in 5 minutes")},
		PathStableToken:           {w("取稳定版公众号 token", "gets the stable account token"), w("给了 token，有效期内总是同一个", "given; it stays the same while it lives")},
		PathFollower:              {w("查一个人是否关注", "asks whether somebody follows"), w("查到了", "answered")},
		PathFollowers:             {w("批量查询是否关注", "asks whether several people follow"), w("查到了", "answered")},
		PathUserGet:               {w("列出关注者", "lists the followers"), w("列出了", "listed")},
		PathTicket:                {w("取 JS-SDK ticket", "gets a ticket for the JS-SDK"), w("给了 ticket", "given")},
		PathCallbackIP:            {w("查微信服务器 IP", "asks for WeChat's addresses"), w("给了地址", "given")},
		PathDomainIP:              {w("查微信接口 IP", "asks for WeChat's API addresses"), w("给了地址", "given")},
		PathQRCreate:              {w("生成带参数的二维码", "makes a QR code with a scene"), w("生成了", "made")},
		PathShowQRCode:            {w("显示带参数的二维码", "shows a QR code with a scene"), w("画了二维码", "drawn")},
		PathCustomSend:            {w("发客服消息", "sends a customer message"), w("发给了用户，见上面的对话", "delivered; see the conversation")},
		PathMenuCreate:            {w("创建菜单", "creates the menu"), w("菜单建好了，页面上可以点", "created; its buttons are on this page")},
		PathMenuGet:               {w("读取菜单", "reads the menu"), w("给了菜单", "given")},
		PathMenuDelete:            {w("删除菜单", "deletes the menu"), w("删掉了", "deleted")},
		PathClearQuota:            {w("清零调用次数", "resets the quotas"), w("清零了", "reset")},
		PathQuotaGet:              {w("查调用额度", "asks for a quota"), w("给了额度", "given")},
		PathComponentToken:        {w("平台取 component_access_token", "the platform gets its token"), w("给了 token", "given")},
		PathStartPushTicket:       {w("平台要求推送 ticket", "the platform asks for tickets"), w("推送了 ticket", "a ticket is pushed")},
		PathPreAuthCode:           {w("平台取预授权码", "the platform gets a pre_auth_code"), w("给了预授权码", "given")},
		PathQueryAuth:             {w("平台用授权码换公众号 token", "the platform exchanges an authorisation code"), w("换成功了，已经用掉", "the code was good and is spent now")},
		PathAuthorizerToken:       {w("平台刷新公众号 token", "the platform renews an account's token"), w("给了新 token", "a new token")},
		PathAuthorizerInfo:        {w("平台查公众号资料", "the platform asks about an account"), w("给了资料", "given")},
		PathAuthorizerList:        {w("平台列出已授权公众号", "the platform lists its accounts"), w("列出了", "listed")},
		PathComponentLogin:        {w("打开公众号授权页", "opens the consent page of a platform"), w("显示授权页，等管理员选择", "shown; the administrator decides")},
		PathBindComponent:         {w("在手机上打开公众号授权页", "opens the consent page of a platform on a phone"), w("显示授权页，等管理员选择", "shown; the administrator decides")},
		PathOldBindComponent:      {w("在手机上打开公众号授权页（旧地址）", "opens the consent page of a platform, at its older path"), w("显示授权页，等管理员选择", "shown; the administrator decides")},
		PathComponentReply:        {w("管理员回答授权页", "the administrator answers"), w("收到了回答", "answered")},
		PathComponentAccessToken:  {w("平台用 code 换 token", "the platform exchanges a visitor's code"), w("code 换成功了，已经用掉", "the code was good and is spent now")},
		PathComponentRefreshToken: {w("平台刷新网页 token", "the platform renews a web token"), w("拿到了 token", "renewed")},

		PathRIDGet: {w("查 rid", "asks about a rid"), w("查到了", "explained")},
	}
}

func (s *Sim) pathName(path string) timeline.Words {
	if a, ok := s.about[path]; ok {
		return a.name
	}
	return timeline.Words{ZH: "不认识的地址", EN: "an unknown path"}
}

// pushName says what a push tells the application.
func pushName(what string) timeline.Words {
	switch what {
	case "verify":
		return timeline.Words{ZH: "验证推送地址", EN: "checks the push address"}
	case "subscribe":
		return timeline.Words{ZH: "推送：有人关注", EN: "pushes: somebody follows"}
	case "unsubscribe":
		return timeline.Words{ZH: "推送：有人取消关注", EN: "pushes: somebody stopped following"}
	case "SCAN":
		return timeline.Words{ZH: "推送：关注者扫了码", EN: "pushes: a follower scanned"}
	case "CLICK":
		return timeline.Words{ZH: "推送：有人点了菜单", EN: "pushes: somebody pressed a menu button"}
	case "VIEW":
		return timeline.Words{ZH: "推送：有人点了菜单链接", EN: "pushes: somebody opened a menu link"}
	case "component_verify_ticket":
		return timeline.Words{ZH: "推送给平台：ticket", EN: "pushes a ticket to the platform"}
	case "authorized", "updateauthorized":
		return timeline.Words{ZH: "推送给平台：公众号授权了", EN: "tells the platform: an account agreed"}
	case "unauthorized":
		return timeline.Words{ZH: "推送给平台：公众号取消授权", EN: "tells the platform: an account took its consent back"}
	case "text":
		return timeline.Words{ZH: "推送：有人发来消息", EN: "pushes: somebody wrote"}
	}
	return timeline.Words{ZH: "推送：原样的消息", EN: "pushes: a message as it stands"}
}

// why explains an answer in a sentence, and says whether something went wrong.
func (s *Sim) why(r *http.Request, a reply, known bool) (timeline.Words, bool) {
	outcome, asked := strings.CutPrefix(a.outcome, "fault ")
	out, failed := s.whyOutcome(r, a, outcome, known)
	if asked || a.faulty {
		out.ZH, out.EN = "你要求的故障："+out.ZH, "the fault that you asked for: "+out.EN
		failed = true
	}
	if a.warning != "" {
		out.ZH, out.EN = out.ZH+"。注意：电脑版微信会拒绝这个链接，参数顺序不对", out.EN+". Note: desktop WeChat refuses this link, its parameters are out of order"
	}
	return out, failed
}

func (s *Sim) whyOutcome(r *http.Request, a reply, outcome string, known bool) (timeline.Words, bool) {
	switch {
	case !known:
		return timeline.Words{ZH: "模拟器没有这个地址，请检查应用拼出来的网址：微信答 40066", EN: "the simulator has no such path, look at the address that the application builds: WeChat says 40066"}, true
	case a.why != (timeline.Words{}):
		return a.why, a.pageError != ""
	case r.URL.Path == PathQRPoll:
		return pollWords(outcome), outcome == strconv.Itoa(scanExpired)
	case a.end != endWhole:
		return timeline.Words{ZH: "连接断开，没有完整的回答", EN: "the connection ended without a whole answer"}, true
	case a.location != "":
		return redirectWords(a.location), false
	}
	if code, err := strconv.Atoi(outcome); err == nil && showsBody(a.contentType) {
		if reason, ok := timeline.Reason(code); ok {
			return timeline.Words{ZH: withCode(reason.ZH, "：微信答", code), EN: withCode(reason.EN, ": WeChat says", code)}, true
		}
		return timeline.Words{ZH: fmt.Sprintf("回答了 %d", code), EN: fmt.Sprintf("answered %d", code)}, true
	}
	switch outcome {
	case "ok", "page":
		return s.about[shownPrefix(r.URL.Path)].done, a.status >= 400
	case "closed":
		return timeline.Words{ZH: "用户拒绝了；微信只关闭页面，应用收不到通知", EN: "refused; WeChat only closes the page and tells the application nothing"}, false
	case "body":
		return timeline.Words{ZH: "回答的内容不是正常的", EN: "the answer is not a normal one"}, true
	}
	return timeline.Words{ZH: outcome, EN: outcome}, a.status >= 400
}

// withCode adds the code to a reason that does not name it.
func withCode(reason, says string, code int) string {
	if strings.Contains(reason, strconv.Itoa(code)) {
		return reason
	}
	return fmt.Sprintf("%s%s %d", reason, says, code)
}

// shownPrefix is the row of endpoints for a path that ends in an id.
func shownPrefix(path string) string {
	for _, prefix := range []string{avatarPrefix, PathQRCode, qrLinkPrefix} {
		if strings.HasPrefix(path, prefix) {
			return prefix
		}
	}
	return path
}

// redirectWords says what a redirect to the application brings.
func redirectWords(location string) timeline.Words {
	l := parseLink(afterQuestion(location))
	switch code := l.value["code"]; {
	case code == "authdeny":
		return timeline.Words{ZH: "用户拒绝了，带着 code=authdeny 回到应用", EN: "refused: back to the application with code=authdeny"}
	case code != "":
		return timeline.Words{ZH: "带着新的 code 回到应用", EN: "back to the application with a new code"}
	}
	return timeline.Words{ZH: "回到应用，没有 code", EN: "back to the application without a code"}
}

func afterQuestion(location string) string {
	_, query, _ := strings.Cut(location, "?")
	query, _, _ = strings.Cut(query, "#")
	return query
}

func pollWords(outcome string) timeline.Words {
	switch outcome {
	case "404":
		return timeline.Words{ZH: "手机扫了码，等确认", EN: "a phone has scanned and must confirm"}
	case "403":
		return timeline.Words{ZH: "手机上取消了", EN: "refused on the phone"}
	case "405":
		return timeline.Words{ZH: "手机上允许了，页面带着 code 回到应用", EN: "allowed on the phone; the page goes back to the application with a code"}
	case "402":
		return timeline.Words{ZH: "二维码过期了", EN: "the QR code has expired"}
	}
	return timeline.Words{ZH: outcome, EN: outcome}
}
