package wxapi

// advices tell whoever runs the site what to do. The Chinese words are the
// names of settings and pages in WeChat's consoles.
var advices = map[int]string{
	40013: "Check AppID against the one shown in the console under 基本配置.",
	40125: "Set AppSecret to the account's 开发者密码(AppSecret); a reset in the console under 基本配置 voids the old one.",
	40164: "Add this machine's public address, which the message names, to the IP白名单 in the console under 基本配置.",
	40243: "Unfreeze the 开发者密码(AppSecret) in the console under 基本配置.",
	41002: "Set AppID; WeChat received none.",
	41004: "Set AppSecret; WeChat received none.",
	45009: "Stop calling until the quota is renewed, or clear it in the console under 接口权限 (10 times a month); look for a program that calls too often.",
	45011: "Spread the calls out; this minute's quota is used up and the next minute has a new one.",
	48004: "Look for a notice of breach of rules in the console's 通知中心; WeChat withdrew this API from the account.",
	48006: "Wait for the next month; the quota cannot be cleared more than 10 times in one.",
	48017: "Call WeChat by host name (api.weixin.qq.com); the address in use is retired.",
	50004: "Look for a penalty in the console's 通知中心; the account may not fetch tokens.",
	50007: "Have the account unfrozen in the console; nothing works with it until then.",
	61024: "Fetch the token through the platform that the account is delegated to, see AccountTokenConfig.Source; or withdraw the delegation (授权管理).",
	89501: "Have an administrator of the account confirm this machine's address; a request for it is waiting.",
	89503: "Have an administrator of the account confirm this machine's address, or add it to the IP白名单.",
	89506: "Add this machine's address to the IP白名单; an administrator refused it twice and it is barred for 24 hours.",
	89507: "Add this machine's address to the IP白名单; an administrator refused it and it is barred for an hour.",
}

// Advice is one sentence for whoever runs the site: what to do about e, with
// the name of the setting in WeChat's console where there is one. It is ""
// where nothing is known to help, or nobody but the visitor can.
func (e *Error) Advice() string {
	switch class := e.Class(); {
	case e.Code == 40001 && class == ClassOperator:
		return advices[40125]
	case e.Code == 48001 && class == ClassOperator:
		return "Look in the console under 接口权限 whether the account has this API; most need a verified account (微信认证)."
	}
	return advices[e.Code]
}
