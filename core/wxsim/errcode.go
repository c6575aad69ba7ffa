package wxsim

// Error codes of api.weixin.qq.com that the simulator answers by itself, from
// WeChat's list 全局返回码.
const (
	codeSystem         = -1
	codeBadToken       = 40001
	codeGrantType      = 40002
	codeOpenID         = 40003
	codeAppID          = 40013
	codeForeignToken   = 40014
	codeButtons        = 40016 // and type, name, key, url behind it
	codeSubButtons     = 40023 // likewise
	codeCode           = 40029
	codeRefresh        = 40030
	codeListSize       = 40032
	codeURL            = 40066
	codeArgs           = 40097
	codeSecret         = 40125
	codeUsed           = 40163
	codeIP             = 40164
	codeMiniProgram    = 40242
	codeNoToken        = 41001
	codeNoAppID        = 41002
	codeNoRefresh      = 41003
	codeNoSecret       = 41004
	codeNoCode         = 41008
	codeNoOpenID       = 41009
	codeTokenExpired   = 42001
	codeRefreshExpired = 42002
	codeWantGet        = 43001
	codeWantPost       = 43002
	codeNotFollowing   = 43004
	codeNoBody         = 44002
	codeQuota          = 45009
	codeMinuteQuota    = 45011
	codeTimeLimit      = 45015
	codeCountLimit     = 45047
	codeNoMenu         = 46003
	codeFormat         = 47001
	codeUnauthorized   = 48001
	codeClearLimit     = 48006
	codeNoRID          = 76001

	codeNoComponent       = 41018
	codeNoComponentToken  = 41021
	codeComponentExpired  = 42006
	codeNotAuthorized     = 61003
	codeComponentIP       = 61004
	codeTicketExpired     = 61005
	codeTicket            = 61006
	codeAuth              = 61009
	codeAuthExpired       = 61010
	codeComponent         = 61011
	codeAuthorizerRefresh = 61023
)

// errcode is a row of WeChat's list: its code, its text without the request id,
// and an endpoint that answers it.
type errcode struct {
	code int
	text string
	path string
}

