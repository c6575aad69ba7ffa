package core

// words are the texts of one page.
type words struct {
	Lang      string
	Title     string
	Body      string
	Hint      string
	Button    string
	Guest     string
	Follow    string
	Reference string
}

func wordsFor(p Page) words {
	lang := "zh-CN"
	table, faults := chinese, chineseFaults
	if p.Lang == "en" {
		lang, table, faults = "en", english, englishFaults
	}
	w := table[p.Kind]
	if p.Kind == StuckPage {
		w.Hint = faults[p.Fault]
	}
	if p.Kind == FollowPage {
		w.Title, w.Hint = followWords(p, w)
	}
	w.Lang, w.Button, w.Guest, w.Follow, w.Reference = lang, retryLabel(p), guestLabel(p), followLabel(p), referenceLabel(p)
	return w
}

// followWords name the account, and say how it is followed with what the page has.
func followWords(p Page, w words) (title, hint string) {
	title, hint = w.Title, w.Hint
	switch {
	case p.Account != "" && p.Lang == "en":
		title = "Please follow “" + p.Account + "”"
	case p.Account != "":
		title = "请先关注公众号“" + p.Account + "”"
	}
	switch {
	case p.QRCode == "" && p.Lang == "en":
		hint = "Search for it in WeChat, follow it, and come back to this page."
	case p.QRCode == "":
		hint = "请在微信中搜索并关注，然后回到本页。"
	case p.Follow != "" && p.Lang == "en":
		hint = "Press and hold the code, scan it with WeChat, or show the account; then come back to this page."
	case p.Follow != "":
		hint = "长按或扫描二维码，或打开公众号主页；关注后回到本页。"
	}
	return title, hint
}

var chinese = map[PageKind]words{
	OutsidePage:     {Title: "请在微信中打开", Body: "此页面需要微信登录。请用微信扫描二维码，或把本页地址发到微信里打开。", Hint: "在手机上：复制本页地址，发送给微信里的“文件传输助手”，再点开。"},
	ConsentPage:     {Title: "使用微信登录", Body: "此页面需要你的微信昵称和头像。", Hint: "点下面的按钮后，微信会请你确认。"},
	RefusedPage:     {Title: "登录未完成", Body: "微信没有把登录授权给本站，因此没有为你登录。", Hint: "如果是误点，可以再试一次。"},
	StuckPage:       {Title: "登录没有成功", Body: "我们试了几次，但你的浏览器没有把登录信息带回来。"},
	FramePage:       {Title: "请单独打开此页面", Body: "微信登录不能在嵌入的框架里进行。", Hint: "点下面的按钮，在完整窗口中继续。"},
	SnapshotPage:    {Title: "请使用完整服务", Body: "微信正在以快照方式显示此页面，登录信息是虚拟的。", Hint: "请点右下角的“使用完整服务”，再继续登录。"},
	UnavailablePage: {Title: "暂时无法登录", Body: "登录服务现在没有响应。你要看的页面没有丢失。", Hint: "请稍等片刻再试。"},
	FollowPage:      {Title: "请先关注公众号", Body: "此页面只对关注者开放。关注后即可继续，无需再次登录。", Hint: "长按或扫描二维码，关注公众号，然后回到本页。"},
	ForbiddenPage:   {Title: "不能这样退出登录", Body: "退出登录的请求必须由本站的页面用 POST 发出。", Hint: "回到本站，用页面上的退出按钮。"},
	BadRequestPage:  {Title: "地址有误", Body: "这个地址不能在本站打开。", Hint: "请检查链接是否完整。"},
}

var chineseFaults = map[Fault]string{
	CookiesOff:    "最可能的原因：浏览器关闭了 Cookie，或处于无痕模式。请允许 Cookie 后再试。",
	OtherDomain:   "最可能的原因：打开的网址与本站登记的域名不同。请用本站的正式网址再试。",
	MixedScheme:   "最可能的原因：页面用 http 打开，而登录要求 https。请用 https 开头的地址再试。",
	SessionCookie: "微信登录本身成功了，但会话 Cookie 没有保存（SameSite=Strict、Secure 或域名设置不对）。请联系网站管理员。",
}

var english = map[PageKind]words{
	OutsidePage:     {Title: "Open this page in WeChat", Body: "You log in to this page with WeChat. Scan the code with WeChat, or open this address there.", Hint: "On a phone: copy the address of this page, send it to yourself in WeChat and tap it."},
	ConsentPage:     {Title: "Log in with WeChat", Body: "This page needs your WeChat nickname and avatar.", Hint: "When you tap the button, WeChat asks you to confirm."},
	RefusedPage:     {Title: "You are not logged in", Body: "WeChat did not pass on your permission, so nobody was logged in.", Hint: "If that was a slip, try again."},
	StuckPage:       {Title: "The login did not work", Body: "We tried several times, but your browser did not bring back what it was given."},
	FramePage:       {Title: "Open this page by itself", Body: "WeChat's login does not work inside another page.", Hint: "Go on in a whole window."},
	SnapshotPage:    {Title: "Use the full service", Body: "WeChat is showing a snapshot of this page with a virtual visitor.", Hint: "Tap “使用完整服务” (full service) at the bottom right, then log in."},
	UnavailablePage: {Title: "Login is unavailable", Body: "The login service does not answer right now. The page you asked for is not lost.", Hint: "Wait a moment and try again."},
	FollowPage:      {Title: "Please follow the account", Body: "This page is for followers. Follow the account and go on; you need not log in again.", Hint: "Press and hold the code, or scan it with WeChat; follow the account, and come back to this page."},
	ForbiddenPage:   {Title: "Not logged out", Body: "A logout must be sent by a page of this site, with POST.", Hint: "Go back to the site and use its log out button."},
	BadRequestPage:  {Title: "This address does not work", Body: "It cannot be opened on this site.", Hint: "See whether the link is complete."},
}

var englishFaults = map[Fault]string{
	CookiesOff:    "Most likely the browser keeps no cookies, or is in private mode. Allow cookies and try again.",
	OtherDomain:   "Most likely the site was opened under another name than its own. Use the site's proper address.",
	MixedScheme:   "Most likely the page was opened with http, and the login needs https. Use the address that begins with https.",
	SessionCookie: "The login with WeChat worked, but the session cookie was not kept (SameSite=Strict, Secure or its domain). Please tell whoever runs this site.",
}
