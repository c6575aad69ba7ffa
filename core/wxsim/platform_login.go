package wxsim

import (
	"net/http"
	"slices"
)

// failPlatform is WeChat's page for a login through a platform that may not log in
// to the account. The caller does not hold mu.
func (s *Sim) failPlatform(componentID, appID string) *failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, known := s.platformStates[componentID]
	if !known {
		f := failComponent()
		return &f
	}
	c := b.connected[appID]
	switch {
	case c == nil:
		f := pageFailure(pageNotDelegated, "")
		f.ZH, f.EN = "这个公众号没有授权给 component_appid 的第三方平台，或者已经取消授权。", "The account has not agreed to the platform of component_appid, or has taken that back."
		return &f
	case !slices.Contains(c.permissions, PermissionWebPage):
		f := pageFailure(pageScope, "")
		f.ZH, f.EN = "公众号没有把网页服务权限集（4）授权给第三方平台。", "The account has not granted the permission set for web pages (4) to the platform."
		return &f
	}
	return nil
}

func failComponent() failure {
	return failure{Word: "component_appid", Text: "该链接无法访问",
		ZH: "模拟器里没有这个第三方平台。", EN: "The simulator has no platform with this component_appid."}
}

// componentExchange turns a visitor's code into tokens, with the platform's token
// instead of the account's secret (代公众号发起网页授权).
func (s *Sim) componentExchange(r *http.Request) reply {
	r.ParseForm() // a parameter that cannot be parsed counts as missing
	account, component, unlock, wrong := s.componentVisitor(r)
	defer unlock()
	now, code := s.now(), r.Form.Get("code")
	switch {
	case wrong != 0:
		return s.apiError(wrong)
	case code == "":
		return s.apiError(codeNoCode)
	case r.Form.Get("grant_type") != "authorization_code":
		return s.apiError(codeGrantType)
	case !s.spendMinute(now, account.AppID, PathAccessToken):
		return s.apiError(codeMinuteQuota)
	}
	g, wrong := s.spendCode(now, code, account.AppID, component)
	if wrong != 0 {
		return s.apiError(wrong)
	}
	return apiJSON(0, s.issue(now, g))
}

// componentRenew is renew with the platform's token.
func (s *Sim) componentRenew(r *http.Request) reply {
	r.ParseForm()
	account, component, unlock, wrong := s.componentVisitor(r)
	defer unlock()
	switch {
	case wrong != 0:
		return s.apiError(wrong)
	case r.Form.Get("refresh_token") == "":
		return s.apiError(codeNoRefresh)
	case r.Form.Get("grant_type") != "refresh_token":
		return s.apiError(codeGrantType)
	}
	return s.renewFor(account, component, r.Form.Get("refresh_token"))
}

// componentVisitor checks everything about a call for a visitor of a connected
// account but the code or token itself. mu is held until unlock.
func (s *Sim) componentVisitor(r *http.Request) (account Account, component string, unlock func(), wrong int) {
	appID, component := r.Form.Get("appid"), r.Form.Get("component_appid")
	account, known := s.accounts[appID]
	now := s.now()
	s.mu.Lock()
	b, wrong := s.componentCaller(r, now, component, r.Form.Get("component_access_token"))
	switch {
	case wrong != 0:
	case appID == "":
		wrong = codeNoAppID
	case !known:
		wrong = codeAppID
	case b.connected[appID] == nil:
		wrong = codeNotAuthorized
	}
	return account, component, s.mu.Unlock, wrong
}