// errcodes are the error codes that a web login can meet. Texts are WeChat's
// words; those of 40242, 50005 and 61024 have not been seen in a reply, and
// stand as WeChat's list describes them.
func errcodes() []errcode {
	return []errcode{
		{codeSystem, "system error", PathAccessToken},
		{codeBadToken, "invalid credential, access_token is invalid or not latest", PathUserInfo},
		{codeGrantType, "invalid grant_type", PathAccessToken},
		{codeOpenID, "invalid openid", PathUserInfo},
		{codeAppID, "invalid appid", PathAccessToken},
		{codeForeignToken, "invalid access_token", PathUserInfo},
		{codeButtons, "invalid button size", PathMenuCreate},
		{40017, "invalid button type", PathMenuCreate},
		{40018, "invalid button name size", PathMenuCreate},
		{40019, "invalid button key size", PathMenuCreate},
		{40020, "invalid button url size", PathMenuCreate},
		{codeSubButtons, "invalid sub button size", PathMenuCreate},
		{40024, "invalid sub button type", PathMenuCreate},
		{40025, "invalid sub button name size", PathMenuCreate},
		{40026, "invalid sub button key size", PathMenuCreate},
		{40027, "invalid sub button url size", PathMenuCreate},
		{codeCode, "invalid code", PathAccessToken},
		{codeRefresh, "invalid refresh_token", PathRefreshToken},
		{codeListSize, "invalid openid list size", PathFollowers},
		{codeURL, "invalid url", PathFollower},
		{codeArgs, "invalid args", PathTicket},
		{codeSecret, "invalid appsecret", PathAccessToken},
		{codeUsed, "code been used", PathAccessToken},
		{codeIP, "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist", PathStableToken},
		{40226, "code blocked", PathAccessToken},
		{codeMiniProgram, "invalid code", PathAccessToken},
		{40243, "AppSecret已被冻结，请解冻后再次调用。", PathStableToken},
		{codeNoToken, "access_token missing", PathUserInfo},
		{codeNoAppID, "appid missing", PathAccessToken},
		{codeNoRefresh, "refresh_token missing", PathRefreshToken},
		{codeNoSecret, "appsecret missing", PathAccessToken},
		{codeNoCode, "missing code", PathAccessToken},
		{codeNoOpenID, "missing openid", PathUserInfo},
		{codeNoComponent, "missing component_appid", PathAccessToken},
		{codeNoComponentToken, "missing component_access_token", PathAccessToken},
		{codeTokenExpired, "access_token expired", PathUserInfo},
		{codeRefreshExpired, "refresh_token expired", PathRefreshToken},
		{42003, "code expired", PathAccessToken},
		{codeComponentExpired, "component_access_token expired", PathAccessToken},
		{42007, "access_token and refresh_token invalid", PathUserInfo},
		{codeWantGet, "require GET method", PathUserInfo},
		{codeWantPost, "require POST method", PathStableToken},
		{43003, "require https", PathAccessToken},
		{codeNotFollowing, "require subscribe", PathCustomSend},
		{codeNoBody, "empty post data", PathStableToken},
		{codeQuota, "reach max api daily quota limit", PathToken},
		{codeMinuteQuota, "api minute-quota reach limit mustslower  retry next minute", PathAccessToken},
		{codeTimeLimit, "response out of time limit or subscription is canceled", PathCustomSend},
		{codeCountLimit, "out of response count limit", PathCustomSend},
		{codeNoMenu, "menu no exist", PathMenuGet},
		{codeFormat, "data format error", PathStableToken},
		{codeUnauthorized, "api unauthorized", PathUserInfo},
		{48004, "api forbidden for irregularities", PathFollower},
		{codeClearLimit, "forbid to clear quota because of reaching the limit", PathClearQuota},
		{48017, "this access ip has been retired", PathFollower},
		{50001, "user unauthorized", PathUserInfo},
		{50002, "user limited", PathUserInfo},
		{50004, "禁止使用 token 接口", PathStableToken},
		{50005, "user is unsubscribed", PathFollower},
		{50007, "账号已冻结", PathStableToken},
		{codeNotAuthorized, "component is not authorized by this account", PathAccessToken},
		{codeComponentIP, "access clientip is not registered, not in ip-white-list", PathAccessToken},
		{codeTicketExpired, "component ticket is expired", PathAccessToken},
		{codeTicket, "component ticket is invalid", PathAccessToken},
		{61007, "api is unauthorized to component", PathAccessToken},
		{codeAuth, "code is invalid", PathAccessToken},
		{codeAuthExpired, "code is expired", PathAccessToken},
		{codeComponent, "invalid component", PathAccessToken},
		{codeAuthorizerRefresh, "refresh_token is invalid", PathRefreshToken},
		{61024, "this api must be called with a component token", PathToken},
		{codeNoRID, "rid not found", PathRIDGet},
		{76021, "cgi_path not found, please check", PathQuotaGet},
		{89501, "此IP正在等待管理员确认,请联系管理员", PathToken},
		{89503, "此IP调用需要管理员确认,请联系管理员", PathToken},
		{89506, "24小时内该IP被管理员拒绝调用两次，24小时内不可再使用该IP调用", PathToken},
		{89507, "1小时内该IP被管理员拒绝调用一次，1小时内不可再使用该IP调用", PathToken},
	}
}

// message is the text WeChat sends with an error code, without the request id.
func message(code int) string {
	for _, e := range errcodes() {
		if e.code == code {
			return e.text
		}
	}
	return "error"
}

// apiError is the reply to a failed API call. errmsg carries the request id the
// way the endpoints of /sns write it since 2020: after a comma.
func (s *Sim) apiError(code int) reply {
	return apiJSON(code, errorBody{code, message(code) + ", rid: " + s.random.rid(s.now())})
}

// cgiError is the reply to a failed call of /cgi-bin. Those write the request
// id after a space alone, and say more about a token that is not in force.
func (s *Sim) cgiError(code int) reply {
	text := message(code)
	if code == codeBadToken {
		text += ", could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r"
	}
	return apiJSON(code, errorBody{code, text + " rid: " + s.random.rid(s.now())})
}

// ipError is 40164 with the caller's address in it, twice as WeChat writes it.
func (s *Sim) ipError(address string) reply {
	return apiJSON(codeIP, errorBody{codeIP, "invalid ip " + address + " ipv6 ::ffff:" + address +
		", not in whitelist rid: " + s.random.rid(s.now())})
}

type errorBody struct {
	ErrCode int    `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
}
