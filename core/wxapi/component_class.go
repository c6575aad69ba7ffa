package wxapi

import "strings"

// componentClasses are WeChat's errcodes as answers to a third-party platform: below
// /cgi-bin/component/ and /sns/oauth2/component/. All other codes mean there what they
// mean elsewhere.
var componentClasses = map[int]Class{
	40001: ClassRefresh,  // component_access_token superseded
	40014: ClassRefresh,  // component_access_token malformed
	42001: ClassRefresh,  // component_access_token expired
	42006: ClassRefresh,  // the same, in the platform's own code
	41018: ClassOperator, // component_appid missing
	41021: ClassOperator, // component_access_token missing
	61003: ClassUser,     // the account has not agreed, or took its consent back
	61004: ClassOperator, // the address of this machine is not on the platform's whitelist
	61005: ClassRetry,    // component_verify_ticket expired; the next push brings one
	61006: ClassRetry,    // component_verify_ticket invalid; the same
	61007: ClassOperator, // the account has not granted this permission set
	61009: ClassUser,     // authorization code invalid or used: the administrator consents again
	61010: ClassUser,     // authorization code expired: the same
	61011: ClassOperator, // unknown platform
	61023: ClassUser,     // refresh token invalid: read the list, else the administrator consents again
}

// isComponents holds for an answer to a third-party platform.
func (e *Error) isComponents() bool {
	return strings.HasPrefix(e.Endpoint, componentPrefix) || strings.HasPrefix(e.Endpoint, "/sns/oauth2/component/")
}

// componentClass is the class of an answer to a platform. ok is false for a code that
// means there what it means elsewhere.
func (e *Error) componentClass() (class Class, ok bool) {
	if e.Endpoint == componentTokenPath && componentClasses[e.Code] == ClassRefresh {
		return ClassOperator, true // the request holds no token: an older answer to a wrong secret
	}
	class, ok = componentClasses[e.Code]
	return class, ok
}

// isTicketError reports whether the platform has no ticket that WeChat accepts. One
// more try helps only after the next push.
func isTicketError(e *Error) bool {
	return e.isComponents() && (e.Code == 61005 || e.Code == 61006)
}

// componentAdvices are advices of the codes above.
var componentAdvices = map[int]string{
	40001: "", 40014: "", 42001: "", 42006: "",
	41018: "Set the platform's AppID; WeChat received none.",
	41021: "Give the platform's token; WeChat received none.",
	61003: "Ask the account's administrator to authorise the platform again; the account is not delegated to it.",
	61004: "Add the public address of this machine to the platform's 白名单IP地址列表 on open.weixin.qq.com (管理中心 > 第三方平台 > 开发资料).",
	61005: "Check that WeChat's pushes reach the platform's 授权事件接收URL; tickets stopped coming. api_start_push_ticket asks for them.",
	61006: "Check that WeChat's pushes reach the platform's 授权事件接收URL and that no other platform's ticket is kept; api_start_push_ticket asks for a new one.",
	61007: "Ask the account's administrator to grant the permission set of this API; the platform must have it, too (权限集).",
	61009: "Ask the account's administrator to consent again; the code was used or is not WeChat's.",
	61010: "Ask the account's administrator to consent again; the code is older than an hour.",
	61011: "Check the platform's AppID against the one on open.weixin.qq.com, and whether the platform is published (全网发布).",
	61023: "Read the accounts' refresh tokens anew (api_get_authorizer_list); if that does not help, the administrator has to consent again.",
}
