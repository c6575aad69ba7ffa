package wxapi

// advices tell whoever runs the site what to do. The Chinese words are the names
// of settings and pages: on 微信开发者平台 (developers.weixin.qq.com/platform),
// which has held secrets and IP whitelists since 2025, and in the older console
// (mp.weixin.qq.com), where many accounts still find them.
var advices = map[int]string{
	40013: "Check AppID against the one shown on 微信开发者平台 under 基础信息, or in the older console under 基本配置.",
	40125: "Set AppSecret to the value shown on 微信开发者平台 under 基础信息 > 开发密钥 (开发者密码(AppSecret) under 基本配置 in the older console); a reset there makes the old one invalid at once.",
	40164: "Add the public address of this machine, which the message names, to the IP 白名单 on 微信开发者平台 under 基础信息 > 开发密钥 (IP白名单 under 基本配置 in the older console).",
	40243: "Unfreeze the AppSecret on 微信开发者平台 under 基础信息 > 开发密钥 (开发者密码(AppSecret) under 基本配置 in the older console), and wait 10 minutes.",
	41002: "Set AppID; WeChat received none.",
	41004: "Set AppSecret; WeChat received none.",
	45009: "Stop calling until the quota is renewed, or clear it in the console under 接口权限 (10 times a month); look for a program that calls too often.",
	45011: "Spread the calls out; the quota of this minute is used up, and the next minute has a new one.",
	48004: "Look for a penalty notice in the console under 通知中心; WeChat withdrew this API from the account.",
	48006: "Wait for the next month; the quota can be cleared at most 10 times a month.",
	48017: "Call WeChat by host name (api.weixin.qq.com); the IP address in use is retired.",
	50004: "Look for a penalty notice in the console under 通知中心; the account may not fetch tokens.",
	50007: "Have the account unfrozen in the console; no API works until then.",
	61024: "Fetch the token through the platform that the account is delegated to, see AccountTokenConfig.Source; or cancel the delegation (授权管理).",
	89501: "Ask an administrator of the account to confirm the address of this machine; the request is pending.",
	89503: "Ask an administrator of the account to confirm the address of this machine, or add it to the IP 白名单 (微信开发者平台, 基础信息 > 开发密钥; older console, 基本配置).",
	89506: "Add the address of this machine to the IP 白名单 (微信开发者平台, 基础信息 > 开发密钥; older console, 基本配置); an administrator rejected it twice, so it is blocked for 24 hours.",
	89507: "Add the address of this machine to the IP 白名单 (微信开发者平台, 基础信息 > 开发密钥; older console, 基本配置); an administrator rejected it, so it is blocked for an hour.",
}

// Advice returns one sentence for whoever runs the site: what to do about e, and
// where in WeChat's consoles. It is "" if nothing is known to help, or if only
// the visitor can do something.
func (e *Error) Advice() string {
	if advice, ok := componentAdvices[e.Code]; ok && e.isComponents() && (advice != "" || e.Class() != ClassOperator) {
		return advice
	}
	switch class := e.Class(); {
	case e.Code == 40001 && class == ClassOperator:
		return advices[40125]
	case e.Code == 48001 && class == ClassOperator:
		return "Check in the console under 接口权限 whether the account has this API; most APIs need a verified account (微信认证)."
	}
	return advices[e.Code]
}
